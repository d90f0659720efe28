/*
 * The resource limits that a command gets from its caller, with their names in requests and messages.
 * Two are missing: the supervisor marks processes by RLIMIT_LOCKS and RLIMIT_RSS.
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

/* Returns LIMIT as the number that a request has for it: -1 for none. */
static inline long limits_number(rlim_t limit)
{
    return limit == RLIM_INFINITY || (long) limit < 0 ? -1 : (long) limit;
}

#endif
