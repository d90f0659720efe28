/*
 * Resource limits and niceness of processes: a command gets its caller's. The supervisor raises its
 * own limits as far as it may, so that it lives whatever limits it was started with.
 */
#ifndef K3THREAD_CLI_PROCESS_LIMITS_H
#define K3THREAD_CLI_PROCESS_LIMITS_H

#include "cli/base/limit_names.h"
#include "cli/base/text.h"

enum limit {
#define X(resource, name) LIMIT_##resource,
    LIMITS(X)
#undef X
        LIMITS_COUNT
};

/* The limits and the niceness of one process. */
struct limits {
    struct rlimit of[LIMITS_COUNT];
    int           nice;
};

/* A set of limits is a sum of the bits 1U << LIMIT_NAME and of this. */
#define LIMITS_NICENESS (1U << LIMITS_COUNT)

/*
 * Remembers what this process was started with, and raises its own limits. Once, by the supervisor.
 * Returns the seconds of processor time after which the kernel will kill it all the same;
 * RLIM_INFINITY: none.
 */
rlim_t limits_open(void);

/* Returns the limits that this process was started with. */
const struct limits *limits_started_with(void);

/* Returns the limit of that name, or -1 if there is none. */
int limits_find(const char *name);

/* Returns the name of a limit, or of the niceness for LIMITS_COUNT. */
const char *limits_name(int limit);

/*
 * Gives this process LIMITS: for the child, between fork and exec. A limit that is forbidden becomes
 * as near to them as it can be. Returns the bits of those.
 */
unsigned limits_apply(const struct limits *limits);

/*
 * Appends to WHY, as "; …", which limit of this process ERROR, a positive errno, comes of: the command
 * has other ones. Appends nothing if it comes of none, and no character that JSON escapes. Any thread.
 */
void limits_explain(struct text *why, int error);

#endif
