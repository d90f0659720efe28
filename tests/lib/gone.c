/*
 * Tests that nothing is left of threads that are gone, and that code which runs late in a thread may use the
 * library.
 */
#include "heap.h"
#include "test.h"

#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

enum { MANY = 200, LEAST = 100 /* bytes of a record */ };

static void *give_back(void *arg)
{
    return arg;
}

static void start(k3thread_target target, size_t stack_size)
{
    const struct k3thread_options options = {.stack_size = stack_size};

    CHECK_EQUAL(k3thread_start(NULL, target, NULL, &options), 0);
}

/* Waits until the caller is the only live thread that the library knows. */
static void await_ends(void)
{
    WAIT_FOR(k3thread_list(NULL, 0) == 1);
}

/* Returns the bytes in use; 0 under sanitizers and valgrind, which replace malloc and look for leaks. */
static size_t allocated(void)
{
    return test_many(1, 0) == 1 ? heap_allocated() : 0;
}

/* Counts from the second thread on, because the C library keeps some memory for good after the first. */
static void records(void)
{
    size_t before;

    start(give_back, 0);
    await_ends();
    before = allocated();
    for (int i = 0; i < MANY; i++) {
        start(give_back, 0);
        await_ends();
    }
    WAIT_FOR(allocated() <= before + (size_t) MANY * LEAST);
}

static void *end_with_pending(void *arg)
{
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++)
        CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    return arg;
}

static void queues(void)
{
    size_t before;

    start(end_with_pending, 0);
    await_ends();
    before = allocated();
    for (int i = 0; i < 20; i++) {
        start(end_with_pending, 0);
        await_ends();
    }
    WAIT_FOR(allocated() <= before + (size_t) (20 * K3THREAD_QUEUE_MAX / 2 * LEAST));
}

/* The C library frees the stacks of threads that are gone when a later thread ends. */
static void stacks(void)
{
    size_t before;

    start(give_back, 0);
    await_ends();
    before = test_address_space();
    start(give_back, TEST_HUGE_STACK);
    do {
        start(give_back, 0);
        await_ends();
    } while (test_address_space() >= before + TEST_HUGE_STACK / 2);
}

static atomic_int turn;

static void *end_in_turn(void *arg)
{
    WAIT_FOR(turn > (int) (size_t) arg);
    return arg;
}

/* The end of a thread frees the records of threads that have ended before, also when none is started any more. */
static void records_of_earlier_ends(void)
{
    enum { COUNT = 50 };
    pid_t     tids[COUNT];
    k3thread *t;
    size_t    before;

    CHECK(test_end(test_start(give_back, NULL)) == NULL);
    before = allocated();
    for (size_t i = 0; i < COUNT; i++) {
        t = test_start(end_in_turn, (void *) i);
        WAIT_FOR((tids[i] = k3thread_get_tid(t)) != 0);
        k3thread_unref(t);
    }
    for (int i = 0; i < COUNT; i++) {
        turn = i + 1;
        WAIT_FOR(test_state(tids[i]) == 0);
    }
    CHECK(allocated() < before + (size_t) COUNT * LEAST ||
          allocated() == 0); /* the last record is left */
}

static atomic_bool may_end;

static void *end_when_told(void *arg)
{
    WAIT_FOR(may_end);
    return arg;
}

/* Starts and ends COUNT threads, one behind the other. Each frees records of threads that are gone. */
static void start_others(int count)
{
    for (int i = 0; i < count; i++) {
        start(give_back, 0);
        await_ends();
    }
}

/* The caller's reference keeps the record of a thread that other threads have released before its join. */
static void joined_after_release(void)
{
    k3thread   *t = test_start(end_when_told, NULL);
    k3thread_id id = k3thread_get_id(t);
    pid_t       tid;

    WAIT_FOR((tid = k3thread_get_tid(t)) != 0);
    may_end = true;
    WAIT_FOR(test_state(tid) == 0);
    start_others(4);
    CHECK(test_end(k3thread_ref(t)) == NULL);
    CHECK_EQUAL(k3thread_get_id(t), id);
    CHECK(!k3thread_is_alive(t));
    start_others(4);
    CHECK_EQUAL(k3thread_get_id(t), id);
    k3thread_unref(t);
}

/* So does the reference of who waits by a shutdown. */
static void kept_after_shutdown(void)
{
    k3thread   *t = test_start(end_when_told, NULL);
    k3thread_id id = k3thread_get_id(t);

    may_end = true;
    CHECK_EQUAL(k3thread_shutdown(-1), 0);
    CHECK_EQUAL(k3thread_get_id(t), id);
    CHECK(!k3thread_is_alive(t));
    k3thread_unref(t);
}

/* A thread whose join has timed out is freed at its end all the same. */
static void stack_after_a_timeout(void)
{
    const struct k3thread_options huge = {.stack_size = TEST_HUGE_STACK};
    const size_t                  before = test_address_space();
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, end_when_told, NULL, &huge), 0);
    CHECK_EQUAL(k3thread_join(t, 0.001, NULL), -ETIMEDOUT);
    k3thread_unref(t);
    may_end = true;
    await_ends();
    start(give_back, 0);
    WAIT_FOR(test_address_space() < before + TEST_HUGE_STACK / 2);
}

/* Code that runs in a thread after the library has ended it: a destructor. */
static pthread_key_t late;
static atomic_bool   late_is_over;

/* The destructor finds an ended thread: nothing can be raised in it, and it is not listed again. */
static void run_late(void *arg)
{
    const size_t live = k3thread_list(NULL, 0);
    k3thread    *self = k3thread_self();
    pid_t        child;
    int          status;

    (void) arg;
    CHECK_EQUAL(k3thread_syscall(SYS_getpid), getpid()); /* what was pending ends no call */
    k3thread_checkpoint();
    CHECK(!k3thread_is_alive(self));
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK(!k3thread_pending());
    CHECK(!k3thread_take(NULL));
    CHECK_EQUAL(k3thread_pending_fd(), -ESRCH);
    CHECK_EQUAL(k3thread_sleep(0), 0);
    K3THREAD_TIMEOUT(0) { /* there are no limits any more */
        CHECK_EQUAL(k3thread_sleep(0.001), 0);
    }
    K3THREAD_END
    CHECK(!k3thread_pending());
    child = fork();
    if (child == 0)
        _exit(7);
    CHECK(waitpid(child, &status, 0) == child && status == 7 << 8);
    CHECK_EQUAL(k3thread_list(NULL, 0), live);
    CHECK_EQUAL(test_mask(), K3THREAD_IMMEDIATE);
    late_is_over = true;
}

static void *end_late(void *arg)
{
    CHECK(k3thread_pending_fd() >= 0);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK_EQUAL(pthread_setspecific(late, &late), 0);
    return arg;
}

/* The library's own key is the first one, so its destructor runs first. */
static void late_code(void)
{
    pthread_t foreign;

    (void) k3thread_self();
    CHECK_EQUAL(pthread_key_create(&late, run_late), 0);
    start(end_late, 0);
    WAIT_FOR(late_is_over);
    await_ends();
    late_is_over = false;
    CHECK_EQUAL(pthread_create(&foreign, NULL, end_late, NULL), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    CHECK(late_is_over);
    await_ends();
    K3THREAD_TIMEOUT(0.001) { /* the watcher finds no thread that is gone */
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        late_is_over = false;
    }
    K3THREAD_END
    CHECK(!late_is_over);
}

static atomic_int hooked, freed;

static void count_hook(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    hooked += e->type == &k3thread_ValueError && strcmp(e->message, "late") == 0;
}

static void count_free(void *data)
{
    (void) data;
    freed++;
}

static void throw_late(void *arg)
{
    (void) arg;
    k3thread_throw(&k3thread_ValueError, "late");
}

static void *throw_in_destructor(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(late, &late), 0);
    if (arg == NULL)
        (void) k3thread_sleep(-1);
    return arg;
}

/* The excepthook shows the exception of a destructor, which does not change the end of the thread; nothing leaks. */
static void thrown_late(void)
{
    struct k3thread_result result;
    k3thread              *t;
    pthread_t              foreign;

    (void) k3thread_self();
    k3thread_set_excepthook(count_hook);
    CHECK_EQUAL(pthread_key_create(&late, throw_late), 0);
    t = test_start(throw_in_destructor, &late);
    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.value == &late && result.exception == NULL && result.message[0] == '\0');
    CHECK(k3thread_value(t) == &late);
    k3thread_unref(t);
    CHECK_EQUAL(hooked, 1);
    t = test_start(throw_in_destructor, NULL);
    CHECK_EQUAL(k3thread_send_data(t, &k3thread_SystemExit, &late, count_free, "first"), 0);
    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.exception == &k3thread_SystemExit && strcmp(result.message, "first") == 0);
    CHECK_EQUAL(freed, 0);
    k3thread_unref(t);
    CHECK(hooked == 2 && freed == 1);
    CHECK_EQUAL(pthread_create(&foreign, NULL, end_late, NULL), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    CHECK_EQUAL(hooked, 3);
    await_ends();
}

/* A thread makes its first call of the library in the last round of its destructors. */
static pthread_key_t last_round;
static unsigned      rounds;

static void call_in_last_round(void *arg)
{
    if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        CHECK_EQUAL(pthread_setspecific(last_round, arg), 0);
    else
        *(_Atomic(k3thread *) *) arg = k3thread_ref(k3thread_self());
}

static void *adopt_in_last_round(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(last_round, arg), 0);
    return NULL;
}

/* Returns a thread that made its first call then, and is gone. */
static k3thread *adopt_late(const pthread_attr_t *attributes)
{
    static _Atomic(k3thread *) late_one;
    pthread_t                  foreign;

    (void) k3thread_self();
    CHECK_EQUAL(pthread_key_create(&last_round, call_in_last_round), 0);
    CHECK_EQUAL(pthread_create(&foreign, attributes, adopt_in_last_round, (void *) &late_one), 0);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    CHECK(late_one != NULL);
    return late_one;
}

/* The thread's memory is gone with its huge stack: a raise must not touch it. */
static void adopted_in_last_round(void)
{
    pthread_attr_t attributes;
    k3thread      *late_one, *found;

    CHECK_EQUAL(pthread_attr_init(&attributes), 0);
    CHECK_EQUAL(pthread_attr_setstacksize(&attributes, TEST_HUGE_STACK), 0);
    late_one = adopt_late(&attributes);
    CHECK(!k3thread_is_alive(late_one));
    CHECK_EQUAL(k3thread_send_exception(late_one, &k3thread_KeyError),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK_EQUAL(k3thread_join(late_one, -1, NULL), 0);
    found = k3thread_find(k3thread_get_name(late_one));
    CHECK(found == NULL);
    CHECK(k3thread_find_id(k3thread_get_id(late_one)) == NULL);
    CHECK_EQUAL(k3thread_list(NULL, 0), 1);
    k3thread_unref(late_one);
    CHECK_EQUAL(pthread_attr_destroy(&attributes), 0);
}

/* It is not listed either, although a thread that was not adopted has ended since. */
static void adopted_beside_others(void)
{
    k3thread *late_one = adopt_late(NULL);

    start(give_back, 0);
    await_ends();
    CHECK(!k3thread_is_alive(late_one));
    k3thread_unref(late_one);
}

/* Threads that have ended and still run a slow destructor. */
static pthread_key_t slow;
static atomic_bool   in_slow, slow_may_end;
static int           flushed;

static void be_slow(void *arg)
{
    in_slow = true;
    WAIT_FOR(slow_may_end);
    *(int *) arg = 1;
}

static void *end_slowly(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(slow, arg), 0);
    return arg;
}

static k3thread *start_slow(void)
{
    k3thread *t;

    CHECK_EQUAL(pthread_key_create(&slow, be_slow), 0);
    t = test_start(end_slowly, &flushed);
    WAIT_FOR(in_slow);
    return t;
}

static void *join_and_take(void *arg)
{
    k3thread_set_mask(K3THREAD_RETURN);
    CHECK_EQUAL(k3thread_join(arg, -1, NULL), -ECANCELED);
    CHECK(k3thread_take(NULL));
    return arg;
}

/* A join waits for the destructors too, but not beyond its timeout, nor past a raise. */
static void joined_after_destructors(void)
{
    k3thread *t = start_slow();
    k3thread *joiner = test_start(join_and_take, t);

    CHECK(!k3thread_is_alive(t));
    CHECK_EQUAL(k3thread_join(t, 0.01, NULL), -ETIMEDOUT);
    test_wait_asleep(joiner);
    CHECK_EQUAL(k3thread_send_exception(joiner, &k3thread_KeyError), 0);
    CHECK(test_end(joiner) == NULL);
    CHECK_EQUAL(flushed, 0);
    slow_may_end = true;
    CHECK(test_end(t) == NULL);
    CHECK_EQUAL(flushed, 1);
}

/* Other threads start, end and are joined while one thread runs its destructors. */
static void others_go_on(void)
{
    k3thread *t = start_slow();

    for (int i = 0; i < 20; i++)
        CHECK(test_end(test_start(give_back, NULL)) == NULL);
    CHECK_EQUAL(flushed, 0);
    slow_may_end = true;
    CHECK(test_end(t) == NULL);
}

static int count_tasks(void)
{
    DIR *directory = opendir("/proc/self/task");
    int  count = 0;

    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* Ends COUNT threads with slow destructors, beside others that end meanwhile. Then ends others once more. */
static void end_slow_ones(int count)
{
    k3thread *last = NULL;

    slow_may_end = false;
    for (int i = 0; i < count; i++) {
        k3thread_unref(last);
        last = test_start(end_slowly, &flushed);
    }
    await_ends();
    start_others(count);
    slow_may_end = true;
    CHECK(test_end(last) == NULL);
    WAIT_FOR(count_tasks() == 1);
    start_others(count);
    WAIT_FOR(count_tasks() == 1);
}

/*
 * The records of slow threads are kept meanwhile, and freed by the threads that come later. Counts from the second time
 * on, because the C library keeps some memory; how much of it, and which records are left, depends on who ends when.
 */
static void records_of_slow_ends(void)
{
    enum { COUNT = 60, ROUNDS = 10 };
    size_t before;

#ifdef __GLIBC__
    CHECK(mallopt(M_ARENA_MAX, 1) == 1 || TEST_SANITIZED); /* the head of a new arena would count */
#endif
    CHECK_EQUAL(pthread_key_create(&slow, be_slow), 0);
    end_slow_ones(COUNT);
    before = allocated();
    for (int i = 0; i < ROUNDS; i++)
        end_slow_ones(COUNT);
    CHECK(allocated() < before + (size_t) COUNT * ROUNDS * LEAST || allocated() == 0);
}

static void join_child(pid_t pid)
{
    int status;

    CHECK(pid > 0);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void end_all_others(void)
{
    static k3thread *threads[MANY + 1];
    const size_t     live = k3thread_list(threads, MANY + 1);

    for (size_t i = 0; i < live; i++) {
        if (threads[i] != k3thread_self())
            CHECK_EQUAL(k3thread_send_exception(threads[i], &k3thread_SystemExit), 0);
        k3thread_unref(threads[i]);
    }
    await_ends();
}

/* The child frees the records of the parent's threads. */
static void records_in_a_child(void)
{
    size_t before;
    pid_t  pid;

    for (int i = 0; i < MANY; i++)
        start(sleep_for_ever, 1);
    before = allocated();
    pid = fork();
    if (pid == 0) {
        CHECK(before == 0 || allocated() + (size_t) MANY * LEAST < before);
        _exit(0);
    }
    join_child(pid);
    end_all_others();
}

static _Atomic(k3thread *) forking;
static atomic_size_t       in_child;

/* In a child glibc 2.43 and musl never free the stack of the thread that forked, with plain pthreads too. */
static bool is_freed_in_a_child(void)
{
#ifdef __GLIBC__
    return strverscmp(gnu_get_libc_version(), "2.43") < 0;
#else
    return false;
#endif
}

static void *see_it_go(void *arg)
{
    WAIT_FOR(!k3thread_is_alive(forking));
    start(give_back, 0);
    if (is_freed_in_a_child())
        WAIT_FOR(test_address_space() < in_child - TEST_HUGE_STACK / 2);
    return arg;
}

/* Forks while main waits in a join of this thread. In the child there is no such join. */
static void *fork_when_claimed(void *arg)
{
    pid_t pid;

    WAIT_FOR(forking != NULL && test_state(getpid()) == 'S');
    pid = fork();
    if (pid != 0) {
        join_child(pid);
        return arg;
    }
    test_alarm();
    in_child = test_address_space();
    start(see_it_go, 0);
    return arg;
}

static void stack_in_a_child(void)
{
    const struct k3thread_options huge = {.stack_size = TEST_HUGE_STACK};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, fork_when_claimed, NULL, &huge), 0);
    forking = t;
    CHECK(test_end(t) == NULL);
}

TEST_MAIN({"records", records}, {"queues", queues}, {"stacks", stacks},
          {"earlier-records", records_of_earlier_ends},
          {"stack-after-a-timeout", stack_after_a_timeout}, {"late-code", late_code},
          {"thrown-late", thrown_late}, {"joined-late", joined_after_release},
          {"shutdown", kept_after_shutdown}, {"slow-records", records_of_slow_ends},
          {"last-round", adopted_in_last_round}, {"beside-others", adopted_beside_others},
          {"join-destructors", joined_after_destructors}, {"others-go-on", others_go_on},
          {"records-in-a-child", records_in_a_child}, {"stack-in-a-child", stack_in_a_child})
