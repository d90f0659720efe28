#include "cli/process/limits.h"

#include "cli/base/libc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const struct {
    limit_resource resource;
    const char    *name;
} table[] = {
#define X(resource, name) {RLIMIT_##resource, name},
    LIMITS(X)
#undef X
};

static struct limits started; /* the limits that this process was started with */
static struct limits own;     /* the limits that this process has now */

/* The default of the kernel's own limit, fs.nr_open, which no RLIMIT_NOFILE may exceed. */
#define NOFILE_MOST ((rlim_t) 1 << 20)

/* Returns true if LIMIT can make a supervisor fail. The size of a core file, for example, cannot. */
static bool can_hurt(enum limit limit)
{
    switch (limit) {
    case LIMIT_CPU:
    case LIMIT_FSIZE:
    case LIMIT_DATA:
    case LIMIT_STACK:
    case LIMIT_NPROC:
    case LIMIT_NOFILE:
    case LIMIT_AS:
    case LIMIT_SIGPENDING:
        return true;
    default:
        return false;
    }
}

/* Raises LIMIT. Without privilege only the soft limit can be raised, up to the hard limit. */
static void raise_limit(enum limit limit)
{
    rlim_t        most = limit == LIMIT_NOFILE ? NOFILE_MOST : RLIM_INFINITY;
    struct rlimit raised = own.of[limit];

    if (raised.rlim_cur == raised.rlim_max && raised.rlim_max >= most)
        return;
    if (raised.rlim_max < most)
        raised.rlim_max = most;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(table[limit].resource, &raised) < 0) {
        raised.rlim_cur = raised.rlim_max = own.of[limit].rlim_max;
        if (setrlimit(table[limit].resource, &raised) < 0)
            return;
    }
    own.of[limit] = raised;
}

rlim_t limits_open(void)
{
    for (int i = 0; i < LIMITS_COUNT; i++)
        (void) getrlimit(table[i].resource, &started.of[i]);
    started.nice = getpriority(PRIO_PROCESS, 0);
    started.scheduling = scheduling_read(0);
    own = started;
    for (int i = 0; i < LIMITS_COUNT; i++)
        if (can_hurt((enum limit) i))
            raise_limit((enum limit) i);
    return own.of[LIMIT_CPU].rlim_max;
}

const struct limits *limits_started_with(void)
{
    return &started;
}

int limits_find(const char *name)
{
    for (int i = 0; i < LIMITS_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

const char *limits_name(int limit)
{
    if (limit < LIMITS_COUNT)
        return table[limit].name;
    return limit == LIMITS_COUNT ? "niceness" : "policy";
}

/* Sets LIMIT to WANTED. If the hard limit of this process forbids that, sets the nearest limit, and returns false. */
static bool apply(enum limit limit, const struct rlimit *wanted)
{
    const struct rlimit *ours = &own.of[limit];
    struct rlimit        nearest = *ours;

    if ((wanted->rlim_cur == ours->rlim_cur && wanted->rlim_max == ours->rlim_max) ||
        setrlimit(table[limit].resource, wanted) == 0)
        return true;
    nearest.rlim_cur = wanted->rlim_cur < ours->rlim_max ? wanted->rlim_cur : ours->rlim_max;
    (void) setrlimit(table[limit].resource, &nearest);
    return false;
}

unsigned limits_apply(const struct limits *limits)
{
    unsigned missed = 0;

    for (int i = 0; i < LIMITS_COUNT; i++)
        if (!apply((enum limit) i, &limits->of[i]))
            missed |= 1U << i;
    if (limits->nice != own.nice && setpriority(PRIO_PROCESS, 0, limits->nice) < 0)
        missed |= LIMITS_NICENESS;
    if (!scheduling_apply(&own.scheduling, &limits->scheduling))
        missed |= LIMITS_POLICY;
    return missed;
}

void limits_explain(struct text *why, int error)
{
    bool          files = error == EMFILE;
    bool          tasks = error == EAGAIN && getuid() != 0; /* root's processes do not count */
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};

    if (files || tasks)
        (void) getrlimit(files ? RLIMIT_NOFILE : RLIMIT_NPROC, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        return;
    text_printf(why,
                "; the supervisor's own limit is %llu %s: shut it down and start it again "
                "under a higher 'ulimit -%c'",
                (unsigned long long) limit.rlim_cur,
                files ? "open files" : "processes and threads of its user", files ? 'n' : 'u');
}
