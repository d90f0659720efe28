#include "cli/top/top_signals.h"

#include "cli/base/signal_set.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

int top_signals_open(sigset_t *ret_before)
{
    const sigset_t set = SIGNAL_SET(SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH);
    int            fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    (void) sigprocmask(SIG_BLOCK, &set, ret_before);
    return fd;
}

/* Gives the terminal back, stops this process, as Ctrl-Z asks, and takes the terminal again afterwards. */
static void stop(struct state *state)
{
    const sigset_t set = SIGNAL_SET(SIGTSTP);

    display_leave(&state->display);
    (void) raise(SIGTSTP);
    (void) sigprocmask(SIG_UNBLOCK, &set, NULL); /* it stops here */
    (void) sigprocmask(SIG_BLOCK, &set, NULL);
    display_enter(&state->display);
}

void top_signals_read(struct state *state, int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
        state->must_draw = true;
        switch (info.ssi_signo) {
        case SIGTSTP:
            stop(state);
            break;
        case SIGCONT: /* another program may have used the terminal */
            display_enter(&state->display);
            break;
        case SIGWINCH:
            display_resize(&state->display);
            break;
        default:
            state->signal = (int) info.ssi_signo;
            state->is_over = true;
            return;
        }
    }
}

void top_signals_close(int fd, const sigset_t *before)
{
    close(fd);
    (void) sigprocmask(SIG_SETMASK, before, NULL);
}
