/* The replies to "list" with words such as "web/": the threads inside attached processes. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_INNER_LISTING_H
#define K3THREAD_CLI_SERVER_INNER_LISTING_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/* Returns true if a word of WORDS, a list or NULL, means threads inside a process. */
bool inner_listing_is_wanted(const json_t *words);

/* Answers CALL with the threads that WORDS mean: as objects, or as a table. */
void inner_listing_reply(struct call *call, const json_t *words, bool table);

#endif
