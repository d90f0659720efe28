#include "cli/remote/own_proc.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Returns true if /proc knows this process by its own id. */
static bool is_own(void)
{
    char    word[32];
    ssize_t size = readlink("/proc/self", word, sizeof(word) - 1);

    if (size < 0)
        return false;
    word[size] = '\0';
    return strtol(word, NULL, 10) == getpid();
}

/*
 * Mounts a /proc that only this process and its children see. They still see later mounts of the machine. Returns 0 or
 * -errno.
 */
static int mount_own(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return -errno;
    return is_own() ? 0 : -ESRCH;
}

int own_proc_ensure(struct text *why)
{
    int error = is_own() ? 0 : mount_own();

    if (error != 0)
        text_printf(
            why,
            "/proc is not that of this process namespace, and cannot be mounted: %s (unshare "
            "has --mount-proc)",
            strerror(-error));
    return error;
}
