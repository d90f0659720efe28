/* Joins that are answered when a probe holds for a thread that runs (join --until). The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_JOIN_UNTIL_H
#define K3THREAD_CLI_SERVER_JOIN_UNTIL_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * Answers CALL when the probe SPEC, bytes, holds for RECORD; fails it when RECORD has ended before. TIMEOUT
 * is in seconds; negative: none. With 0 the probe looks once.
 */
void join_until_begin(struct call *call, struct record *record, const json_t *spec, double timeout);

/* Takes the results of the probers. */
void join_until_take(void);

/* Returns true if no prober is left. */
bool join_until_is_idle(void);

#endif
