/* Waiting for the ends of several threads at once, over one connection. */
#ifndef K3THREAD_CLI_COMMANDS_JOINING_H
#define K3THREAD_CLI_COMMANDS_JOINING_H

#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How one join came out. */
struct joined {
    bool seen;    /* its answer has come */
    bool done;    /* the thread has ended, or is ready if that was waited for */
    bool unended; /* a process of it could not be ended */
    int status; /* that of its end, or 0; if it is not done that of the error, which was reported */
};

/* THREAD as a request's parameter: a number for an id, else the bytes. NULL without memory. */
json_t *thread_to_json(const char *thread);

/* Is THREAD a pattern, not a name or an id? */
bool thread_is_pattern(const char *thread);

/*
 * Joins each of THREADS (READY: waits until it is ready), an array of ids, names and threads as
 * the supervisor answers them, with TIMEOUT in seconds (negative: for ever) for all of them
 * together, and fills RET, as long as the array, in its order. A thread as the supervisor answers it
 * may have been cleared since: then it has ended. What goes wrong with one thread is
 * reported at once and does not end the wait for the others. On a terminal, a line on standard
 * error says meanwhile how far it is.
 *
 * Returns 0, or -errno with client->failure when the connection failed.
 */
int join_threads(const struct call *call, const json_t *threads, double timeout, bool ready,
                 struct joined *ret);

#endif
