/*
 * Tests two threads at one instant. One thread stops inside the library, where it takes a lock or makes a system
 * call, and the other thread does its part meanwhile. The linker makes the library call these functions (see
 * rules.mk).
 */
#include "test.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>

int  __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int  __real_pthread_mutex_lock(pthread_mutex_t *mutex);
long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
int  __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                           void *(*function)(void *), void         *arg);
int  __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                           void *(*function)(void *), void         *arg);

/* The place where a thread stops, once, and the function that it then calls. */
static struct {
    atomic_bool   armed;
    _Atomic pid_t thread;
    _Atomic long  number; /* of the system call; 0: at the next lock */
    void (*meanwhile)(void);
} stop;

static void stop_at(long number)
{
    bool armed = true;

    if (stop.number == number && stop.thread == gettid() &&
        atomic_compare_exchange_strong(&stop.armed, &armed, false))
        stop.meanwhile();
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    stop_at(0);
    return __real_pthread_mutex_lock(mutex);
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    a[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    stop_at(number);
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void stop_in(pid_t thread, long number, void (*meanwhile)(void))
{
    stop.thread = thread;
    stop.number = number;
    stop.meanwhile = meanwhile;
    stop.armed = true;
}

/* The thread that ends while the other thread is stopped. */
static k3thread     *ending;
static _Atomic pid_t ending_tid;
static atomic_bool   may_end;

static void *end_when_told(void *arg)
{
    ending_tid = gettid();
    WAIT_FOR(may_end);
    return arg;
}

static void start_ending(void)
{
    ending = test_start(end_when_told, NULL);
    WAIT_FOR(ending_tid != 0);
}

static void let_it_end(void)
{
    may_end = true;
    WAIT_FOR(test_state(ending_tid) == 0);
}

/* A thread is alive when a raise begins, and has ended when the raise looks at its queue. */
static void raise_and_end(void)
{
    start_ending();
    stop_in(gettid(), 0, let_it_end);
    CHECK_EQUAL(k3thread_send_exception(ending, &k3thread_KeyError),
                K3THREAD_INVALID_THREAD_ID_ERROR);
    CHECK(!stop.armed);
    CHECK(test_end(ending) == NULL);
}

/* Lets the thread end as far as it can: it waits, because a raise is about to use its tid. */
static void let_it_nearly_end(void)
{
    char state;

    may_end = true;
    WAIT_FOR(!k3thread_is_alive(ending));
    WAIT_FOR((state = test_state(ending_tid)) == 'S' || state == 0);
    CHECK_EQUAL(state, 'S');
}

/* A thread does not end while a raise is about to use its tid. */
static void wake_and_end(void)
{
    start_ending();
    stop_in(gettid(), SYS_tgkill, let_it_nearly_end);
    CHECK_EQUAL(k3thread_send_exception(ending, &k3thread_KeyError), 0);
    CHECK(!stop.armed);
    CHECK(test_end(ending) == NULL);
}

static void *give_back(void *arg)
{
    return arg;
}

/* An exception that a join has taken from the queue is thrown, although the joined thread is gone. */
static void *join_it(void *arg)
{
    volatile bool caught = false;

    K3THREAD_TRY {
        (void) k3thread_join(ending, -1, NULL);
        k3thread_checkpoint();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        caught = true;
    }
    K3THREAD_END
    CHECK(caught);
    return arg;
}

static void *adopt_and_end(void *arg)
{
    ending = k3thread_ref(k3thread_self());
    return end_when_told(arg);
}

/* The joined thread ends just before the join waits in the kernel. */
static void join_and_end(void)
{
    pthread_t foreign;
    k3thread *joiner;

    CHECK_EQUAL(pthread_create(&foreign, NULL, adopt_and_end, NULL), 0);
    WAIT_FOR(ending_tid != 0);
    joiner = test_start(join_it, NULL);
    test_wait_asleep(joiner);
    stop_in(k3thread_get_tid(joiner), 0, let_it_end);
    CHECK_EQUAL(k3thread_send_exception(joiner, &k3thread_KeyError), 0);
    CHECK(test_end(joiner) == NULL);
    CHECK_EQUAL(pthread_join(foreign, NULL), 0);
    k3thread_unref(ending);
}

static void *join_with_return(void *arg)
{
    int result;

    k3thread_set_mask(K3THREAD_RETURN);
    result = k3thread_join(ending, -1, NULL);
    CHECK(result == 0 || (result == -ECANCELED && stop.armed)); /* the raise came before the wait */
    CHECK(k3thread_take(NULL));
    return arg;
}

/* A join times out at the moment when the thread ends: the stack is freed all the same. */
static void give_up_and_end(void)
{
    const struct k3thread_options huge = {.stack_size = TEST_HUGE_STACK};
    const size_t                  before = test_address_space();
    k3thread                     *joiner;

    CHECK_EQUAL(k3thread_start(&ending, end_when_told, NULL, &huge), 0);
    WAIT_FOR(ending_tid != 0);
    joiner = test_start(join_with_return, NULL);
    test_wait_asleep(joiner);
    stop_in(k3thread_get_tid(joiner), 0, let_it_end);
    CHECK_EQUAL(k3thread_send_exception(joiner, &k3thread_KeyError), 0);
    CHECK(test_end(joiner) == NULL);
    if (atomic_exchange(&stop.armed, false))
        let_it_end();
    CHECK_EQUAL(k3thread_start(NULL, give_back, NULL, NULL), 0); /* reaps it, if no join has */
    WAIT_FOR(test_address_space() < before + TEST_HUGE_STACK / 2);
    k3thread_unref(ending);
}

/* Another thread already joins a thread that then cannot be created. */
static __thread bool refused;

static void *join_refused(void *arg)
{
    k3thread *t = k3thread_find("refused");

    CHECK(t != NULL);
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    k3thread_unref(t);
    return arg;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void         *arg)
{
    if (!refused)
        return __real_pthread_create(thread, attributes, function, arg);
    refused = false;
    ending = test_start(join_refused, NULL);
    test_wait_asleep(ending);
    return EAGAIN;
}

static void join_of_no_start(void)
{
    const struct k3thread_options options = {.name = "refused"};
    k3thread                     *t = NULL;

    refused = true;
    CHECK_EQUAL(k3thread_start(&t, give_back, NULL, &options), -EAGAIN);
    CHECK(t == NULL && k3thread_find("refused") == NULL);
    CHECK(test_end(ending) == NULL);
}

TEST_MAIN({"raise-and-end", raise_and_end}, {"wake-and-end", wake_and_end},
          {"join-and-end", join_and_end}, {"give-up-and-end", give_up_and_end},
          {"join-and-no-start", join_of_no_start})
