#include "cli/base/file_end.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

size_t file_end_read(const char *path, char *ret, size_t size)
{
    int         fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    ssize_t     n = 0;

    if (fd < 0)
        return 0;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        n = pread(fd, ret, size, info.st_size > (off_t) size ? info.st_size - (off_t) size : 0);
    close(fd);
    return n > 0 ? (size_t) n : 0;
}
