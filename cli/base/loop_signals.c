#include "cli/base/loop_signals.h"

#include "cli/base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static struct source source;
static void (*take_signal)(int signal);

static void signals_ready(struct source *ready, uint32_t events)
{
    struct signalfd_siginfo info;

    (void) events;
    while (read(ready->fd, &info, sizeof(info)) == (ssize_t) sizeof(info))
        take_signal((int) info.ssi_signo);
}

int loop_take_signals(int how, const sigset_t *set, void (*take)(int signal))
{
    int error = pthread_sigmask(how, set, NULL);
    int fd;

    if (error != 0)
        return -error;
    fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    take_signal = take;
    source = (struct source){.fd = fd, .ready = signals_ready};
    return loop_add(&source, EPOLLIN);
}
