/*
 * The connections of clients: lines in, lines out, never blocking. What a line means is the
 * handler's business. The server's thread only.
 *
 * A client that does not read what it asked for is not read from until it does, so it costs the
 * others nothing and the supervisor a bounded buffer.
 */
#ifndef K3THREAD_CLI_SERVER_CONNECTION_H
#define K3THREAD_CLI_SERVER_CONNECTION_H

#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/server/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct connection;

/* What is done with a connection by the files above. */
struct connection_handler {
    /* Serves LINE, SIZE bytes without the newline, which it may change. */
    void (*serve)(struct connection *connection, char *line, size_t size);

    /* Answers a line that is too long. The connection is closed after that. */
    void (*refuse_long_line)(struct connection *connection);

    /* Ends whatever would still be answered: no client reads the answers any more. */
    void (*drop)(struct connection *connection);

    /* Returns true if the end of the supervisor is to wait for another request of the client. */
    bool (*awaits_request)(struct connection *connection);

    /* Frees the connection, and all that is kept for its client. */
    void (*free)(struct connection *connection);
};

/* One client's connection. */
struct connection {
    struct source                    source;
    const struct connection_handler *handler;
    struct buffer                    in, out;
    size_t                           seen;    /* so many bytes of IN are known to hold no newline */
    uint32_t                         events;  /* that the loop watches */
    bool                             closing; /* hang up once OUT is empty; nothing more is read */
    bool   eof;       /* nothing more will come; what has come is still answered */
    bool   gone;      /* the client reads no answer any more */
    bool   unsettled; /* to be looked at, at the end of the round */
    bool   held;      /* an answer has to come before the next request is served */
    size_t pending;   /* answers that are still to come */
    size_t chained;   /* so many of them belong to chained starts, and are sent together */
    LIST_ENTRY(connection) all;
    LIST_ENTRY(connection) unsettled_link;
};

/*
 * Begins CONNECTION, which is zeroed, over FD, a connected socket, which it takes over. Returns 0,
 * or -errno with FD closed.
 */
int connection_open(struct connection *connection, int fd,
                    const struct connection_handler *handler);

/* Returns true if more is queued than the client should leave unread. */
bool connection_is_full(const struct connection *connection);

/* Returns true if all that was queued has been sent. */
bool connection_is_drained(const struct connection *connection);

/*
 * Queues LINE, without its newline. It is sent at the end of the loop's round, together with
 * whatever else is queued for the client by then: a reader is woken once. Never frees CONNECTION.
 */
void connection_send(struct connection *connection, const struct text *line);

/* Has the connection looked at in connection_settle_all(): an answer is no longer to come. */
void connection_settle(struct connection *connection);

/* Runs requests that had to wait, for a chain or for room. */
void connection_run_waiting(void);

/*
 * Sends what is queued, as far as clients take it; hangs up where nothing more is to come. Returns
 * false if connection_run_waiting() has something to run now.
 */
bool connection_settle_all(void);

/*
 * Closes all connections: answers the requests that have come in, waits for those that the handler
 * awaits, and sends what is queued, for SECONDS at the most.
 */
void connection_close_all(double seconds);

#endif
