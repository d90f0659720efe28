/*
 * Measures the time from a raise to the handler that catches it, in a thread that waits and in one that computes;
 * beside a signal from pthread_kill to its handler, in the same kind of thread.
 *
 * A thread posts "caught" when it has taken the time. The raising thread sleeps until then, for the
 * other thread may need its processor.
 */
#include "lib-measure.h"

#include "k3thread.h"
#include "lib-loop.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static sem_t  caught;
static sem_t  go, go_bare; /* let one computing thread begin */
static double caught_at;

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ;
}

static void tell(void)
{
    caught_at = now();
    sem_post(&caught);
}

/*
 * The processor of a thread matters as much as its work: threads of both kinds run on the processor of
 * the raising thread, or on another one.
 */
static void put(pid_t tid, int which)
{
    static cpu_set_t all;
    cpu_set_t        one;
    size_t           cpu = 0;

    if (CPU_COUNT(&all) == 0)
        must(sched_getaffinity(0, sizeof(all), &all), "sched_getaffinity");
    while (!CPU_ISSET(cpu, &all) || which-- > 0)
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    must(sched_setaffinity(tid, sizeof(one), &one), "sched_setaffinity");
}

/* Managed threads */

static k3thread *waiter, *computer;

static void *wait_and_catch(void *arg)
{
    for (;;) {
        K3THREAD_TRY {
            (void) k3thread_sleep(-1);
        }
        K3THREAD_EXCEPT(k3thread_Exception, e) {
            tell();
        }
        K3THREAD_END
    }
    return arg;
}

static void *compute_and_catch(void *arg)
{
    for (;;) {
        wait_for(&go);
        K3THREAD_TRY {
            sem_post(&caught);
            spin_with_safepoints();
        }
        K3THREAD_EXCEPT(k3thread_Exception, e) {
            tell();
        }
        K3THREAD_END
    }
    return arg;
}

static double raise_in(k3thread *t)
{
    double begin = now();

    must(k3thread_send_exception(t, &k3thread_RuntimeError), "k3thread_send_exception");
    wait_for(&caught);
    return caught_at - begin;
}

static double raise_in_waiter(void)
{
    wait_until_asleep(k3thread_get_tid(waiter));
    return raise_in(waiter);
}

static double raise_in_computer(void)
{
    sem_post(&go);
    wait_for(&caught);
    return raise_in(computer);
}

/* Bare threads */

static pthread_t    bare_waiter, bare_computer;
static pid_t        bare_waiter_tid, bare_computer_tid;
static volatile int stop;

static void on_signal(int signal)
{
    (void) signal;
    stop = 1;
    tell();
}

static void *wait_bare(void *arg)
{
    bare_waiter_tid = gettid();
    sem_post(&caught);
    for (;;)
        pause();
    return arg;
}

static void *compute_bare(void *arg)
{
    bare_computer_tid = gettid();
    sem_post(&caught);
    for (;;) {
        wait_for(&go_bare);
        stop = 0;
        sem_post(&caught);
        spin_until(&stop);
    }
    return arg;
}

static double kill_thread(pthread_t thread)
{
    double begin = now();

    must(pthread_kill(thread, SIGUSR1), "pthread_kill");
    wait_for(&caught);
    return caught_at - begin;
}

static double kill_waiter(void)
{
    wait_until_asleep(bare_waiter_tid);
    return kill_thread(bare_waiter);
}

static double kill_computer(void)
{
    sem_post(&go_bare);
    wait_for(&caught);
    return kill_thread(bare_computer);
}

static k3thread *start_managed(k3thread_target target)
{
    k3thread *t;

    must(k3thread_daemon(&t, target, NULL, NULL), "k3thread_daemon");
    while (k3thread_get_tid(t) == 0)
        sched_yield();
    return t;
}

static void start_bare(pthread_t *ret, void *(*target)(void *arg))
{
    must(pthread_create(ret, NULL, target, NULL), "pthread_create");
    wait_for(&caught);
}

/* Measures with the threads of both kinds on processor number WHICH of the available ones. */
static void measure_at(int which, const struct benchmark *benchmark, pid_t managed, pid_t bare)
{
    put(managed, which);
    put(bare, which);
    measure(benchmark);
}

static void measure_waiters(int processors)
{
    struct benchmark b = {.name = "raise to caught, in a wait",
                          .floor_name = "pthread_kill to handler",
                          .figure = raise_in_waiter,
                          .floor = kill_waiter,
                          .aim = AIM_RATIO,
                          .limit = 1.25,
                          .samples = 20};

    waiter = start_managed(wait_and_catch);
    start_bare(&bare_waiter, wait_bare);
    measure_at(0, &b, k3thread_get_tid(waiter), bare_waiter_tid);
    b.name = "the same, on the other processor";
    if (processors > 1)
        measure_at(1, &b, k3thread_get_tid(waiter), bare_waiter_tid);
}

static void measure_computers(int processors)
{
    struct benchmark b = {.name = "raise to caught, in a safepoint loop",
                          .floor_name = "pthread_kill to handler",
                          .figure = raise_in_computer,
                          .floor = kill_computer,
                          .aim = AIM_RATIO,
                          .limit = 1.5,
                          .samples = 20};

    computer = start_managed(compute_and_catch);
    start_bare(&bare_computer, compute_bare);
    measure_at(processors > 1 ? 1 : 0, &b, k3thread_get_tid(computer), bare_computer_tid);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    cpu_set_t        all;
    int              processors;

    must(sched_getaffinity(0, sizeof(all), &all), "sched_getaffinity");
    processors = CPU_COUNT(&all);
    must(sem_init(&caught, 0, 0), "sem_init");
    must(sem_init(&go, 0, 0), "sem_init");
    must(sem_init(&go_bare, 0, 0), "sem_init");
    must(sigaction(SIGUSR1, &action, NULL), "sigaction");
    put(0, 0);
    measure_waiters(processors);
    measure_computers(processors);
    return 0;
}
