#include "cli/supervisor/tree.h"

#include "cli/supervisor/children.h"
#include "cli/supervisor/mark.h"
#include "cli/supervisor/sweep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int inherited_fd = -1; /* the main thread's children */

/* Held while a list of children is used, and while one is reaped: the numbers stay theirs. */
static pthread_mutex_t reaping = PTHREAD_MUTEX_INITIALIZER;

int tree_open(void)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    inherited_fd = children_open(getpid(), getpid());
    return inherited_fd < 0 ? inherited_fd : 0;
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

/* Reaps CHILD if it is dead. */
static bool is_alive(pid_t child)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t) child, &info, WEXITED | WNOHANG | __WALL) == 0 && info.si_pid == 0;
}

/*
 * One look. *RET_REAPED says whether it found somebody dead: if he died after the list was read,
 * what he leaves us is not in it. Caller holds reaping.
 */
static int look(uint64_t id, pid_t leader, struct tree_tops *ret, bool *ret_reaped)
{
    pid_t *pids;
    size_t count, kept = 0, dead = 0;
    int    error = children_read(inherited_fd, &pids, &count);

    if (error != 0)
        return error;
    for (size_t i = 0; i < count; i++)
        if (!is_alive(pids[i]))
            dead++;
        else if (mark_is(pids[i], id) || getsid(pids[i]) == leader)
            pids[kept++] = pids[i];
    *ret = (struct tree_tops){.pids = pids, .count = kept};
    *ret_reaped = dead > 0;
    return 0;
}

int tree_lock(uint64_t id, pid_t leader, struct tree_tops *ret)
{
    bool reaped = false;
    int  error;

    pthread_mutex_lock(&reaping);
    error = look(id, leader, ret, &reaped);
    while (error == 0 && ret->count == 0 && reaped) {
        free(ret->pids);
        error = look(id, leader, ret, &reaped);
    }
    if (error != 0)
        pthread_mutex_unlock(&reaping);
    return error;
}

void tree_unlock(struct tree_tops *tops)
{
    free(tops->pids);
    *tops = (struct tree_tops){0};
    pthread_mutex_unlock(&reaping);
}

size_t tree_end(void)
{
    return sweep(inherited_fd);
}
