#include "cli/process/handle.h"

#include "cli/base/linux_calls.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static bool is_refusal(int error)
{
    return error == ENOSYS || error == EPERM;
}

bool handle_open(pid_t pid, struct handle *ret)
{
    *ret = (struct handle){.pid = pid, .fd = linux_pidfd_open(pid)};
    return ret->fd >= 0 || is_refusal(errno);
}

/* EPERM can also mean that the process has become another user's: then kill() fails too. */
void handle_signal(const struct handle *handle, int signal)
{
    if (handle->fd < 0 || (linux_pidfd_send_signal(handle->fd, signal) < 0 && is_refusal(errno)))
        kill(handle->pid, signal);
}

void handle_close(const struct handle *handle)
{
    if (handle->fd >= 0)
        close(handle->fd);
}
