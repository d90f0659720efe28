#include "cli/place/journal.h"

#include "cli/base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The next supervisor empties a journal that is longer than this. */
#define JOURNAL_MAX (1024 * 1024)

static int   journal_fd = -1;
static char *journal_path;

/* Opens the file at PATH, which must be the user's own. Returns a descriptor or -errno. */
static int open_file(const char *path)
{
    struct stat info;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid()) {
        close(fd);
        return -EPERM;
    }
    if (info.st_size > JOURNAL_MAX && ftruncate(fd, 0) < 0) {
        int error = -errno;

        close(fd);
        return error;
    }
    return fd;
}

int journal_open(const char *path)
{
    int fd = open_file(path);

    if (fd < 0)
        return fd;
    journal_path = strdup(path); /* NULL: a journal that is removed is not made again */
    journal_fd = fd;
    return 0;
}

void journal_restore(void)
{
    struct stat info;
    char       *path;
    int         fd, error;

    if (journal_path == NULL || fstat(journal_fd, &info) < 0 || info.st_nlink > 0)
        return;
    path = strdup(journal_path);
    error = path != NULL ? directory_make_parents(path) : -ENOMEM;
    fd = error == 0 ? open_file(path) : error;
    free(path);
    if (fd < 0)
        return;
    (void) dup3(fd, journal_fd, O_CLOEXEC); /* other threads write to this descriptor */
    close(fd);
}

void journal_write(const char *format, ...)
{
    char      line[512];
    time_t    now = time(NULL);
    struct tm parts;
    size_t    length;
    va_list   arguments;

    if (journal_fd < 0 || gmtime_r(&now, &parts) == NULL)
        return;
    length = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &parts);
    length += (size_t) snprintf(line + length, sizeof(line) - length, "[%d] ", (int) getpid());
    va_start(arguments, format);
    length += (size_t) vsnprintf(line + length, sizeof(line) - length, format, arguments);
    va_end(arguments);
    if (length > sizeof(line) - 2)
        length = sizeof(line) - 2;
    line[length++] = '\n';
    if (write(journal_fd, line, length) < 0)
        return; /* there is no other place for a message */
}
