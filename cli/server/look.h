/*
 * Looks: answers what the processes of threads use now, and the ends of their logs. Threads on other machines are
 * looked at by the supervisors of their agents, so that call waits for their answers. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_LOOK_H
#define K3THREAD_CLI_SERVER_LOOK_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/* The most threads of one call: the server's loop waits until it has read about their processes. */
#define LOOK_THREADS_MAX 64

/* Returns true if THREADS is a list of ids that is not too long. */
bool look_is_list(const json_t *threads);

/* Answers CALL, at once or later, for these THREADS. OUTPUT: also with the ends of their logs. */
void look_begin(struct call *call, const json_t *threads, bool output);

#endif
