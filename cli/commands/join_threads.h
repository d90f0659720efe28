/* Waits for the ends of several threads at once, over one connection. */
#ifndef K3THREAD_CLI_COMMANDS_JOIN_THREADS_H
#define K3THREAD_CLI_COMMANDS_JOIN_THREADS_H

#include "cli/client/request.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* The outcome of one join. */
struct joined {
    bool seen;    /* the reply has arrived */
    bool done;    /* the thread has ended, or is ready, or its probe holds, as was asked for */
    bool unended; /* a process of the thread could not be ended */
    int  status;  /* the thread's status, or 0; if not DONE, the status of the reported error */
};

/*
 * Joins each of THREADS, an array of ids, names, and thread objects of the supervisor: waits until each thread has
 * ended, is ready, or answers a probe, as WANTED says; ignores the member `thread` of WANTED. The timeout is for all
 * threads together. If the thread of an object was cleared since it was listed, it has ended. Reports the error of a
 * thread at once, and goes on waiting for the others. On a terminal, a line on standard error shows the progress.
 *
 * Returns the results, in the order of THREADS, to be freed; or NULL after reporting a failure of the connection or a
 * lack of memory, with its exit status in *RET_STATUS.
 */
struct joined *join_threads(const struct invocation *invocation, const json_t *threads,
                            const struct join_request *wanted, int *ret_status);

#endif
