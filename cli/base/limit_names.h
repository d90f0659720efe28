/*
 * The resource limits that a command gets from its caller, with their names in requests and messages.
 * RLIMIT_LOCKS and RLIMIT_RSS are not among them, because the supervisor marks processes by these two.
 */
#ifndef K3THREAD_CLI_BASE_LIMIT_NAMES_H
#define K3THREAD_CLI_BASE_LIMIT_NAMES_H

#include <sys/resource.h>

#define LIMITS(X)                                                                                  \
    X(CPU, "cpu")                                                                                  \
    X(FSIZE, "fsize")                                                                              \
    X(DATA, "data")                                                                                \
    X(STACK, "stack")                                                                              \
    X(CORE, "core")                                                                                \
    X(NPROC, "nproc")                                                                              \
    X(NOFILE, "nofile")                                                                            \
    X(MEMLOCK, "memlock")                                                                          \
    X(AS, "as")                                                                                    \
    X(SIGPENDING, "sigpending")                                                                    \
    X(MSGQUEUE, "msgqueue")                                                                        \
    X(NICE, "nice")                                                                                \
    X(RTPRIO, "rtprio")                                                                            \
    X(RTTIME, "rttime")

/* Returns LIMIT as a number for a request: -1 for no limit. */
static inline long limits_number(rlim_t limit)
{
    return limit == RLIM_INFINITY || (long) limit < 0 ? -1 : (long) limit;
}

#endif
