#include "cli/supervisor/tree.h"

#include "cli/supervisor/children.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far from any limit that somebody could have set, and as good as none to whoever looks. */
#define MARK_BASE ((rlim_t) 1 << 60)

static int inherited_fd = -1; /* the main thread's children */
static int mark_resource = -1;

/* Held while a list of children is used, and while one is reaped: the numbers stay theirs. */
static pthread_mutex_t reaping = PTHREAD_MUTEX_INITIALIZER;

/* A supervisor that runs within another's thread must leave that one's mark alone. */
static int choose_resource(void)
{
    static const int unused_by_linux[] = {RLIMIT_LOCKS, RLIMIT_RSS};

    for (size_t i = 0; i < 2; i++) {
        struct rlimit limit;

        if (getrlimit((__rlimit_resource_t) unused_by_linux[i], &limit) == 0 &&
            limit.rlim_cur == RLIM_INFINITY && limit.rlim_max == RLIM_INFINITY)
            return unused_by_linux[i];
    }
    return -1;
}

int tree_open(void)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    inherited_fd = children_open(getpid(), getpid());
    if (inherited_fd < 0)
        return inherited_fd;
    mark_resource = choose_resource();
    return 0;
}

int tree_mark_resource(void)
{
    return mark_resource;
}

rlim_t tree_mark(uint64_t id)
{
    return MARK_BASE + id;
}

void tree_reap(void)
{
    siginfo_t info;

    pthread_mutex_lock(&reaping);
    do
        info.si_pid = 0;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD | __WALL) == 0 &&
           info.si_pid != 0);
    pthread_mutex_unlock(&reaping);
}

bool tree_is_empty(void)
{
    char c;

    return pread(inherited_fd, &c, 1, 0) == 0;
}

/* The words of the line of /proc/PID/limits that belongs to the mark. */
static const char *limits_row(void)
{
    return mark_resource == RLIMIT_LOCKS ? "Max file locks" : "Max resident set";
}

/* For a process of another user, whose limits prlimit() keeps back: its page in /proc. */
static bool read_mark(pid_t pid, rlim_t *ret)
{
    char               path[64], line[256];
    unsigned long long value;
    bool               found = false;
    FILE              *file;

    snprintf(path, sizeof(path), "/proc/%d/limits", (int) pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, limits_row(), strlen(limits_row())) == 0)
            found = sscanf(line + strlen(limits_row()), "%llu", &value) == 1;
    fclose(file);
    if (found)
        *ret = value;
    return found;
}

static bool has_mark(pid_t pid, rlim_t mark)
{
    struct rlimit limit;
    rlim_t        found;

    if (mark_resource < 0)
        return false;
    if (prlimit(pid, (__rlimit_resource_t) mark_resource, NULL, &limit) == 0)
        return limit.rlim_max == mark;
    return errno == EPERM && read_mark(pid, &found) && found == mark;
}

/* Reaps CHILD if it is dead. */
static bool is_alive(pid_t child)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t) child, &info, WEXITED | WNOHANG | __WALL) == 0 && info.si_pid == 0;
}

int tree_lock(uint64_t id, pid_t leader, struct tree_tops *ret)
{
    pid_t *pids = NULL;
    size_t count = 0, kept = 0;
    int    error;

    pthread_mutex_lock(&reaping);
    error = children_read(inherited_fd, &pids, &count);
    if (error != 0) {
        pthread_mutex_unlock(&reaping);
        return error;
    }
    for (size_t i = 0; i < count; i++)
        if (is_alive(pids[i]) && (has_mark(pids[i], tree_mark(id)) || getsid(pids[i]) == leader))
            pids[kept++] = pids[i];
    *ret = (struct tree_tops){.pids = pids, .count = kept};
    return 0;
}

void tree_unlock(struct tree_tops *tops)
{
    free(tops->pids);
    *tops = (struct tree_tops){0};
    pthread_mutex_unlock(&reaping);
}

void tree_signal(pid_t top, int signal)
{
    pid_t group = getpgid(top);

    /* A group lies within one session, and the session within one tree: all of it is ours. */
    if (group > 1 && group != getpgrp())
        kill(-group, signal);
    kill(top, signal);
}
