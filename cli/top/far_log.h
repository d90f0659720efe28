/*
 * The log of a thread of another machine's supervisor, as the user reads it here: its last lines, and what comes
 * behind them, are kept in a file without a name.
 */
#ifndef K3THREAD_CLI_TOP_FAR_LOG_H
#define K3THREAD_CLI_TOP_FAR_LOG_H

#include "cli/client/client.h"

#include <stdbool.h>
#include <sys/types.h>

struct far_log {
    struct client *client;
    int            fd;             /* of the file; meaningless while CLIENT is NULL */
    json_int_t     thread, reader; /* the number of the reader at the supervisor */
    json_int_t     request;        /* the request that has no reply yet; 0: none */
    off_t size, end;  /* of the file; and the offset behind the last byte, in the log there */
    bool  has_ended;  /* nothing more comes until the thread runs again */
    bool  has_failed; /* nothing more comes, because the log cannot be read */
    char  path[40];   /* by which the file can be opened */
};

/* Begins to read the log of THREAD. LOG is zeroed. Returns 0 or -errno. */
int far_log_open(struct far_log *log, struct client *client, json_int_t thread);

/* Reads on, because the thread runs again. */
void far_log_go_on(struct far_log *log);

/* Takes REPLY, and returns true, if it belongs to LOG. */
bool far_log_take(struct far_log *log, const struct reply *reply);

/* Closes LOG, which may be zeroed. */
void far_log_close(struct far_log *log);

#endif
