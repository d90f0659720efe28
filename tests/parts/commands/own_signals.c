/*
 * Tests the signals of a command that stays in the foreground (cli/commands/signals.h), and how they are passed on to a
 * thread (pass_signals.h).
 */
#include "tests/parts/pair.h"

#include "cli/base/clock.h"
#include "cli/commands/pass_signals.h"
#include "cli/commands/signals.h"

#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

/* The system */

static double                  now;
static int                     action_error; /* the signal whose action cannot be set */
static int                     mask_error, file_error, dump_error, kill_error;
static bool                    is_first;        /* this process has the number 1 */
static struct signalfd_siginfo read_signals[4]; /* the next ones to be read */
static int                     count_read, cut; /* CUT: as many bytes are missing in the next one */

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

sighandler_t __real_signal(int number, sighandler_t handler);
sighandler_t __wrap_signal(int number, sighandler_t handler);
sighandler_t __wrap_signal(int number, sighandler_t handler)
{
    errno = EINVAL;
    return number == action_error ? SIG_ERR : __real_signal(number, handler);
}

int __real_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    errno = EFAULT;
    return mask_error == 1 ? -1 : __real_sigprocmask(how, set, before);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[4];

    va_start(arguments, number);
    for (int i = 0; i < 4; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    errno = EPERM;
    return mask_error == 2 ? -1 : __real_syscall(number, list[0], list[1], list[2], list[3]);
}

int __real_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags)
{
    errno = file_error;
    return file_error != 0 ? -1 : __real_signalfd(fd, set, flags);
}

int __wrap_prctl(int option, int value);
int __wrap_prctl(int option, int value)
{
    CHECK(option == PR_SET_DUMPABLE && value == 0);
    return dump_error;
}

pid_t __real_getpid(void);
pid_t __wrap_getpid(void);
pid_t __wrap_getpid(void)
{
    return is_first ? 1 : __real_getpid();
}

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number)
{
    CHECK(!is_first && dump_error == 0);
    return kill_error != 0 ? -1 : __real_kill(pid, number);
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    CHECK(fd >= 0);
    if (count_read == 0)
        return __real_read(fd, data, size);
    memcpy(data, &read_signals[0], size);
    count_read--;
    memmove(read_signals, read_signals + 1, 3 * sizeof(read_signals[0]));
    return (ssize_t) size - cut;
}

/* The signal NUMBER comes from the terminal, or from a process. */
static void come(int number, bool is_typed)
{
    read_signals[count_read++] = (struct signalfd_siginfo){
        .ssi_signo = (uint32_t) number, .ssi_code = is_typed ? SI_KERNEL : SI_USER};
}

/* Signals */

int __real_signals_next(struct signals *signals);

/* Returns the mask of this process, where bit N - 1 stands for the signal N. */
static uint64_t mask_of_all(void)
{
    uint64_t mask = 0;

    CHECK(__real_syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask)) == 0);
    return mask;
}

#define BIT(number) (UINT64_C(1) << ((number) -1))

/* Checks that the signal NUMBER of another process is read. */
static void check_foreign(struct signals *signals, int number)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0)
        _exit(__real_syscall(SYS_kill, getppid(), number, 0L, 0L) != 0);
    CHECK(waitpid(pid, NULL, 0) == pid);
    now += 10;
    CHECK_EQUAL(__real_signals_next(signals), SIGCHLD);
    CHECK_EQUAL(__real_signals_next(signals), number);
}

static void signals_are_taken(void)
{
    static const int ignored[] = {SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGUSR1};
    static const int left[] = {SIGCONT,  SIGTSTP, SIGTTIN, SIGTTOU, SIGURG,
                               SIGWINCH, SIGKILL, SIGSTOP, SIGUSR1, SIGPIPE};
    struct signals   signals = SIGNALS_NONE;
    struct sigaction action;
    uint64_t         wanted = UINT64_MAX, user = BIT(SIGUSR2);
    int              before = test_count_open();

    for (int i = 1; i < NSIG; i++)
        (void) __real_signal(i, SIG_DFL);
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        (void) __real_signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
        wanted &= ~BIT(left[i]);
    CHECK(__real_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &user, NULL, sizeof(user)) == 0);
    CHECK_EQUAL(signals_take(&signals), 0);
    CHECK_EQUAL(mask_of_all(), wanted);
    CHECK(memcmp(&signals.before, &user, sizeof(user)) == 0);
    CHECK(sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    CHECK_EQUAL(fcntl(signals.fd, F_GETFD), FD_CLOEXEC);
    CHECK(fcntl(signals.fd, F_GETFL) & O_NONBLOCK);
    CHECK_EQUAL(__real_signals_next(&signals), 0);
    /* Each of them can be read, also the two that the C library keeps to itself. */
    for (int i = 1; i < NSIG; i++)
        if ((wanted & BIT(i)) != 0) {
            now += 10;
            CHECK(__real_syscall(SYS_kill, __real_getpid(), i, 0L, 0L) == 0);
            CHECK_EQUAL(__real_signals_next(&signals), i == SIGXFSZ ? 0 : i);
            CHECK_EQUAL(__real_signals_next(&signals), 0);
        }
    check_foreign(&signals, SIGXFSZ);
    CHECK_EQUAL(signals.first, SIGHUP);
    signals_close(&signals);
    CHECK_EQUAL(signals.fd, -1);
    CHECK_EQUAL(test_count_open(), before);
    signals_close(&signals);
    CHECK_EQUAL(mask_of_all(), wanted);
}

static void signals_cannot_be_taken(void)
{
    struct signals signals = SIGNALS_NONE;

    action_error = SIGCHLD;
    CHECK_EQUAL(signals_take(&signals), -EINVAL);
    action_error = SIGPIPE;
    CHECK_EQUAL(signals_take(&signals), -EINVAL);
    action_error = 0;
    mask_error = 1;
    CHECK_EQUAL(signals_take(&signals), -EFAULT);
    mask_error = 2;
    CHECK_EQUAL(signals_take(&signals), -EPERM);
    mask_error = 0;
    file_error = EMFILE;
    CHECK_EQUAL(signals_take(&signals), -EMFILE);
    CHECK_EQUAL(signals.fd, -1);
    CHECK_EQUAL(__real_signals_next(&signals), 0);
    CHECK_EQUAL(signals_first(&signals), 0);
}

/* One press of Ctrl-C may come several times. */
static void copies_are_dropped(void)
{
    struct signals signals = {.fd = 1000};

    now = 0.1;
    come(SIGCHLD, true);
    CHECK_EQUAL(__real_signals_next(&signals), SIGCHLD);
    CHECK_EQUAL(signals.first, 0);
    come(SIGINT, true);
    CHECK_EQUAL(__real_signals_next(&signals), SIGINT);
    now = 1;
    come(SIGTERM, false);
    come(SIGCHLD, true);
    come(SIGINT, true);
    CHECK_EQUAL(__real_signals_next(&signals), SIGCHLD);
    CHECK_EQUAL(__real_signals_next(&signals), SIGINT);
    now = 1.15;
    come(SIGINT, true);
    CHECK_EQUAL(__real_signals_next(&signals), 0);
    now = 2; /* as long as it may take */
    come(SIGTERM, false);
    CHECK_EQUAL(__real_signals_next(&signals), SIGTERM);
    now = 2.25;
    come(SIGHUP, false);
    come(SIGQUIT, true);
    come(SIGINT, true);
    CHECK_EQUAL(__real_signals_next(&signals), SIGQUIT);
    CHECK_EQUAL(signals_first(&signals), SIGINT);
    CHECK_EQUAL(count_read, 0);
    now = 9;
    come(SIGTERM, false);
    cut = 1;
    CHECK_EQUAL(__real_signals_next(&signals), 0);
    signals = (struct signals){.fd = 1000};
    cut = 0;
    come(SIGTERM, false);
    come(SIGINT, false);
    come(SIGCHLD, false);
    CHECK_EQUAL(signals_first(&signals), SIGTERM);
    CHECK_EQUAL(count_read, 0);
}

/* Ends a child by the signal NUMBER. Returns its status, as waitpid() has it. */
static int end_by(int number)
{
    struct signals signals = SIGNALS_NONE;
    int            status;
    pid_t          pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        test_alarm();
        (void) setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        CHECK(__real_signal(number, SIG_IGN) != SIG_ERR);
        CHECK_EQUAL(signals_take(&signals), 0);
        _exit(signals_end_by(number));
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void a_process_ends_by_a_signal(void)
{
    CHECK_EQUAL(WTERMSIG(end_by(SIGTERM)), SIGTERM);
    CHECK_EQUAL(WTERMSIG(end_by(SIGINT)), SIGINT);
    is_first = true;
    CHECK_EQUAL(WEXITSTATUS(end_by(SIGTERM)), 143);
    is_first = false;
    dump_error = -1;
    CHECK_EQUAL(WEXITSTATUS(end_by(SIGINT)), 130);
    dump_error = 0;
    kill_error = EPERM;
    CHECK_EQUAL(WEXITSTATUS(end_by(SIGHUP)), 129);
}

/* Threads */

static int came[4]; /* the next signals, up to a 0 */

int __wrap_signals_next(struct signals *signals);
int __wrap_signals_next(struct signals *signals)
{
    int number = came[0];

    CHECK_EQUAL(signals->fd, 1000);
    memmove(came, came + 1, 3 * sizeof(came[0]));
    return number;
}

/* Passes three signals on. */
static void pass(struct pass_signals *passed, struct pair *pair, int first, int second, int third)
{
    came[0] = first;
    came[1] = second;
    came[2] = third;
    pass_signals(passed, &pair->client, 7);
    CHECK_EQUAL(came[0], 0);
}

#define RAISE(id, exception)                                                                       \
    "{'jsonrpc':'2.0','id':" #id ",'method':'raise','params':{'thread':7,'exception':'" exception  \
    "'}}\n"

static void signals_are_passed_on(void)
{
    struct pair        *pair = open_pair();
    struct pass_signals passed = {.signals.fd = 1000};

    pass(&passed, pair, SIGCHLD, SIGCHLD, 0);
    check_requests(pair, "");
    CHECK(!passed.asked);
    pass(&passed, pair, SIGCHLD, SIGINT, 0);
    check_requests(pair, RAISE(1, "KeyboardInterrupt"));
    pass_signals_unread(&passed, &pair->client, 7);
    check_requests(pair, "");
    pass(&passed, pair, SIGINT, SIGCHLD, SIGTERM);
    check_requests(pair, RAISE(2, "SIGKILL") RAISE(3, "SIGKILL"));
    passed = (struct pass_signals){.signals.fd = 1000};
    pass(&passed, pair, SIGTERM, 0, 0);
    check_requests(pair, RAISE(4, "SystemExit"));
    /* The hang-up of a terminal comes with a signal. */
    passed = (struct pass_signals){.signals.fd = 1000};
    pass_signals_unread(&passed, &pair->client, 7);
    check_requests(pair, RAISE(5, "SystemExit"));
    pass_signals_unread(&passed, &pair->client, 7);
    pass(&passed, pair, SIGHUP, 0, 0);
    check_requests(pair, "");
    pass(&passed, pair, SIGHUP, 0, 0);
    check_requests(pair, RAISE(6, "SIGKILL"));
    close_pair(pair);
}

TEST_MAIN({"taken", signals_are_taken}, {"lacks", signals_cannot_be_taken},
          {"copies", copies_are_dropped}, {"end", a_process_ends_by_a_signal},
          {"passed", signals_are_passed_on})
