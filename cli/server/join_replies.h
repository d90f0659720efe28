/* The replies that several kinds of join share. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_JOIN_REPLIES_H
#define K3THREAD_CLI_SERVER_JOIN_REPLIES_H

#include "cli/base/text.h"
#include "cli/server/call.h"
#include "cli/server/record.h"

/* Replies with RECORD, which has ended, and notes that it was joined. */
void join_reply(struct call *call, struct record *record);

/*
 * Writes the data of the error for RECORD, which has ended before what the join waits for came true: the thread, and
 * its last lines of output, which may say why.
 */
void join_write_failure(struct text *data, const struct record *record);

#endif
