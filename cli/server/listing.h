/*
 * The replies to "list". Objects are sent in one reply. A table, for which a person waits, is sent
 * in parts: the client reads one part while the server writes the next, and between two parts the
 * loop serves other clients. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_LISTING_H
#define K3THREAD_CLI_SERVER_LISTING_H

#include "cli/server/call.h"
#include "cli/server/selection.h"

#include <stdbool.h>

/*
 * Answer CALL with the threads of SELECTION, and release SELECTION: as objects, or as a table. A WIDE table
 * has more columns.
 */
void listing_reply_objects(struct call *call, struct selection *selection);
void listing_begin_table(struct call *call, struct selection *selection, bool wide);

/* Sends the next part of each table whose client can take it. Returns true if there was one. */
bool listing_advance(void);

#endif
