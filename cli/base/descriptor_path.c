#include "cli/base/descriptor_path.h"

#include "cli/base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool descriptor_path_is(const char *path)
{
    static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr",
                                        "/dev/fd/",   "/proc/self/", "/proc/thread-self/"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(path, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;

    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

char *descriptor_path_file(const char *path)
{
    char *real = realpath(path, NULL);

    if (real != NULL && is_same_file(real, path))
        return real;
    free(real);
    return NULL;
}

int descriptor_path_number(const char *path)
{
    static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/",
                                              "/proc/thread-self/fd/"};

    if (strcmp(path, "/dev/stdin") == 0)
        return STDIN_FILENO;
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        const char *number = path + strlen(directories[i]);
        uint64_t    fd;

        if (strncmp(path, directories[i], strlen(directories[i])) != 0)
            continue;
        return number_parse(number, 0, INT_MAX, &fd) ? (int) fd : -1;
    }
    return -1;
}

int descriptor_append(int fd)
{
    struct stat info;
    int         flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &info) < 0)
        return -errno;
    if ((flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    if (!S_ISREG(info.st_mode) || (flags & O_APPEND) != 0)
        return 0;
    return fcntl(fd, F_SETFL, flags | O_APPEND) < 0 ? -errno : 0;
}

int descriptor_path_append(const char *path)
{
    int fd = descriptor_path_number(path);

    return fd >= 0 ? descriptor_append(fd) : 0;
}
