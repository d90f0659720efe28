/*
 * From a raise to the handler that catches it, in a thread that waits and in one that computes;
 * beside a signal from pthread_kill to its handler, in the same kind of thread.
 *
 * A thread says by "caught" that it has taken the time. The one that raises waits for that asleep,
 * for the other may need its processor.
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
static sem_t  go, go_bare; /* the computing threads may begin: one at a time */
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
static pid_t        bare_waiter_tid;
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

static void start_waiters(void)
{
    must(k3thread_daemon(&waiter, wait_and_catch, NULL, NULL), "k3thread_daemon");
    must(pthread_create(&bare_waiter, NULL, wait_bare, NULL), "pthread_create");
    wait_for(&caught);
    while (k3thread_get_tid(waiter) == 0)
        sched_yield();
}

static void start_computers(void)
{
    must(k3thread_daemon(&computer, compute_and_catch, NULL, NULL), "k3thread_daemon");
    must(pthread_create(&bare_computer, NULL, compute_bare, NULL), "pthread_create");
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct benchmark wait = {.name = "raise to caught, in a wait",
                             .floor_name = "pthread_kill to handler",
                             .figure = raise_in_waiter,
                             .floor = kill_waiter,
                             .aim = AIM_RATIO,
                             .limit = 1.5,
                             .samples = 20};
    struct benchmark compute = wait;

    compute.name = "raise to caught, in a safepoint loop";
    compute.figure = raise_in_computer;
    compute.floor = kill_computer;

    must(sem_init(&caught, 0, 0), "sem_init");
    must(sem_init(&go, 0, 0), "sem_init");
    must(sem_init(&go_bare, 0, 0), "sem_init");
    must(sigaction(SIGUSR1, &action, NULL), "sigaction");
    start_waiters();
    measure(&wait);
    start_computers();
    measure(&compute);
    return 0;
}
