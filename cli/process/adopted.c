#include "cli/process/adopted.h"

#include "cli/base/clock.h"
#include "cli/process/account.h"
#include "cli/process/children.h"
#include "cli/process/children_end.h"
#include "cli/process/mark.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A thread that would wait fewer seconds than this before a census does not wait. */
#define SHORT_WAIT 0.0002

static int list_fd = -1; /* the main thread's children */

/* Held while a list of children is used, and while a child is reaped. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static atomic_uint_least64_t begun; /* the number of the last census that was begun */
static struct census         last;  /* under the lock */
static double next; /* the time of the next census: a pause is as long as the last census took */

int adopted_open(void)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    list_fd = children_open(getpid(), getpid());
    return list_fd < 0 ? list_fd : 0;
}

void adopted_lock(void)
{
    pthread_mutex_lock(&lock);
}

void adopted_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void adopted_reap(void)
{
    pthread_mutex_lock(&lock);
    children_reap();
    pthread_mutex_unlock(&lock);
}

bool adopted_is_empty(void)
{
    char c;

    return pread(list_fd, &c, 1, 0) == 0;
}

size_t adopted_end(size_t *ret_left)
{
    return children_end(list_fd, ret_left);
}

bool adopted_is_alive(pid_t child)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t) child, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
           info.si_pid == 0;
}

static bool find_mark(pid_t pid, void *ret_id)
{
    *(uint64_t *) ret_id = mark_read(pid);
    return *(uint64_t *) ret_id == 0;
}

/* Returns the id that the mark of CHILD names, else the id of the first mark found below CHILD; 0: there is none. */
static uint64_t owner_of(pid_t child)
{
    uint64_t id = mark_read(child);

    if (id == 0 && mark_resource() >= 0)
        children_walk(child, find_mark, &id);
    return id;
}

struct member adopted_member(pid_t pid)
{
    return (struct member){.pid = pid, .session = getsid(pid), .id = owner_of(pid)};
}

/* Looks at each adopted process, and reaps the dead. Returns 0 or -errno. Caller holds the lock. */
static int take_census(void)
{
    double         begin = clock_monotonic();
    uint64_t       number = atomic_fetch_add(&begun, 1) + 1;
    pid_t         *pids;
    size_t         count, kept = 0;
    struct member *members;
    int            error = children_read(list_fd, &pids, &count);

    if (error != 0)
        return error;
    members = malloc((count + 1) * sizeof(*members));
    if (members == NULL) {
        free(pids);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        if (adopted_is_alive(pids[i]))
            members[kept++] = adopted_member(pids[i]);
        else
            (void) account_reap_any(P_PID, (id_t) pids[i]);
    free(pids);
    free(last.members);
    last = (struct census){
        .members = members, .count = kept, .number = number, .found_dead = kept < count};
    next = 2 * clock_monotonic() - begin;
    return 0;
}

uint64_t adopted_last_begun(void)
{
    return atomic_load(&begun);
}

/* The first waiting thread that wakes takes the census for all; the others find it done. */
const struct census *adopted_look(uint64_t seen, int *ret_error)
{
    int error = 0;

    while (error == 0 && last.number <= seen) {
        double          left = next - clock_monotonic();
        struct timespec rest = {.tv_nsec = (long) (left * 1e9)};

        if (left < SHORT_WAIT) {
            error = take_census();
            continue;
        }
        if (left >= 1)
            rest = (struct timespec){.tv_sec = 1};
        pthread_mutex_unlock(&lock);
        nanosleep(&rest, NULL);
        pthread_mutex_lock(&lock);
    }
    if (error != 0)
        *ret_error = error;
    return error == 0 ? &last : NULL;
}
