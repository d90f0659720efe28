/* Tests the watcher of time limits: the hidden thread, of which a process has at most one. */
#include "timeouts.h"

#include <dirent.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>

/* Returns the number of watchers in the process, which it knows by their name, and the id of one in *RET_TID. */
static unsigned find_watchers(pid_t *ret_tid)
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
        if (fgets(name, sizeof(name), file) != NULL && strcmp(name, "k3thread-limits\n") == 0) {
            count++;
            *ret_tid = atoi(task->d_name);
        }
        fclose(file);
    }
    closedir(tasks);
    return count;
}

static unsigned watchers(void)
{
    pid_t tid;

    return find_watchers(&tid);
}

/* Returns the id of the watcher, or 0. */
static pid_t find_watcher(void)
{
    pid_t tid = 0;

    (void) find_watchers(&tid);
    return tid;
}

/* There is one hidden thread, however many scopes there are, and none some time after the last scope. */
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

/* The linker replaces syscall() by this: see tests/lib/rules.mk. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

#define LONGEST                                                                                    \
    1000000000 /* seconds: longer than any limit, or the time since the start of the machine */

static atomic_bool asks_to_stop, stopped; /* the watcher, just before its next wait for a call */
static _Atomic(time_t) last_until;        /* when the last wait for a call ends, in seconds */

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    a[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_futex && a[1] == FUTEX_WAIT_BITSET_PRIVATE && asks_to_stop) {
        asks_to_stop = false;
        stopped = true;
        WAIT_FOR(!stopped);
    }
    if (number == SYS_futex && a[1] == FUTEX_WAIT_BITSET_PRIVATE)
        last_until = ((const struct timespec *) a[3])->tv_sec;
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The watcher sleeps while the time of a thread is over that cannot be told, and while no time is over. */
static void sleeps(void)
{
    volatile pid_t watcher = 0;

    k3thread_set_mask(K3THREAD_NEVER);
    K3THREAD_TIMEOUT(SOON) {
        WAIT_FOR((watcher = find_watcher()) != 0);
        WAIT_FOR(k3thread_pending());
        WAIT_FOR(last_until > LONGEST); /* and not until an instant that has passed */
        WAIT_FOR(test_state(watcher) == 'S');
    }
    K3THREAD_END
    k3thread_set_mask(K3THREAD_IMMEDIATE);
    K3THREAD_TIMEOUT(LONG) {
        WAIT_FOR((watcher = find_watcher()) != 0);
        WAIT_FOR(test_state(watcher) == 'S');
    }
    K3THREAD_END
}

/* A limit that begins just before the watcher waits for a call is not missed. */
static void call_before_wait(void)
{
    K3THREAD_TIMEOUT(LONG) {
        asks_to_stop = true;
        K3THREAD_TIMEOUT(LONG / 2) { /* it has to look again, and then stops */
            WAIT_FOR(stopped);
            K3THREAD_TIMEOUT(SOON) {
                stopped = false;
                compute_for_ever();
            }
            K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
                note('t');
            }
            K3THREAD_END
        }
        K3THREAD_END
    }
    K3THREAD_END
    check_trace("t");
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

/* A process ends when all its threads but the watcher have ended. */
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

/* A limit that begins in a forked child holds, although the parent had a watcher at the fork. */
static void begins_in_a_child(void)
{
    pid_t pid;
    int   status;

    K3THREAD_TIMEOUT(LONG) {
        WAIT_FOR(watchers() == 1);
    }
    K3THREAD_END
    pid = fork();
    if (pid == 0) {
        alarm(TEST_DEADLINE);
        K3THREAD_TIMEOUT(SOON) {
            sleep_for_ever();
        }
        K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
            _exit(7);
        }
        K3THREAD_END
        _exit(1);
    }
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* Uses limits of all lengths, as many threads do at once. */
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

/* The linker makes the program call this function first (see rules.mk). */
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

/* If the watcher cannot be started, RuntimeError is thrown and the body does not run. */
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

TEST_MAIN({"one-thread", one_thread}, {"sleeps", sleeps}, {"call-before-wait", call_before_wait},
          {"process-ends", process_ends}, {"child", in_a_child},
          {"begins-in-a-child", begins_in_a_child}, {"many", many_threads},
          {"no-watcher", no_watcher})
