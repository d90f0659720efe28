#include "cli/base/refused_call.h"

#include "cli/base/linux_calls.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* System calls. With the arguments of is_refused() they fail, but by another error than a refusal. */
static const struct {
    const char *name;
    long        number;
} needed[] = {
    {"clone3", SYS_clone3},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"prlimit", SYS_prlimit64},
};

static bool is_refused(long number)
{
    return syscall(number, -1L, -1L, -1L, -1L) < 0 && (errno == ENOSYS || errno == EPERM);
}

/*
 * Tries a call instead of reading the kernel's version, because some emulators make up a version. Linux 5.4 is the
 * first that can wait for a pidfd.
 */
bool refused_call_kernel_is_old(struct text *why)
{
    struct utsname names = {0};

    if (syscall(SYS_waitid, LINUX_P_PIDFD, INT_MAX, NULL, WEXITED | WNOHANG, NULL) == 0 ||
        errno != EINVAL)
        return false;
    (void) uname(&names);
    text_printf(why, "k3thread needs Linux 5.4 or later, and this is Linux %s", names.release);
    return true;
}

void refused_call_explain(struct text *why, int error)
{
    struct utsname names;

    if (error != -EPERM && error != -ENOSYS)
        return;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!is_refused(needed[i].number))
            continue;
        text_printf(why, "; %s(2) is refused here", needed[i].name);
        if (uname(&names) == 0)
            text_printf(why, ", by Linux %s or a filter of this container", names.release);
        return;
    }
}
