#include "cli/process/leftovers.h"

#include "cli/base/array.h"
#include "cli/base/linux_calls.h"
#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/mark.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A waitid() without WEXITED counts living children only, and fails if there are none. So the command,
 * which is dead but not reaped, does not count. The look at the children comes first: the processes below a child
 * that dies are adopted before it counts as dead.
 */
bool leftovers_are_gone(void)
{
    return waitid(P_ALL, 0, NULL, WSTOPPED | WNOHANG | __WNOTHREAD | __WALL) < 0 &&
           adopted_is_empty();
}

static bool belongs(const struct member *member, uint64_t id, pid_t leader)
{
    return mark_is_of(member->id, id) || member->session == leader;
}

/* Makes room for one more process. Returns false without memory. */
static bool grow(struct leftovers *leftovers)
{
    pid_t         *pids = array_room(leftovers->pids, leftovers->count, sizeof(*pids));
    struct pollfd *ends = array_room(leftovers->ends, leftovers->count, sizeof(*ends));

    if (pids != NULL)
        leftovers->pids = pids;
    if (ends != NULL)
        leftovers->ends = ends;
    return pids != NULL && ends != NULL;
}

/* Adds PID, unless it is dead: a debugger can keep a dead process from being reaped. */
static int add(struct leftovers *leftovers, pid_t pid)
{
    struct pollfd end = {.fd = linux_pidfd_open(pid), .events = POLLIN};

    if (end.fd >= 0 && poll(&end, 1, 0) > 0) {
        close(end.fd);
        return 0;
    }
    if (!grow(leftovers)) {
        if (end.fd >= 0)
            close(end.fd);
        return -ENOMEM;
    }
    leftovers->pids[leftovers->count] = pid;
    leftovers->ends[leftovers->count++] = end;
    return 0;
}

/* Adds PID if it is alive and belongs to the thread. */
static int add_if_left(uint64_t id, pid_t leader, pid_t pid, struct leftovers *ret, bool *ret_dead)
{
    struct member member;

    if (!adopted_is_alive(pid)) {
        *ret_dead = true;
        return 0;
    }
    member = adopted_member(pid);
    return belongs(&member, id, leader) ? add(ret, pid) : 0;
}

/* Adds adopted processes. A process may have been reaped since the census, so each is checked again. */
static int add_adopted(uint64_t id, pid_t leader, const struct census *census,
                       struct leftovers *ret, bool *ret_dead)
{
    int error = 0;

    for (size_t i = 0; i < census->count && error == 0; i++)
        if (belongs(&census->members[i], id, leader))
            error = add_if_left(id, leader, census->members[i].pid, ret, ret_dead);
    return error;
}

/* Adds the processes that the command made as its siblings, which are the worker's children. */
static int add_siblings(uint64_t id, pid_t leader, struct leftovers *ret)
{
    pid_t *pids;
    size_t count;
    bool ignored; /* the children of a dead sibling are adopted already: no second look is needed */
    int  error = children_list(getpid(), gettid(), &pids, &count);

    if (error != 0)
        return error;
    for (size_t i = 0; i < count && error == 0; i++)
        if (pids[i] != leader)
            error = add_if_left(id, leader, pids[i], ret, &ignored);
    free(pids);
    return error;
}

/*
 * Looks once, and adds the leftovers to RET, which is empty. Sets *RET_AGAIN if an adopted process has died, because
 * the look may have missed its children. The children of a sibling that has died are seen: the siblings come
 * first, and the census begins later.
 */
static int look(uint64_t id, pid_t leader, struct leftovers *ret, bool *ret_again)
{
    const struct census *census;
    int                  error = add_siblings(id, leader, ret);

    *ret_again = false;
    if (error != 0 || adopted_is_empty())
        return error;
    census = adopted_look(adopted_last_begun(), &error);
    if (census == NULL)
        return error;
    *ret_again = census->found_dead;
    return add_adopted(id, leader, census, ret, ret_again);
}

int leftovers_find_and_lock(uint64_t id, pid_t leader, struct leftovers *ret)
{
    bool again;
    int  error;

    *ret = (struct leftovers){0};
    adopted_lock();
    do {
        error = look(id, leader, ret, &again);
    } while (error == 0 && ret->count == 0 && again);
    if (error != 0) {
        leftovers_release(ret);
        adopted_unlock();
    }
    return error;
}

void leftovers_unlock(void)
{
    adopted_unlock();
}

void leftovers_release(struct leftovers *leftovers)
{
    for (size_t i = 0; i < leftovers->count; i++)
        if (leftovers->ends[i].fd >= 0)
            close(leftovers->ends[i].fd);
    free(leftovers->pids);
    free(leftovers->ends);
    *leftovers = (struct leftovers){0};
}
