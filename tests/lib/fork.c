/* Tests fork in a process with threads: the child has only the caller, and the library works there. */
#include "test.h"

#include <stdatomic.h>

static k3thread *other;

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void *give_back(void *arg)
{
    return arg;
}

/* Uses every part of the library once. */
static void use_library(void)
{
    k3thread *t = test_start(give_back, NULL);

    CHECK(test_end(t) == NULL);
    t = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(k3thread_send_exception_id(k3thread_get_id(t), &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    CHECK_EQUAL(k3thread_start(NULL, give_back, NULL, NULL), 0);
}

/* Waits for the child by k3thread_waitpid, because a raise would interrupt waitpid. */
static void join_child(pid_t pid)
{
    int status;

    CHECK(pid > 0);
    CHECK_EQUAL(k3thread_waitpid(pid, &status), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_in_child(k3thread *self, k3thread_id id)
{
    k3thread *listed[2];

    CHECK(k3thread_self() == self);
    CHECK_EQUAL(k3thread_get_id(self), id);
    CHECK_EQUAL(k3thread_get_tid(self), gettid());
    CHECK_EQUAL(k3thread_list(listed, 2), 1);
    CHECK(listed[0] == self);
    k3thread_unref(listed[0]);
    CHECK(!k3thread_is_alive(other));
    CHECK_EQUAL(k3thread_get_tid(other), 0);
    CHECK_EQUAL(k3thread_send_exception(other, &k3thread_KeyError),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_join(other, -1, NULL), 0);
    k3thread_unref(other);
    use_library();
}

/*
 * In the child a new thread may have the stack and the pthread_t of a thread of the parent. A join of the parent's
 * thread must not wait for the new thread.
 */
static void joined_late(void)
{
    k3thread *t;
    pid_t     pid;

    other = test_start(sleep_for_ever, NULL);
    pid = fork();
    if (pid == 0) {
        test_alarm();
        t = test_start(sleep_for_ever, NULL);
        CHECK_EQUAL(k3thread_join(other, -1, NULL), 0);
        CHECK(k3thread_is_alive(t));
        CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
        CHECK(test_end(t) == &k3thread_SystemExit);
        _exit(0);
    }
    join_child(pid);
    CHECK_EQUAL(k3thread_send_exception(other, &k3thread_SystemExit), 0);
    CHECK(test_end(other) == &k3thread_SystemExit);
}

/*
 * A thread stops at the Nth lock that it takes or releases, until the main thread has forked or waits for that very
 * lock. The linker makes the library call these functions (see rules.mk).
 */
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);

static __thread unsigned   steps; /* 0: never */
static atomic_bool         started, stopped, forking_now, forked;
static _Atomic(pid_t)      stepping;
static _Atomic(k3thread *) asked, forker;

static void step(void)
{
    if (steps == 0 || --steps != 0)
        return;
    stopped = true;
    WAIT_FOR(forked || (forking_now && test_state(getpid()) == 'S'));
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    step();
    return __real_pthread_mutex_lock(mutex);
}

/* Returns true if the calling thread has locked MUTEX; where the C library does not say so, if a thread has. */
static bool is_mine(pthread_mutex_t *mutex)
{
#ifdef __GLIBC__
    return mutex->__data.__owner == gettid();
#else
    return pthread_mutex_trylock(mutex) == EBUSY;
#endif
}

/* Checks only the stepped thread, because fork releases locks that fork has taken. */
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    const bool counts = steps != 0;

    step();
    if (counts)
        CHECK(is_mine(mutex));
    return __real_pthread_mutex_unlock(mutex);
}

/* Begins to count when the start of the thread has returned, because the start takes the lock of the thread. */
static void step_from_here(const void *count)
{
    stepping = gettid();
    WAIT_FOR(started);
    steps = *(const unsigned *) count;
}

/* Sleeps until it takes a SystemExit. Throws nothing, because a second exception could leave by END. */
static void *sleep_on(void *arg)
{
    struct k3thread_exc exc = {0};

    k3thread_set_mask(K3THREAD_RETURN);
    while (exc.type != &k3thread_SystemExit)
        if (k3thread_sleep(-1) == -ECANCELED)
            (void) k3thread_take(&exc);
    return arg;
}

static void *step_to_the_end(void *arg)
{
    step_from_here(arg);
    return arg;
}

static void *step_through_calls(void *arg)
{
    step_from_here(arg);
    (void) k3thread_send_exception(asked, &k3thread_KeyError);
    (void) k3thread_send_exception(forker, &k3thread_KeyError);
    CHECK_EQUAL(k3thread_join(asked, 0, NULL), -ETIMEDOUT);
    (void) test_end(test_start(give_back, NULL));
    steps = 0;
    return arg;
}

/* Checks, in the child, that T, a thread of the parent in any state, has ended there. */
static void check_gone(k3thread *t)
{
    CHECK(!k3thread_is_alive(t));
    CHECK_EQUAL(k3thread_get_tid(t), 0);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    use_library();
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
}

static void *raise_in_forker(void *arg)
{
    CHECK_EQUAL(k3thread_send_exception(forker, &k3thread_KeyError), 0);
    return arg;
}

static void check_self(void)
{
    k3thread *t = test_start(raise_in_forker, NULL);

    WAIT_FOR(k3thread_take(NULL));
    k3thread_set_mask(K3THREAD_NEVER);
    CHECK(test_end(t) == NULL);
}

/*
 * Forks while TARGET is stopped at step COUNT. Returns false if TARGET has ended before. With the mask RETURN a
 * raise sends the wake signal, but throws nothing.
 */
static bool fork_at(k3thread_target target, unsigned count)
{
    k3thread *t;
    pid_t     pid;
    bool      was_stopped;

    started = stopped = forking_now = forked = false;
    stepping = 0;
    k3thread_set_mask(K3THREAD_RETURN);
    t = test_start(target, &count);
    started = true;
    WAIT_FOR(stopped || (stepping != 0 && test_state(stepping) == 0));
    was_stopped = stopped;
    forking_now = true;
    pid = fork();
    if (pid == 0) {
        test_alarm();
        CHECK_EQUAL(k3thread_list(NULL, 0), 1);
        while (k3thread_take(NULL)) {
        }
        check_self();
        check_gone(t);
        check_gone(asked);
        _exit(0);
    }
    forked = true;
    k3thread_set_mask(K3THREAD_NEVER);
    join_child(pid);
    CHECK(test_end(t) == NULL);
    while (k3thread_take(NULL)) {
    }
    WAIT_FOR(test_state(stepping) == 0); /* otherwise the thread could stop in the next fork */
    return was_stopped;
}

static void at_each_step(k3thread_target target)
{
    unsigned points = 1;

    k3thread_set_mask(K3THREAD_NEVER);
    forker = k3thread_self();
    asked = test_start(sleep_on, NULL);
    while (fork_at(target, points))
        points++;
    printf("%u points\n", points - 1);
    CHECK(points > 5);
    CHECK_EQUAL(k3thread_send_exception(asked, &k3thread_SystemExit), 0);
    CHECK(test_end(asked) == NULL);
}

static void each_step_of_an_end(void)
{
    at_each_step(step_to_the_end);
}

static void each_step_of_calls(void)
{
    at_each_step(step_through_calls);
}

static void from_main(void)
{
    k3thread *self = k3thread_self();
    pid_t     pid;

    other = test_start(sleep_for_ever, NULL);
    pid = fork();
    if (pid == 0) {
        test_alarm();
        CHECK_TEXT(k3thread_get_name(k3thread_self()), "MainThread");
        check_in_child(self, 1);
        exit(0); /* exit waits for no thread of the parent */
    }
    join_child(pid);
    CHECK_EQUAL(k3thread_send_exception(other, &k3thread_SystemExit), 0);
    CHECK(test_end(other) == &k3thread_SystemExit);
    use_library();
}

static void *fork_in_thread(void *arg)
{
    k3thread *self = k3thread_self();
    pid_t     pid = fork();

    if (pid == 0) {
        test_alarm();
        check_in_child(self, k3thread_get_id(self));
        exit(0);
    }
    join_child(pid);
    return arg;
}

static void from_a_thread(void)
{
    k3thread *t;

    other = test_start(sleep_for_ever, NULL);
    t = test_start(fork_in_thread, NULL);
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(k3thread_send_exception(other, &k3thread_SystemExit), 0);
    CHECK(test_end(other) == &k3thread_SystemExit);
}

/* Forks in a thread that the library does not know, and adopts in the child as the first thread. */
static void *fork_unknown(void *arg)
{
    pid_t pid = fork();

    if (pid == 0) {
        test_alarm();
        CHECK_EQUAL(k3thread_list(NULL, 0), 0);
        CHECK_TEXT(k3thread_get_name(k3thread_self()), "MainThread");
        use_library();
        exit(0);
    }
    join_child(pid);
    return arg;
}

static void from_an_unknown_thread(void)
{
    pthread_t foreign;

    other = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(pthread_create(&foreign, NULL, fork_unknown, NULL), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    CHECK_EQUAL(k3thread_send_exception(other, &k3thread_SystemExit), 0);
    CHECK(test_end(other) == &k3thread_SystemExit);
}

/* The reference of main, which nothing in the child releases. A leak checker still finds it here. */
static _Atomic(k3thread *) forking;

/* Ends the child's only thread by the return of its target: the process ends with it. */
static void *fork_and_return(void *arg)
{
    pid_t pid;

    WAIT_FOR(forking != NULL);
    pid = fork();
    if (pid == 0)
        return arg;
    join_child(pid);
    return arg;
}

static void returned_from(void)
{
    forking = test_start(fork_and_return, NULL);
    CHECK(test_end(forking) == NULL);
}

static void pending_is_kept(void)
{
    pid_t pid;

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(k3thread_send_exceptionf(k3thread_self(), &k3thread_KeyError, "kept"), 0);
    pid = fork();
    if (pid == 0) {
        struct k3thread_exc exc;

        CHECK(k3thread_take(&exc));
        CHECK(exc.type == &k3thread_KeyError);
        CHECK_TEXT(exc.message, "kept");
        _exit(0);
    }
    join_child(pid);
    CHECK(k3thread_take(NULL));
}

static atomic_bool over;

/* Keeps every lock of the library busy. */
static void *hammer(void *arg)
{
    while (!over) {
        k3thread *t = test_start(give_back, NULL);

        (void) k3thread_send_exception(t, &k3thread_SystemExit);
        (void) k3thread_send_exception(arg, &k3thread_SystemExit);
        (void) test_end(t);
        k3thread_unref(k3thread_find("MainThread"));
    }
    return NULL;
}

/* Forks while the other threads are anywhere in the library. */
static void under_load(void)
{
    const unsigned rounds = test_many(100, 20);
    k3thread      *hammers[2];

    k3thread_set_mask(K3THREAD_NEVER);
    for (int i = 0; i < 2; i++)
        hammers[i] = test_start(hammer, k3thread_self());
    for (unsigned i = 0; i < rounds; i++) {
        const pid_t pid = fork();

        if (pid == 0) {
            test_alarm();
            while (k3thread_take(NULL)) {
            }
            use_library();
            /* The memory of the other threads is lost, as after every fork. After an exec no leak
               checker looks for it. */
            execl("/bin/true", "true", (char *) NULL);
            _exit(1);
        }
        join_child(pid);
        while (k3thread_take(NULL)) {
        }
    }
    over = true;
    for (int i = 0; i < 2; i++)
        CHECK(test_end(hammers[i]) == NULL);
}

/*
 * Fork handlers of the program call the library. A constructor registers them, which may run before a constructor
 * of the library.
 */
static bool       calls_in_handlers;
static atomic_int calls;

static void call_in_handler(void)
{
    k3thread *t;

    if (!calls_in_handlers)
        return;
    t = k3thread_find("MainThread");
    CHECK(t == k3thread_self() && k3thread_list(NULL, 0) >= 1);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_KeyError), 0);
    CHECK(k3thread_take(NULL));
    k3thread_unref(t);
    calls++;
}

__attribute__((constructor)) static void register_handlers(void)
{
    (void) pthread_atfork(call_in_handler, call_in_handler, call_in_handler);
}

static void in_handlers(void)
{
    k3thread *t = test_start(sleep_for_ever, NULL);
    pid_t     pid;

    k3thread_set_mask(K3THREAD_NEVER);
    calls_in_handlers = true;
    pid = fork();
    CHECK_EQUAL(calls, 2);
    if (pid == 0)
        _exit(0);
    join_child(pid);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

TEST_MAIN({"handlers", in_handlers}, {"main", from_main}, {"thread", from_a_thread},
          {"unknown", from_an_unknown_thread}, {"returned", returned_from},
          {"pending", pending_is_kept}, {"load", under_load}, {"joined-late", joined_late},
          {"steps-of-an-end", each_step_of_an_end}, {"steps-of-calls", each_step_of_calls})
