/*
 * The answers to "list". Objects are one answer. A table, which a person waits for, comes in parts: the
 * client takes one in while the next is written, and between two of them the loop serves others. The
 * server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_LISTING_H
#define K3THREAD_CLI_SERVER_LISTING_H

#include "cli/server/call.h"
#include "cli/server/selection.h"

#include <stdbool.h>

/* Each answers CALL with the threads of SELECTION, which it takes over. */
void listing_reply_objects(struct call *call, struct selection *selection);
void listing_begin_table(struct call *call, struct selection *selection);

/* Writes the next part of each table whose client can take it; returns whether there was one. */
bool listing_advance(void);

#endif
