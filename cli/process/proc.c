#include "cli/process/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    char    path[64];
    ssize_t n;
    int     fd, error;

    (void) snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    n = read(fd, page, size - 1);
    error = -errno;
    close(fd);
    page[n > 0 ? n : 0] = '\0';
    return n < 0 ? error : n;
}
