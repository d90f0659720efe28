#include "cli/worker/logs.h"

#include "cli/base/array.h"
#include "cli/base/directory.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The number of earlier runs whose logs are kept. */
#define LOGS_KEPT 3

static const char *run_directory; /* of this supervisor's run */

/* Opens LOGS, if this user owns it and no other user has access. Returns a descriptor or -errno. */
static int open_directory(const char *logs)
{
    struct stat info;
    int         fd;

    fd = open(logs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR ? -EPERM : -errno;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 077) == 0)
        return fd;
    close(fd);
    return -EPERM;
}

/* Removes RUN, with the logs in it, the times of their lines and the marks of runs. Other files stay. */
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
        else if (strstr(entry->d_name, ".log") != NULL ||
                 strstr(entry->d_name, RUN_MARKS_SUFFIX) != NULL)
            unlinkat(fd, entry->d_name, 0);
    closedir(directory);
    unlinkat(logs, run, AT_REMOVEDIR);
}

/* Returns the number that a run's name begins with; 0: none. */
static unsigned long number_of(const char *run)
{
    return strtoul(run, NULL, 10);
}

static int by_number(const void *a, const void *b)
{
    const char *const *first = a, *const *second = b;
    unsigned long      one = number_of(*first), other = number_of(*second);

    return one != other ? (one > other) - (one < other) : strcmp(*first, *second);
}

/* The names of runs. */
struct runs {
    char **names;
    size_t count;
};

static void add_run(struct runs *runs, const char *name)
{
    char **names = array_room(runs->names, runs->count, sizeof(*names));
    char  *copy = strdup(name);

    if (names != NULL)
        runs->names = names;
    if (names != NULL && copy != NULL)
        names[runs->count++] = copy;
    else
        free(copy);
}

/* Returns the runs in the directory LOGS, the oldest first. */
static struct runs find_runs(int logs)
{
    int            fd = openat(logs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR           *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct runs    runs = {0};
    struct dirent *entry;

    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return runs;
    }
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            add_run(&runs, entry->d_name);
    closedir(directory);
    if (runs.count > 0)
        qsort(runs.names, runs.count, sizeof(*runs.names), by_number);
    return runs;
}

/*
 * Removes all runs but the newest LOGS_KEPT; the run of this supervisor is not made yet. The runs are
 * numbered because a clock can be set back. Returns the number of the newest run.
 */
static unsigned long remove_old_runs(int logs)
{
    struct runs   runs = find_runs(logs);
    unsigned long newest = runs.count > 0 ? number_of(runs.names[runs.count - 1]) : 0;

    for (size_t i = 0; i < runs.count; i++) {
        if (i + LOGS_KEPT < runs.count)
            remove_run(logs, runs.names[i]);
        free(runs.names[i]);
    }
    free(runs.names);
    return newest;
}

/*
 * Makes LOGS or, if it exists, checks that it is safe to use and removes old runs, and sets *RET_NEWEST to the number
 * of the newest.
 */
static int prepare(const char *logs, unsigned long *ret_newest)
{
    int error = directory_make(logs);
    int fd;

    if (error != -EEXIST)
        return error;
    fd = open_directory(logs);
    if (fd < 0)
        return fd;
    *ret_newest = remove_old_runs(fd);
    close(fd);
    return 0;
}

const char *logs_directory(void)
{
    return run_directory;
}

int logs_open(const char *logs)
{
    struct timespec now;
    struct tm       parts;
    char            date[32];
    char           *run;
    unsigned long   newest = 0;
    int             error = prepare(logs, &newest);

    if (error != 0)
        return error;
    if (clock_gettime(CLOCK_REALTIME, &now) < 0 || gmtime_r(&now.tv_sec, &parts) == NULL)
        return -EOVERFLOW;
    strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", &parts);
    if (asprintf(&run, "%s/%lu-%s-%d", logs, newest + 1, date, (int) getpid()) < 0)
        return -ENOMEM;
    error = directory_make(run);
    if (error == 0)
        run_directory = run;
    else
        free(run);
    return error;
}

char *logs_run_marks(uint64_t id)
{
    char *path;

    if (asprintf(&path, "%s/%" PRIu64 RUN_MARKS_SUFFIX, run_directory, id) < 0)
        return NULL;
    return path;
}

int logs_restore(void)
{
    const char *slash = strrchr(run_directory, '/');
    char       *logs = strndup(run_directory, (size_t) (slash - run_directory));
    int         error = logs != NULL ? directory_make_all(logs) : -ENOMEM;
    int         fd = error == 0 ? open_directory(logs) : error;

    free(logs);
    if (fd < 0)
        return fd;
    close(fd);
    return directory_make(run_directory);
}
