/*
 * Resource limits and niceness: a command gets its caller's, and the supervisor raises its own as far
 * as it may, so that it lives whoever started it.
 */
#ifndef K3THREAD_CLI_WORKER_LIMITS_H
#define K3THREAD_CLI_WORKER_LIMITS_H

#include "cli/rpc/limits.h"
#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

enum limit {
#define X(resource, name) LIMIT_##resource,
    LIMITS(X)
#undef X
        LIMITS_COUNT
};

struct limits {
    struct rlimit of[LIMITS_COUNT];
    int           nice;
};

/* Bits of what a command could not be given. */
#define LIMITS_NICENESS (1U << LIMITS_COUNT)

/* Remembers what this process was started with, and raises its own. Once, by the supervisor. */
void limits_open(void);

/*
 * Fills *RET as "limits" and "nice" of a request say; what is left out is as this process was
 * started. Returns false, with CALL failed, if they say nothing that can be.
 */
bool limits_parse(struct call *call, const json_t *limits, const json_t *nice, struct limits *ret);

/*
 * Gives this process LIMITS: for the child, between fork and exec. What is forbidden is as near to
 * them as it can be. Returns the bits of that.
 */
unsigned limits_apply(const struct limits *limits);

/* Room for what limits_explain() says. */
#define LIMITS_WORDS 160

/*
 * Says into RET, as "; …", which limit of this process ERROR, a positive errno, comes of: the command
 * has other ones. Empty where it comes of none; without a
 * character that JSON escapes. Any thread.
 */
void limits_explain(int error, char ret[LIMITS_WORDS]);

/* Writes the names of the BITS as a list. */
void limits_write_names(struct text *text, unsigned bits);

#endif
