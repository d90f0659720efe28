/* Runs the process whose waits step.c steps through. scenarios.c has most of the waits. */
#include "stepped.h"

#include <dirent.h>
#include <sched.h>
#include <sys/syscall.h>

struct run run;

/* The traced process: its target */

static void mark(int number)
{
    (void) syscall(SYS_tgkill, getpid(), gettid(), number);
}

static void await_go(void)
{
    char byte;

    CHECK_EQUAL(read(run.go[0], &byte, 1), 1);
}

/* Waits again, because the next wait must be woken too, at whatever instant the first raise came. */
static void wait_again(void)
{
    K3THREAD_TRY {
        run.goes_on = true;
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        run.caught_again = true;
    }
    K3THREAD_END
}

static void *target(void *arg)
{
    const struct scenario *scenario = arg;

    K3THREAD_TRY {
        await_go();
        mark(SIGUSR1);
        run.effect = scenario->wait();
        mark(SIGUSR2);
        k3thread_checkpoint();
        (void) k3thread_sleep(-1); /* if the raise has not come yet */
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        run.caught = true;
    }
    K3THREAD_END
    wait_again();
    return arg;
}

/*
 * A condition's signal beside the raise. There are three waiters, of which the first has been signalled. So the C
 * library has only the target in the group that the next signal is for, and the third waiter in the other group. If
 * the raise wakes the target, the third waiter must get the signal.
 */
static void *wait_for_token(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&run.mutex), 0);
    while (!run.token)
        CHECK_EQUAL(pthread_cond_wait(&run.cond, &run.mutex), 0);
    run.token = false;
    CHECK_EQUAL(pthread_mutex_unlock(&run.mutex), 0);
    return arg;
}

static void start_waiter(void)
{
    run.other = test_start(wait_for_token, NULL);
    test_wait_asleep(run.other);
}

static void signal_token(void)
{
    run.token = true;
    CHECK_EQUAL(pthread_cond_signal(&run.cond), 0);
}

static void replace_waiter(void)
{
    signal_token();
    CHECK(test_end(run.other) == NULL);
    start_waiter();
}

static int wait_with_return(void)
{
    int result;

    k3thread_set_mask(K3THREAD_RETURN);
    result = stepped_cond_wait();
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    return result;
}

/* If the target has returned, it has consumed the signal; otherwise the other waiter has. */
static void check_signal(bool had)
{
    CHECK(had);
    if (run.effect == 0 && run.token)
        signal_token();
    run.lost = k3thread_join(run.other, TARGET_DEADLINE, NULL) != 0;
    CHECK(!run.lost);
    k3thread_unref(run.other);
    run.other = NULL;
}

const struct scenario stepped_signal = {"cond-signal",    false,       3, start_waiter,
                                        wait_with_return, check_signal};

/* A thread ends while another thread is about to join it. */

static void *end_with_token(void *arg)
{
    WAIT_FOR(run.token);
    return arg;
}

static void start_ending(void)
{
    run.other = test_start(end_with_token, NULL);
    WAIT_FOR(k3thread_get_tid(run.other) != 0);
}

static int join_other(void)
{
    return k3thread_join(run.other, -1, NULL);
}

/*
 * Lets the other thread end. Does not sleep, because the tracer takes a sleep here for a sign that the target holds
 * a lock that is needed.
 */
static void let_other_go(void)
{
    const pid_t tid = k3thread_get_tid(run.other);

    run.token = true;
    while (test_state(tid) != 0)
        sched_yield();
}

static int raise_behind_the_wait(void)
{
    const double deadline = test_now() + TARGET_DEADLINE;

    WAIT_FOR(run.effect != NO_EFFECT || test_now() > deadline);
    return k3thread_send_exception(run.target, &k3thread_KeyboardInterrupt);
}

static void check_joined(bool had)
{
    CHECK(had);
    CHECK_EQUAL(run.effect, 0);
}

const struct scenario stepped_ending = {"join-ending", true,       1,
                                        start_ending,  join_other, check_joined};

/* The traced process: its main thread */

static unsigned count_descriptors(void)
{
    DIR     *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    CHECK(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void begin_run(const struct scenario *scenario)
{
    pthread_mutexattr_t attributes;

    memset(&run, 0, sizeof(run));
    run.effect = NO_EFFECT;
    CHECK_EQUAL(pipe2(run.ends, O_NONBLOCK), 0);
    CHECK_EQUAL(pipe(run.go), 0);
    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), 0);
    CHECK_EQUAL(pthread_mutex_init(&run.mutex, &attributes), 0);
    CHECK_EQUAL(pthread_cond_init(&run.cond, NULL), 0);
    CHECK_EQUAL(sem_init(&run.sem, 0, 0), 0);
    scenario->set_up();
    run.descriptors = count_descriptors();
    if (!scenario->returns)
        CHECK_EQUAL(fcntl(run.ends[0], F_SETFL, 0), 0);
    run.target = test_start(target, (void *) (uintptr_t) scenario);
    WAIT_FOR(k3thread_get_tid(run.target) != 0);
}

/* Ends the target by a raise, which comes when the target sleeps in its next wait or is about to. */
static void end_target(void)
{
    const double deadline = test_now() + TARGET_DEADLINE;

    WAIT_FOR(run.goes_on || test_now() > deadline);
    CHECK(run.caught);
    test_wait_asleep(run.target);
    CHECK_EQUAL(k3thread_send_exception(run.target, &k3thread_KeyboardInterrupt), 0);
    CHECK_EQUAL(k3thread_join(run.target, TARGET_DEADLINE, NULL), 0);
    CHECK(run.caught_again);
}

static void end_run(const struct scenario *scenario)
{
    end_target();
    scenario->check(run.effect != NO_EFFECT);
    CHECK_EQUAL(count_descriptors(), run.descriptors);
    k3thread_unref(run.target);
    if (run.other != NULL) {
        (void) k3thread_send_exception(run.other, &k3thread_SystemExit);
        (void) test_end(run.other);
    }
    CHECK_EQUAL(pthread_mutex_destroy(&run.mutex), 0);
    CHECK_EQUAL(pthread_cond_destroy(&run.cond), 0);
    for (int i = 0; i < 2; i++)
        CHECK(close(run.ends[i]) == 0 && close(run.go[i]) == 0);
    for (unsigned i = 0; i < run.kept_count; i++)
        CHECK_EQUAL(close(run.kept[i]), 0);
}

/* Carries out COMMAND, one character. Returns the answer, a number. */
static int obey(char command, const struct scenario *scenario)
{
    switch (command) {
    case 'b':
        begin_run(scenario);
        return k3thread_get_tid(run.target);
    case 'g':
        return (int) write(run.go[1], "g", 1);
    case 'r':
        return k3thread_send_exception(run.target, &k3thread_KeyboardInterrupt);
    case 'w':
        replace_waiter();
        return 0;
    case 's':
        signal_token();
        return 0;
    case 'd':
        let_other_go();
        return 0;
    case 'f':
        return raise_behind_the_wait();
    default:
        end_run(scenario);
        return 0;
    }
}

void stepped_serve(int commands, int answers, const struct scenario *scenario)
{
    char command;
    int  answer;

    /* The signals of mark() are ignored here; the tracer sees them all the same. */
    CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR && signal(SIGUSR2, SIG_IGN) != SIG_ERR);
    while (read(commands, &command, 1) == 1) {
        answer = obey(command, scenario);
        CHECK_EQUAL(write(answers, &answer, sizeof(answer)), (ssize_t) sizeof(answer));
    }
    exit(0);
}
