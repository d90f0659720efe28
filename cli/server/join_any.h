/*
 * Joins of several threads that are answered with the first of them that ends. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_JOIN_ANY_H
#define K3THREAD_CLI_SERVER_JOIN_ANY_H

#include "cli/server/call.h"

#include <jansson.h>

/*
 * Answers CALL with the first of the threads WORDS to end, or with the thread that has ended first, if some have
 * ended already. WORDS is a list as in selection.h: a pattern means the newest thread of each name that it
 * matches, and an empty list all threads that are live now. TIMEOUT is in seconds; negative: none.
 */
void join_any_begin(struct call *call, const json_t *words, double timeout);

/* Answers the calls that wait for RECORD, which has ended. */
void join_any_ended(struct record *record);

#endif
