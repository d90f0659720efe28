#include "cli/commands/signals.h"

#include "cli/base/clock.h"
#include "cli/base/signal_reset.h"
#include "cli/base/status.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The seconds after a signal in which a further signal counts as its copy. A person cannot press Ctrl-C on
 * a terminal faster than that, and a wrapper process passes a signal on within a second.
 */
#define COPY_OF_TERMINAL 0.2
#define COPY_OF_PROCESS  1.0

/* Returns true if SIGNAL does not end a process by default. Such a signal is left as it is. */
static bool is_harmless(int signal)
{
    switch (signal) {
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
        return true;
    default:
        return false;
    }
}

static bool stays_ignored(int signal)
{
    struct sigaction action;

    if (signal == SIGINT || signal == SIGQUIT || signal == SIGTERM || signal == SIGCHLD)
        return false;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static uint64_t bit_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* Changes the mask by a system call, because the C library's sigprocmask() ignores two signals. */
static int change_mask(int how, uint64_t set)
{
    return syscall(SYS_rt_sigprocmask, how, &set, NULL, sizeof(set)) < 0 ? -errno : 0;
}

int signals_take(struct signals *signals)
{
    uint64_t bits = ~UINT64_C(0);
    sigset_t set;
    int      error;

    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        sigprocmask(SIG_BLOCK, NULL, &signals->before) < 0)
        return -errno;
    for (int number = 1; number < NSIG; number++)
        if (is_harmless(number) || stays_ignored(number))
            bits &= ~bit_of(number);
    error = change_mask(SIG_BLOCK, bits);
    if (error != 0)
        return error;
    memset(&set, 0, sizeof(set));
    memcpy(&set, &bits, sizeof(bits));
    signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals->fd < 0 ? -errno : 0;
}

/* Returns true if the signal is a copy. A signal from the terminal is sent by the kernel. */
static bool is_copy(const struct signals *signals, const struct signalfd_siginfo *info)
{
    double shortest = info->ssi_code == SI_KERNEL ? COPY_OF_TERMINAL : COPY_OF_PROCESS;

    return signals->first != 0 && clock_monotonic() - signals->last < shortest;
}

/* Returns true if a write of this process, which failed, has sent the signal: the file may not grow any more. */
static bool is_of_write(const struct signalfd_siginfo *info)
{
    return info->ssi_signo == SIGXFSZ && info->ssi_pid == (uint32_t) getpid();
}

int signals_next(struct signals *signals)
{
    struct signalfd_siginfo info;

    while (signals->fd >= 0 && read(signals->fd, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            return SIGCHLD;
        if (is_of_write(&info) || is_copy(signals, &info))
            continue;
        if (signals->first == 0)
            signals->first = (int) info.ssi_signo;
        signals->last = clock_monotonic();
        return (int) info.ssi_signo;
    }
    return 0;
}

int signals_first(struct signals *signals)
{
    while (signals_next(signals) != 0)
        continue;
    return signals->first;
}

void signals_close(struct signals *signals)
{
    if (signals->fd >= 0)
        close(signals->fd);
    signals->fd = -1;
}

int signals_end_by(int number)
{
    signal_reset(number);
    if (getpid() != 1 && prctl(PR_SET_DUMPABLE, 0) == 0 && kill(getpid(), number) == 0)
        (void) change_mask(SIG_UNBLOCK, bit_of(number));
    return STATUS_SIGNAL_BASE + number;
}
