/* Waiting for the ends of several threads at once, over one connection. */
#ifndef K3THREAD_CLI_COMMANDS_JOIN_THREADS_H
#define K3THREAD_CLI_COMMANDS_JOIN_THREADS_H

#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* Stands for the outcome of one join. */
struct joined {
    bool seen;    /* its answer has come */
    bool done;    /* the thread has ended, or is ready if the join waited for that */
    bool unended; /* a process of the thread could not be ended */
    int status; /* of the thread's end, or 0; if it is not done, of the error, which was reported */
};

/*
 * Joins each of THREADS (READY: waits until it is ready), an array of ids, names, and threads as the
 * supervisor answers them, and fills RET, which is as long, in the same order. TIMEOUT, in seconds, is for
 * all of them together; negative: for ever. A thread as the supervisor answers it may have been cleared
 * since: then it has ended. An error of one thread is reported at once and does not end the wait for the
 * others. On a terminal, a line on standard error says meanwhile how far the join is.
 *
 * Returns 0, or -errno with client->failure when the connection failed.
 */
int join_threads(const struct invocation *call, const json_t *threads, double timeout, bool ready,
                 struct joined *ret);

#endif
