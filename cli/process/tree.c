#include "cli/process/tree.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/mark.h"
#include "cli/process/sweep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A census that has to wait less than this for its turn is taken at once. */
#define SHORT 0.0002

static int inherited_fd = -1; /* the main thread's children */

/* Held while a list of children is used, and while one is reaped: the numbers stay theirs. */
static pthread_mutex_t reaping = PTHREAD_MUTEX_INITIALIZER;

/* One child that the main thread inherited, as the last census saw it. */
struct member {
    pid_t    pid, session;
    uint64_t id; /* of the thread by its mark; 0: nobody's */
};

/* The last census. All but `begun` under the lock. */
static struct {
    struct member        *members;
    size_t                count;
    atomic_uint_least64_t begun;    /* the number of the last one that was begun */
    uint64_t              finished; /* the number of this one */
    bool                  quiet; /* nobody was found dead, whose children may have come too late */
    double                next;  /* when another may be taken: they rest as long as they work */
} census;

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

/* A wait for stops alone knows no child that is dead: a command that is not reaped is none. */
bool tree_is_gone(void)
{
    siginfo_t info = {0};

    return tree_is_empty() &&
           waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WNOTHREAD | __WALL) < 0;
}

/* Returns whether CHILD is a child of ours that lives. OPTIONS may be WNOWAIT: no reaping then. */
static bool is_alive(pid_t child, int options)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t) child, &info, WEXITED | WNOHANG | __WALL | options) == 0 &&
           info.si_pid == 0;
}

static bool find_mark(pid_t pid, void *ret_id)
{
    *(uint64_t *) ret_id = mark_read(pid);
    return *(uint64_t *) ret_id == 0;
}

/* Returns the id of the thread by the mark of CHILD, or the first one that is found below; or 0. */
static uint64_t owner_of(pid_t child)
{
    uint64_t id = mark_read(child);

    if (id == 0 && mark_resource() >= 0)
        children_walk(child, find_mark, &id);
    return id;
}

static bool belongs(const struct member *member, uint64_t id, pid_t leader)
{
    return mark_is_of(member->id, id) || member->session == leader;
}

static struct member look_at(pid_t pid)
{
    return (struct member){.pid = pid, .session = getsid(pid), .id = owner_of(pid)};
}

/* Looks at each child that the main thread has inherited, and reaps the dead. Caller holds reaping. */
static int take_census(void)
{
    double         begin = clock_monotonic();
    uint64_t       number = atomic_fetch_add(&census.begun, 1) + 1;
    pid_t         *pids;
    size_t         count, kept = 0;
    struct member *members;
    int            error = children_read(inherited_fd, &pids, &count);

    if (error != 0)
        return error;
    members = malloc((count + 1) * sizeof(*members));
    if (members == NULL) {
        free(pids);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        if (is_alive(pids[i], 0))
            members[kept++] = look_at(pids[i]);
    free(pids);
    free(census.members);
    census.members = members;
    census.count = kept;
    census.finished = number;
    census.quiet = kept == count;
    census.next = 2 * clock_monotonic() - begin;
    return 0;
}

/*
 * Makes sure of a census that was begun after the one with the number SEEN. Whoever comes first in
 * its turn takes it; the others find that it is done. Caller holds reaping, which is let go
 * meanwhile.
 */
static int be_counted(uint64_t seen)
{
    int error = 0;

    while (error == 0 && census.finished <= seen) {
        double          left = census.next - clock_monotonic();
        struct timespec rest = {.tv_nsec = (long) (left * 1e9)};

        if (left < SHORT) {
            error = take_census();
            continue;
        }
        if (left >= 1)
            rest = (struct timespec){.tv_sec = 1};
        pthread_mutex_unlock(&reaping);
        nanosleep(&rest, NULL);
        pthread_mutex_lock(&reaping);
    }
    return error;
}

/* Makes room for one more. Returns false without memory. */
static bool grow(struct tree_tops *tops)
{
    size_t         capacity = tops->count == 0 ? 1 : 2 * tops->count;
    pid_t         *pids;
    struct pollfd *ends;

    if ((tops->count & (tops->count - 1)) != 0)
        return true; /* there is room up to the next power of two */
    pids = realloc(tops->pids, capacity * sizeof(*pids));
    if (pids != NULL)
        tops->pids = pids;
    ends = realloc(tops->ends, capacity * sizeof(*ends));
    if (ends != NULL)
        tops->ends = ends;
    return pids != NULL && ends != NULL;
}

/* Adds PID. One that is dead, and is kept from being reaped by a debugger, is none of the living. */
static int add_top(struct tree_tops *tops, pid_t pid)
{
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};

    if (end.fd >= 0 && poll(&end, 1, 0) > 0) {
        close(end.fd);
        return 0;
    }
    if (!grow(tops)) {
        if (end.fd >= 0)
            close(end.fd);
        return -ENOMEM;
    }
    end.revents = 0;
    tops->pids[tops->count] = pid;
    tops->ends[tops->count++] = end;
    return 0;
}

/* A census may be older than the last reaping: each that it names is looked at once more. */
static int add_inherited(uint64_t id, pid_t leader, struct tree_tops *tops, bool *ret_dead)
{
    int error = 0;

    for (size_t i = 0; i < census.count && error == 0; i++) {
        struct member member = census.members[i];

        if (!belongs(&member, id, leader))
            continue;
        if (!is_alive(member.pid, WNOWAIT)) {
            *ret_dead = true;
            continue;
        }
        member = look_at(member.pid);
        if (belongs(&member, id, leader))
            error = add_top(tops, member.pid);
    }
    return error;
}

/* Those that the command made its siblings. */
static int add_own(uint64_t id, pid_t leader, struct tree_tops *tops)
{
    pid_t *pids;
    size_t count;
    int    fd = children_open(getpid(), gettid());
    int    error = fd < 0 ? fd : children_read(fd, &pids, &count);

    if (fd >= 0)
        close(fd);
    if (error != 0)
        return error;
    for (size_t i = 0; i < count && error == 0; i++) {
        struct member member = {.pid = pids[i]};

        if (pids[i] == leader || !is_alive(pids[i], WNOWAIT))
            continue;
        member = look_at(pids[i]);
        if (belongs(&member, id, leader))
            error = add_top(tops, pids[i]);
    }
    free(pids);
    return error;
}

/* One look; *RET_AGAIN says that somebody has died whose children it may have missed. */
static int look(uint64_t id, pid_t leader, uint64_t seen, struct tree_tops *ret, bool *ret_again)
{
    int error = 0;

    *ret = (struct tree_tops){0};
    *ret_again = false;
    if (!tree_is_empty()) {
        error = be_counted(seen);
        *ret_again = !census.quiet;
        if (error == 0)
            error = add_inherited(id, leader, ret, ret_again);
    }
    if (error == 0)
        error = add_own(id, leader, ret);
    if (error != 0)
        tree_release(ret);
    return error;
}

int tree_lock(uint64_t id, pid_t leader, struct tree_tops *ret)
{
    uint64_t seen = atomic_load(&census.begun);
    bool     again;
    int      error;

    pthread_mutex_lock(&reaping);
    error = look(id, leader, seen, ret, &again);
    while (error == 0 && ret->count == 0 && again) {
        tree_release(ret);
        error = look(id, leader, census.finished, ret, &again);
    }
    if (error != 0)
        pthread_mutex_unlock(&reaping);
    return error;
}

void tree_unlock(void)
{
    pthread_mutex_unlock(&reaping);
}

void tree_release(struct tree_tops *tops)
{
    for (size_t i = 0; i < tops->count; i++)
        if (tops->ends[i].fd >= 0)
            close(tops->ends[i].fd);
    free(tops->pids);
    free(tops->ends);
    *tops = (struct tree_tops){0};
}

size_t tree_end(size_t *ret_left)
{
    return sweep(inherited_fd, ret_left);
}
