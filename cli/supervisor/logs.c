#include "cli/supervisor/logs.h"

#include "cli/times.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Opens LOGS, if it is nobody else's. */
static int open_directory(const char *logs)
{
    struct stat info;
    int         fd;

    fd = open(logs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 077) == 0)
        return fd;
    close(fd);
    return -EPERM;
}

/* Removes the logs in RUN with the times of their lines, and RUN. Nothing else was put there; if it was, it stays. */
static void remove_run(int logs, const char *run)
{
    int            fd = openat(logs, run, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR           *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(directory)) != NULL)
        if (strcmp(entry->d_name, TIMES_DIRECTORY) == 0)
            remove_run(fd, entry->d_name);
        else if (strstr(entry->d_name, ".log") != NULL)
            unlinkat(fd, entry->d_name, 0);
    closedir(directory);
    unlinkat(logs, run, AT_REMOVEDIR);
}

static int is_run(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Their names begin with their dates, so the oldest come first. */
static void remove_old_runs(int logs)
{
    struct dirent **runs;
    int             count = scandirat(logs, ".", &runs, is_run, alphasort);

    for (int i = 0; i < count; i++) {
        if (i < count - LOGS_KEPT)
            remove_run(logs, runs[i]->d_name);
        free(runs[i]);
    }
    if (count >= 0)
        free(runs);
}

/* Makes LOGS; if it was there, it must be safe to use and is cleared up. */
static int prepare(const char *logs)
{
    int fd;

    if (mkdir(logs, 0700) == 0)
        return 0;
    fd = errno == EEXIST ? open_directory(logs) : -errno;
    if (fd < 0)
        return fd;
    remove_old_runs(fd);
    close(fd);
    return 0;
}

int logs_open(const char *logs, char **ret)
{
    struct timespec now;
    struct tm       parts;
    char            date[32];
    char           *run;
    int             error = prepare(logs);

    if (error != 0)
        return error;
    if (clock_gettime(CLOCK_REALTIME, &now) < 0 || gmtime_r(&now.tv_sec, &parts) == NULL)
        return -EOVERFLOW;
    /* To the microsecond: several within a second are in their order too. */
    strftime(date, sizeof(date), "%Y%m%dT%H%M%S", &parts);
    if (asprintf(&run, "%s/%s.%06ldZ-%d", logs, date, now.tv_nsec / 1000, (int) getpid()) < 0)
        return -ENOMEM;
    if (mkdir(run, 0700) < 0) {
        error = -errno;
        free(run);
        return error;
    }
    *ret = run;
    return 0;
}
