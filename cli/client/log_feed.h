/*
 * A log that is read through the connection, by the method "read". A feed asks for the next pieces, and puts them
 * into a buffer, from which a printer reads as from a file. A feed that follows its log always has a request
 * waiting at the supervisor, which replies when there are new bytes, so the feed need not poll.
 *
 * The caller takes the client's replies, and gives each to log_feed_take(). Functions return 0 or -errno, as the
 * functions of client.h do, unless their comment says otherwise.
 */
#ifndef K3THREAD_CLI_CLIENT_LOG_FEED_H
#define K3THREAD_CLI_CLIENT_LOG_FEED_H

#include "cli/client/client.h"
#include "cli/place/log_buffer.h"

#include <jansson.h>
#include <stdbool.h>

/* The most requests that wait for their replies at a time, while there is much to read. */
#define LOG_FEED_REQUESTS 8

/* The part of a log that a feed brings. */
struct log_feed_wish {
    json_int_t thread;     /* its id; 0: the thread of the start that is sent before */
    bool       follow;     /* read until the thread has ended, not only what the log holds now */
    bool       times;      /* also the times of the lines */
    bool       some_lines; /* begin with the last LINES lines */
    unsigned long long lines;
    double             since; /* begin with the output of the last seconds; negative: do not */
    off_t              begin; /* begin at this offset; negative: where the output begins */
};

/* One feed. */
struct log_feed {
    struct client    *client; /* NULL: not open */
    struct log_buffer buffer;
    json_int_t        reader;
    json_int_t        requests[LOG_FEED_REQUESTS];
    size_t            under_way; /* how many of them have no reply yet */
    bool              is_behind; /* the last piece was large, so more is probably waiting */
    off_t             end;       /* the offset behind the last byte that has come */
    struct failure    failure;   /* why the feed has ended; its status is 0 if all has come */
};

/* Opens FEED, which is zeroed, and queues its first request. */
int log_feed_open(struct log_feed *feed, struct client *client, const struct log_feed_wish *wish);

/* Opens FEED, which has ended, again where it ended, because the thread runs again. */
int log_feed_reopen(struct log_feed *feed, json_int_t thread, bool times);

/* Asks for more, if the buffer has room. */
int log_feed_ask(struct log_feed *feed);

/* Takes REPLY if it belongs to this feed. Returns 1 if it does, 0 if not, or -errno. */
int log_feed_take(struct log_feed *feed, const struct reply *reply);

/* Returns true if all has come, or if nothing more will come because of a failure. */
bool log_feed_has_ended(const struct log_feed *feed);

/* Closes FEED, which may be zeroed, and its reader at the supervisor, if that is still there. */
void log_feed_close(struct log_feed *feed);

#endif
