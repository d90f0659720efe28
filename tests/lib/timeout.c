/*
 * Time limits. The first cases are programs in which the time limits of other languages are wrong: an
 * inner limit taken for the outer one, a limit that a handler of the body swallows, one that comes
 * when its body has just ended, one that is lost beside another exception.
 */
#include "test.h"

#include <dirent.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#define SOON 0.005 /* seconds; what takes longer takes for ever */
#define LONG 1000

static char trace[64];

static void note(char what)
{
    size_t length = strlen(trace);

    CHECK(length < sizeof(trace) - 1);
    trace[length] = what;
    trace[length + 1] = '\0';
}

static void check_trace(const char *wanted)
{
    if (strcmp(trace, wanted) != 0) {
        fprintf(stderr, "the trace is %s, not %s\n", trace, wanted);
        test_fail(__FILE__, __LINE__, "trace");
    }
    trace[0] = '\0';
}

static void note_pushed(void *letter)
{
    note(*(const char *) letter);
}

static void sleep_for_ever(void)
{
    (void) k3thread_sleep(-1);
}

static void compute_for_ever(void)
{
    for (;;)
        k3thread_checkpoint();
}

/* Spins without a checkpoint until something is pending. */
static void compute_until_pending(void)
{
    while (!k3thread_pending()) {
    }
}

static void raise_in_self(const k3thread_exctype *type)
{
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), type), 0);
}

/* Two limits, of which one is over; notes which handlers ran. */
static void two(double outer, double inner, void (*body)(void))
{
    char cleanup = 'c';

    K3THREAD_TIMEOUT(outer) {
        K3THREAD_TIMEOUT(inner) {
            k3thread_cleanup_push(note_pushed, &cleanup);
            body();
            k3thread_cleanup_pop(0);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('i');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
        note('a');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('o');
    }
    K3THREAD_END
}

static void each_its_own(void)
{
    two(SOON, LONG, sleep_for_ever);
    check_trace("cfo");
    two(LONG, SOON, sleep_for_ever);
    check_trace("cifa");
    two(SOON, LONG, compute_for_ever);
    check_trace("cfo");
    two(LONG, SOON, compute_for_ever);
    check_trace("cifa");
    two(-1, SOON, sleep_for_ever);
    check_trace("cifa");
    two(SOON, -1, sleep_for_ever);
    check_trace("cfo");
    CHECK(!k3thread_pending());
}

/* The bodies of others have handlers for everything: a limit passes them. */
static void careless(void)
{
    for (;;) {
        K3THREAD_TRY {
            sleep_for_ever();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('x');
        }
        K3THREAD_EXCEPT(k3thread_BaseException, e) {
            note('y');
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
    }
}

static void not_swallowed(void)
{
    K3THREAD_TIMEOUT(SOON) {
        careless();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
        CHECK(strstr(e->message, "0.005") != NULL);
        CHECK_EQUAL(e->sender, k3thread_get_id(k3thread_self()));
    }
    K3THREAD_END
    check_trace("ft");
    K3THREAD_TIMEOUT(SOON) {
        careless();
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        note('k');
    }
    K3THREAD_EXCEPT(k3thread_OSError, e) {
        note('o'); /* the limit's own handler may name any base of it */
    }
    K3THREAD_END
    check_trace("fo");
}

/* Leaves a body whose exception is pending already, in each way. */
static int leave_late(int way)
{
    for (volatile int i = 0; i < 1; i++) {
        K3THREAD_TIMEOUT(SOON) {
            compute_until_pending();
            if (way == 0)
                return way;
            if (way == 1)
                break;
            if (way == 2)
                continue;
            if (way == 3)
                goto out;
            if (way == 4)
                k3thread_throw(&k3thread_KeyError, NULL);
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            CHECK(!k3thread_pending());
            CHECK_EQUAL(k3thread_sleep(0), 0);
            note('k');
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('x');
        }
        K3THREAD_END
    }
out:
    return way;
}

static void withdrawn(void)
{
    for (volatile int way = 0; way < 6; way++) {
        CHECK_EQUAL(leave_late(way), way);
        CHECK(!k3thread_pending());
        k3thread_checkpoint();
        CHECK_EQUAL(k3thread_sleep(0), 0);
    }
    check_trace("k");
}

static bool is_readable(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) == 1;
}

/* An event loop sees it, and sees that it was withdrawn. */
static void seen_by_an_event_loop(void)
{
    const volatile int fd = k3thread_pending_fd();

    K3THREAD_TIMEOUT(SOON) {
        WAIT_FOR(is_readable(fd));
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_END
    check_trace("");
    CHECK(!is_readable(fd));
}

/* One that ends at the very moment: it comes inside or not at all. */
static void at_the_very_moment(void)
{
    volatile unsigned       came = 0, ended = 0;
    const volatile unsigned rounds = test_many(20000, 1000);

    for (volatile unsigned i = 0; i < rounds; i++) {
        const double until = test_now() + 0.00002 + (i % 16) * 0.00001;

        K3THREAD_TIMEOUT(until - test_now()) {
            while (test_now() < until)
                k3thread_checkpoint();
            ended++;
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            came++;
        }
        K3THREAD_END
        k3thread_checkpoint();
        CHECK(!k3thread_pending());
    }
    CHECK_EQUAL(came + ended, rounds);
}

/* A raise at the same time: both come, each to where it belongs, and none twice. */
static void beside_a_raise(void)
{
    volatile unsigned raised = 0, over = 0;

    for (volatile int i = 0; i < 100; i++) {
        K3THREAD_TRY {
            K3THREAD_TIMEOUT(0) {
                raise_in_self(&k3thread_KeyError);
                if (i % 2 == 0)
                    sleep_for_ever();
                compute_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                over++;
            }
            K3THREAD_END
            k3thread_checkpoint();
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            raised++;
        }
        K3THREAD_END
        CHECK(!k3thread_pending());
    }
    CHECK_EQUAL(raised, 100);
    CHECK_EQUAL(over, 0); /* the raise is thrown first, and by it the scope is left */
}

static volatile unsigned note_over;

static void *catch_both(void *arg)
{
    volatile unsigned *raised = arg;

    for (volatile int i = 0; i < 300; i++) {
        K3THREAD_TRY {
            K3THREAD_TIMEOUT(0.00005) {
                compute_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                note_over++;
            }
            K3THREAD_END
        }
        K3THREAD_EXCEPT(k3thread_KeyError, e) {
            ++*raised;
        }
        K3THREAD_END
    }
    k3thread_set_mask(K3THREAD_NEVER);
    while (k3thread_take(NULL))
        ++*raised;
    return NULL;
}

/* Raises come at any instant around the limit: none is lost, and none comes twice. */
static void around_a_raise(void)
{
    volatile unsigned raised = 0;
    unsigned          sent = 0;
    k3thread         *t = test_start(catch_both, (void *) &raised);

    while (k3thread_is_alive(t)) {
        if (k3thread_send_exception(t, &k3thread_KeyError) == 0)
            sent++;
        test_pause();
    }
    CHECK(test_end(t) == NULL);
    CHECK(note_over > 0);
    CHECK(raised <= sent && raised + K3THREAD_QUEUE_MAX >= sent);
}

static void throw_timeout(void)
{
    k3thread_throw(&k3thread_TimeoutError, "thrown");
}

static void raise_timeout(void)
{
    raise_in_self(&k3thread_TimeoutError);
    sleep_for_ever();
}

static void limit_without_handler(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_END
}

static void limit_that_throws_on(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        K3THREAD_RERAISE();
    }
    K3THREAD_END
}

static void (*volatile other)(void);

static void in_a_limit(void)
{
    K3THREAD_TIMEOUT(LONG) {
        other();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_END
}

static void in_a_limit_with_a_base(void)
{
    K3THREAD_TIMEOUT(LONG) {
        other();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_Exception, e) {
        note('b');
    }
    K3THREAD_END
}

/* Another's TimeoutError is not mistaken for the limit's, but is an exception as any. */
static void not_mistaken(void)
{
    static void (*const others[])(void) = {throw_timeout, raise_timeout, limit_without_handler,
                                           limit_that_throws_on};

    for (volatile int i = 0; i < 4; i++) {
        other = others[i];
        CHECK(test_catch(other) == &k3thread_TimeoutError);
        CHECK(test_catch(in_a_limit) == &k3thread_TimeoutError);
        CHECK(test_catch(in_a_limit_with_a_base) == NULL);
        check_trace("b");
    }
}

/* Every wait ends at the limit, and not before. */
static int             pipe_ends[2], epoll;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  cond = PTHREAD_COND_INITIALIZER;
static k3thread       *sleeper;

static void wait_poll(void)
{
    struct pollfd pollfd = {.fd = pipe_ends[0], .events = POLLIN};

    (void) k3thread_poll(&pollfd, 1, -1);
}

static void wait_read(void)
{
    char byte;

    (void) k3thread_read(pipe_ends[0], &byte, 1);
}

static void unlock(void *arg)
{
    CHECK_EQUAL(pthread_mutex_unlock((pthread_mutex_t *) arg), 0);
}

static void wait_cond(void)
{
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0);
    k3thread_cleanup_push(unlock, &mutex);
    (void) k3thread_cond_wait(&cond, &mutex, -1);
    k3thread_cleanup_pop(1);
}

static void wait_join(void)
{
    (void) k3thread_join(sleeper, -1, NULL);
}

static void wait_mutex(void)
{
    (void) k3thread_mutex_lock(&held, -1);
}

static void wait_epoll(void)
{
    struct epoll_event event;

    (void) k3thread_epoll_wait(epoll, &event, 1, -1);
}

static void wait_long(void)
{
    (void) k3thread_sleep(LONG);
}

static void (*volatile waits[])(void) = {sleep_for_ever, wait_long, wait_poll,  wait_read,
                                         wait_cond,      wait_join, wait_mutex, wait_epoll};

static void *sleep_in_thread(void *arg)
{
    sleep_for_ever();
    return arg;
}

static void *hold(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&held), 0);
    *(atomic_bool *) arg = true;
    (void) k3thread_sleep(-1);
    return arg;
}

static void every_wait(void)
{
    atomic_bool     holds = false;
    volatile double begin;
    k3thread       *holder = test_start(hold, &holds);

    CHECK_EQUAL(pipe(pipe_ends), 0);
    epoll = epoll_create1(0);
    sleeper = test_start(sleep_in_thread, NULL);
    WAIT_FOR(holds);
    for (volatile size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        begin = test_now();
        K3THREAD_TIMEOUT(SOON) {
            waits[i]();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('t');
        }
        K3THREAD_END
        CHECK(test_now() - begin >= SOON);
        check_trace("t");
    }
    CHECK_EQUAL(pthread_mutex_lock(&mutex), 0); /* the condition's was given back */
    CHECK_EQUAL(k3thread_send_exception(holder, &k3thread_SystemExit), 0);
    CHECK_EQUAL(k3thread_send_exception(sleeper, &k3thread_SystemExit), 0);
    CHECK(test_end(holder) == &k3thread_SystemExit);
    CHECK(test_end(sleeper) == &k3thread_SystemExit);
}

static void masks(void)
{
    struct k3thread_exc exc;

    K3THREAD_TIMEOUT(0) {
        K3THREAD_SHIELD {
            k3thread_checkpoint();
            CHECK_EQUAL(k3thread_sleep(0), 0);
            CHECK(k3thread_pending());
        }
        K3THREAD_SHIELD_END
        note('s');
        k3thread_checkpoint();
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
    }
    K3THREAD_END
    check_trace("st");
    k3thread_set_mask(K3THREAD_RETURN);
    K3THREAD_TIMEOUT(SOON) {
        CHECK_EQUAL(k3thread_sleep(-1), -ECANCELED);
        CHECK_EQUAL(k3thread_sleep(0), -ECANCELED);
        CHECK(k3thread_take(&exc));
        CHECK(exc.type == &k3thread_TimeoutError);
        CHECK(!k3thread_pending());
        CHECK_EQUAL(k3thread_sleep(0), 0); /* a limit is over once */
    }
    K3THREAD_END
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    K3THREAD_TIMEOUT(0) {
        k3thread_checkpoint();
        note('c');
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('t');
    }
    K3THREAD_END
    check_trace("ct");
}

/* The limit is the body's: handlers and FINALLY have none, but that of a scope further out. */
static void handlers_are_free(void)
{
    K3THREAD_TIMEOUT(SOON) {
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        CHECK_EQUAL(k3thread_sleep(2 * SOON), 0);
    }
    K3THREAD_FINALLY {
        CHECK_EQUAL(k3thread_sleep(2 * SOON), 0);
    }
    K3THREAD_END
    K3THREAD_TIMEOUT(4 * SOON) {
        K3THREAD_TIMEOUT(SOON) {
            sleep_for_ever();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('i');
            sleep_for_ever();
        }
        K3THREAD_FINALLY {
            note('f');
        }
        K3THREAD_END
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('o');
    }
    K3THREAD_END
    check_trace("ifo");
}

static void limit_of_nan(void)
{
    K3THREAD_TIMEOUT(__builtin_nan("")) {
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        note('y');
    }
    K3THREAD_END
}

static void values(void)
{
    static const double none[] = {-1, -1e300, 1e10, 1e300, __builtin_inf()};

    for (volatile size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        K3THREAD_TIMEOUT(none[i]) {
            k3thread_checkpoint();
            CHECK_EQUAL(k3thread_sleep(0.0001), 0);
            note('n');
        }
        K3THREAD_END
    }
    check_trace("nnnnn");
    K3THREAD_TIMEOUT(0) {
        k3thread_checkpoint();
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('z');
    }
    K3THREAD_END
    check_trace("z");
    CHECK(test_catch(limit_of_nan) == &k3thread_ValueError);
    check_trace("");
}

static double left(double until)
{
    const double seconds = until - test_now();

    return seconds > 0 ? seconds : 0;
}

/* Of limits that are all over, each comes, in the order of their instants. */
static void all_over(void)
{
    const double base = test_now();

    K3THREAD_TIMEOUT(left(base + 0.3)) {
        K3THREAD_TIMEOUT(left(base + 0.1)) {
            K3THREAD_TIMEOUT(left(base + 0.2)) {
                while (left(base + 0.35) > 0) {
                }
                sleep_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                note('2');
            }
            K3THREAD_END
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            note('1');
        }
        K3THREAD_END
        sleep_for_ever();
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        note('3');
    }
    K3THREAD_END
    check_trace("13");
}

/* How many watchers there are, by their name. */
static unsigned watchers(void)
{
    char                 path[300], name[32];
    unsigned             count = 0;
    DIR                 *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    FILE                *file;

    CHECK(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        file = fopen(path, "re");
        if (file == NULL)
            continue;
        if (fgets(name, sizeof(name), file) != NULL && strcmp(name, "k3thread-limits\n") == 0)
            count++;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

/* However many scopes: one hidden thread, and none when there was no scope for a while. */
static void one_thread(void)
{
    for (volatile int i = 0; i < 1000; i++) {
        K3THREAD_TIMEOUT(LONG + i) {
            K3THREAD_TIMEOUT(1) {
                CHECK(i % 100 != 0 || watchers() <= 1);
            }
            K3THREAD_END
        }
        K3THREAD_END
    }
    WAIT_FOR(watchers() == 0);
    K3THREAD_TIMEOUT(LONG) {
        WAIT_FOR(watchers() == 1);
    }
    K3THREAD_END
    two(SOON, LONG, compute_for_ever);
    check_trace("cfo");
}

static void *leave_main(void *arg)
{
    (void) arg;
    K3THREAD_TIMEOUT(LONG) {
        (void) k3thread_sleep(0.01);
    }
    K3THREAD_END
    return NULL;
}

static void exit_main_thread(void)
{
    K3THREAD_TIMEOUT(LONG) {
    }
    K3THREAD_END
    CHECK_EQUAL(k3thread_start(NULL, leave_main, NULL, NULL), 0);
    pthread_exit(NULL);
}

/* The watcher does not keep a process whose other threads have ended. */
static void process_ends(void)
{
    char output[256];

    CHECK_EQUAL(test_child(exit_main_thread, output, sizeof(output)), 0);
    CHECK_TEXT(output, "");
}

/* A limit holds in a forked child, too. */
static void in_a_child(void)
{
    volatile pid_t pid = -1;
    int            status;

    K3THREAD_TIMEOUT(SOON) {
        pid = fork();
        if (pid == 0)
            compute_for_ever();
        else
            k3thread_sleep(LONG);
    }
    K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
        if (pid == 0)
            _exit(7);
        note('p');
    }
    K3THREAD_END
    check_trace("p");
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* Many threads at once, whose limits are of all lengths. */
static void *use_limits(void *arg)
{
    unsigned          seed = (unsigned) (size_t) arg;
    volatile unsigned over = 0;

    for (volatile unsigned i = 0; i < 200; i++) {
        const double limit = (double) (rand_r(&seed) % 1000) / 1e6;

        K3THREAD_TIMEOUT(limit) {
            if (i % 3 == 0)
                compute_for_ever();
            else if (i % 3 == 1)
                sleep_for_ever();
            else
                (void) k3thread_sleep(0.0005);
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            over++;
        }
        K3THREAD_END
    }
    CHECK(over >= 133);
    return NULL;
}

static void many_threads(void)
{
    k3thread *threads[8];

    for (size_t i = 0; i < 8; i++)
        threads[i] = test_start(use_limits, (void *) (i + 1));
    for (size_t i = 0; i < 8; i++)
        CHECK(test_end(threads[i]) == NULL);
}

/* The linker has the program call this first (rules.mk). */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void            *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void            *arg);

static volatile bool refused;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void            *arg)
{
    return refused ? EAGAIN : __real_pthread_create(thread, attributes, start, arg);
}

static void limit_refused(void)
{
    K3THREAD_TIMEOUT(LONG) {
        note('x');
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        note('y');
    }
    K3THREAD_END
}

/* A limit that cannot be watched is said to be none: its body does not run without. */
static void no_watcher(void)
{
    refused = true;
    CHECK(test_catch(limit_refused) == &k3thread_RuntimeError);
    check_trace("");
    refused = false;
    CHECK(test_catch(limit_refused) == NULL);
    check_trace("x");
    two(LONG, SOON, sleep_for_ever);
    check_trace("cifa");
}

TEST_MAIN({"each-its-own", each_its_own}, {"not-swallowed", not_swallowed},
          {"withdrawn", withdrawn}, {"event-loop", seen_by_an_event_loop},
          {"at-the-moment", at_the_very_moment}, {"beside-a-raise", beside_a_raise},
          {"around-a-raise", around_a_raise}, {"not-mistaken", not_mistaken},
          {"every-wait", every_wait}, {"masks", masks}, {"handlers", handlers_are_free},
          {"values", values}, {"all-over", all_over}, {"one-thread", one_thread},
          {"process-ends", process_ends}, {"child", in_a_child}, {"many", many_threads},
          {"no-watcher", no_watcher})
