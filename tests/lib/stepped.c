/* The waits that step.c steps through, and the process that makes them. */
#include "stepped.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define TARGET_DEADLINE 20 /* seconds; a target that has not ended by then hangs */

/* What a wait works on; anew for each run. */
static struct {
    k3thread       *target, *other;
    int             ends[2], go[2], listener, client;
    pid_t           child;
    pthread_mutex_t mutex;
    pthread_cond_t  cond;
    atomic_bool     caught, goes_on, caught_again, token, lost;
    atomic_int      effect; /* what the wait returned; NO_EFFECT: it did not */
} run;

#define NO_EFFECT (-99999)

/* Each wait, blocked and with its effect at hand */

static void nothing(void)
{
}

static void nothing_to_check(bool had)
{
    (void) had;
}

static int do_sleep(void)
{
    return k3thread_sleep(-1);
}

static int do_short_sleep(void)
{
    return k3thread_sleep(0);
}

static int do_poll(void)
{
    struct pollfd pollfd = {.fd = run.ends[0], .events = POLLIN};

    return k3thread_poll(&pollfd, 1, -1);
}

static int do_read(void)
{
    char byte;

    return (int) k3thread_read(run.ends[0], &byte, 1);
}

static void provide_byte(void)
{
    CHECK_EQUAL(write(run.ends[1], "x", 1), 1);
}

static int bytes_in_pipe(void)
{
    char bytes[2];

    return (int) read(run.ends[0], bytes, 2); /* which does not block */
}

static void check_read(bool had)
{
    CHECK_EQUAL(bytes_in_pipe(), had ? -1 : 1);
}

static void fill_pipe(void)
{
    char bytes[4096] = {0};

    while (write(run.ends[1], bytes, sizeof(bytes)) > 0) {
    }
    CHECK_EQUAL(errno, EAGAIN);
    CHECK_EQUAL(fcntl(run.ends[1], F_SETFL, 0), 0);
}

static int do_write(void)
{
    return (int) k3thread_write(run.ends[1], "y", 1);
}

static void check_written(bool had)
{
    CHECK_EQUAL(bytes_in_pipe(), had ? 1 : -1);
}

static void listen_here(void)
{
    const struct sockaddr_un any = {.sun_family = AF_UNIX};

    run.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(run.listener >= 0);
    CHECK_EQUAL(bind(run.listener, (const struct sockaddr *) &any, sizeof(any.sun_family)), 0);
    CHECK_EQUAL(listen(run.listener, 1), 0);
}

static void connect_here(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t          length = sizeof(address);

    listen_here();
    CHECK_EQUAL(getsockname(run.listener, (struct sockaddr *) &address, &length), 0);
    run.client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQUAL(connect(run.client, (struct sockaddr *) &address, length), 0);
}

static int do_accept(void)
{
    return k3thread_accept(run.listener, NULL, NULL);
}

/* Either the thread has the connection, or the listener has it still. */
static void check_accept(bool had)
{
    const int fd = had ? run.effect : accept(run.listener, NULL, NULL);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(run.client, "z", 1), 1);
    CHECK_EQUAL(close(fd), 0);
}

static void fork_paused(void)
{
    run.child = fork();
    while (run.child == 0)
        pause();
    CHECK(run.child > 0);
}

static void fork_ended(void)
{
    run.child = fork();
    if (run.child == 0) /* not by _exit, where ThreadSanitizer misses the parent's threads */
        (void) kill(getpid(), SIGKILL);
    CHECK_EQUAL(waitid(P_PID, (id_t) run.child, NULL, WEXITED | WNOWAIT), 0);
}

static int do_waitpid(void)
{
    return k3thread_waitpid(run.child, NULL);
}

static void check_reaped(bool had)
{
    CHECK_EQUAL(waitpid(run.child, NULL, 0), had ? -1 : run.child);
}

static void kill_child(bool had)
{
    CHECK_EQUAL(kill(run.child, SIGKILL), 0);
    check_reaped(had);
}

/* The mutex is of the kind that only its owner can unlock. */
static void unlock(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_unlock(mutex), 0);
}

static int do_cond_wait(void)
{
    int result;

    CHECK_EQUAL(pthread_mutex_lock(&run.mutex), 0);
    k3thread_cleanup_push(unlock, &run.mutex);
    result = k3thread_cond_wait(&run.cond, &run.mutex, -1);
    k3thread_cleanup_pop(1);
    return result;
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void *give_back(void *arg)
{
    return arg;
}

static void start_other(void)
{
    run.other = test_start(sleep_for_ever, NULL);
}

static void end_other(void)
{
    run.other = test_start(give_back, NULL);
    CHECK_EQUAL(k3thread_join(run.other, -1, NULL), 0);
}

static int do_join(void)
{
    return k3thread_join(run.other, -1, NULL);
}

/* Not a wait: what changes the queue and the word in the thread itself. */
static int do_masks(void)
{
    struct k3thread_exc exc = {0};

    k3thread_set_mask(K3THREAD_NEVER);
    k3thread_checkpoint();
    if (k3thread_pending())
        k3thread_set_mask(K3THREAD_ON_BLOCKING);
    if (k3thread_take(&exc) && k3thread_send_exception(k3thread_self(), exc.type) != 0)
        return -1;
    k3thread_set_mask(K3THREAD_IMMEDIATE);
    return 0;
}

const struct scenario stepped_scenarios[] = {
    {"sleep", false, 1, nothing, do_sleep, nothing_to_check},
    {"sleep-0", true, 1, nothing, do_short_sleep, nothing_to_check},
    {"poll", false, 1, nothing, do_poll, nothing_to_check},
    {"poll-ready", true, 1, provide_byte, do_poll, nothing_to_check},
    {"read", false, 1, nothing, do_read, nothing_to_check},
    {"read-ready", true, 1, provide_byte, do_read, check_read},
    {"write", false, 1, fill_pipe, do_write, nothing_to_check},
    {"write-ready", true, 1, nothing, do_write, check_written},
    {"accept", false, 1, listen_here, do_accept, nothing_to_check},
    {"accept-ready", true, 1, connect_here, do_accept, check_accept},
    {"waitpid", false, 1, fork_paused, do_waitpid, kill_child},
    {"waitpid-ready", true, 1, fork_ended, do_waitpid, check_reaped},
    {"cond_wait", false, 1, nothing, do_cond_wait, nothing_to_check},
    {"join", false, 1, start_other, do_join, nothing_to_check},
    {"join-ready", true, 1, end_other, do_join, nothing_to_check},
    {"masks", true, 5, nothing, do_masks, nothing_to_check},
};

const size_t stepped_count = sizeof(stepped_scenarios) / sizeof(*stepped_scenarios);

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

/* The next wait: what came at one instant or another of the one before has not made it deaf. */
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
        (void) k3thread_sleep(-1); /* if it was not raised in yet */
    }
    K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
        run.caught = true;
    }
    K3THREAD_END
    wait_again();
    return arg;
}

/*
 * A signal that races the raise. Of three waiters the first has been signalled away, so that the C
 * library has the target alone in the group of those that the next signal is for, and the third in
 * the other one. If the target is woken by the raise, the third must have the signal.
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
    result = do_cond_wait();
    k3thread_set_mask(K3THREAD_ON_BLOCKING);
    return result;
}

/* A consumed signal is the target's, which then would have used it; else it is the other's. */
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

/* The traced process: its main thread */

static void begin_run(const struct scenario *scenario)
{
    pthread_mutexattr_t attributes;

    memset(&run, 0, sizeof(run));
    run.effect = NO_EFFECT;
    run.listener = run.client = -1;
    CHECK_EQUAL(pipe2(run.ends, O_NONBLOCK), 0);
    CHECK_EQUAL(pipe(run.go), 0);
    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK), 0);
    CHECK_EQUAL(pthread_mutex_init(&run.mutex, &attributes), 0);
    CHECK_EQUAL(pthread_cond_init(&run.cond, NULL), 0);
    scenario->set_up();
    if (!scenario->returns)
        CHECK_EQUAL(fcntl(run.ends[0], F_SETFL, 0), 0);
    run.target = test_start(target, (void *) (uintptr_t) scenario);
    WAIT_FOR(k3thread_get_tid(run.target) != 0);
}

/* The raise finds the target asleep in its next wait, or on its way there. */
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
    k3thread_unref(run.target);
    if (run.other != NULL) {
        (void) k3thread_send_exception(run.other, &k3thread_SystemExit);
        (void) test_end(run.other);
    }
    CHECK_EQUAL(pthread_mutex_destroy(&run.mutex), 0);
    CHECK_EQUAL(pthread_cond_destroy(&run.cond), 0);
    for (int i = 0; i < 2; i++)
        CHECK(close(run.ends[i]) == 0 && close(run.go[i]) == 0);
    if (run.listener >= 0)
        close(run.listener);
    if (run.client >= 0)
        close(run.client);
}

/* Commands are one character; the answer is a number. */
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
    default:
        end_run(scenario);
        return 0;
    }
}

void stepped_serve(int commands, int answers, const struct scenario *scenario)
{
    char command;
    int  answer;

    /* A tracer sees the marks all the same. */
    CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR && signal(SIGUSR2, SIG_IGN) != SIG_ERR);
    while (read(commands, &command, 1) == 1) {
        answer = obey(command, scenario);
        CHECK_EQUAL(write(answers, &answer, sizeof(answer)), (ssize_t) sizeof(answer));
    }
    exit(0);
}
