/*
 * Reads and sets resource limits, niceness and scheduling. A command gets those of the client that started its thread.
 * The supervisor raises its own limits as far as it may, so that the limits that it was started with do not make it
 * fail.
 */
#ifndef K3THREAD_CLI_PROCESS_LIMITS_H
#define K3THREAD_CLI_PROCESS_LIMITS_H

#include "cli/base/limit_names.h"
#include "cli/base/text.h"
#include "cli/process/scheduling.h"

enum limit {
#define X(resource, name) LIMIT_##resource,
    LIMITS(X)
#undef X
        LIMITS_COUNT
};

/* The limits, the niceness and the scheduling of one process. */
struct limits {
    struct rlimit     of[LIMITS_COUNT];
    int               nice;
    struct scheduling scheduling;
};

/* The bits of the niceness and the policy in a set of limits; the bit of a limit is 1U << LIMIT_NAME. */
#define LIMITS_NICENESS (1U << LIMITS_COUNT)
#define LIMITS_POLICY   (1U << (LIMITS_COUNT + 1))
#define LIMITS_BITS     (LIMITS_COUNT + 2)

/*
 * Remembers the limits that this process was started with, and raises its own. The supervisor calls it once.
 * Returns the seconds of processor time after which the kernel will kill this process nevertheless; RLIM_INFINITY:
 * it will not.
 */
rlim_t limits_open(void);

/* Returns the limits that this process was started with. */
const struct limits *limits_started_with(void);

/* Returns the limit with NAME, or -1 if there is none. */
int limits_find(const char *name);

/* Returns the name of the bit LIMIT of a set of limits. */
const char *limits_name(int limit);

/*
 * Gives this process LIMITS; the child calls it between fork and exec. In place of a forbidden limit sets the
 * nearest one, and the bit of the limit in the returned set of limits.
 */
unsigned limits_apply(const struct limits *limits);

/*
 * Appends to WHY, as "; …", the limit of this process that causes ERROR, a positive errno; the
 * command has limits of its own. Appends nothing if no limit causes ERROR, and no character that JSON
 * escapes. Any thread may call it.
 */
void limits_explain(struct text *why, int error);

#endif
