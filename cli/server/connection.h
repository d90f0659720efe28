/*
 * The connections of clients: reads lines and sends lines, without blocking. The handler knows what
 * a line means. The server's thread only.
 *
 * If a client does not read its replies, the server does not read its requests. So a slow client
 * costs the others nothing, and the supervisor a bounded buffer.
 */
#ifndef K3THREAD_CLI_SERVER_CONNECTION_H
#define K3THREAD_CLI_SERVER_CONNECTION_H

#include "cli/base/byte_queue.h"
#include "cli/base/line_buffer.h"
#include "cli/base/loop.h"
#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct connection;

/* The functions by which the user of this file serves its connections. */
struct connection_handler {
    /* Called before a line is served: takes the reports that have come in. */
    void (*prepare)(void);

    /* Serves LINE, SIZE bytes without the newline; may change them. */
    void (*serve)(struct connection *connection, char *line, size_t size);

    /* Answers a line that is too long. The connection is then closed. */
    void (*refuse_long_line)(struct connection *connection);

    /* Ends the calls that are not answered yet: the client no longer reads replies. */
    void (*drop)(struct connection *connection);

    /*
     * Returns true if the supervisor, before it ends, must wait for another request of the client.
     */
    bool (*awaits_request)(struct connection *connection);

    /* Frees the connection, and all that is kept for its client. */
    void (*free)(struct connection *connection);
};

/* One client's connection. */
struct connection {
    struct source                    source;
    const struct connection_handler *handler;
    struct line_buffer               in;
    struct byte_queue                out;
    bool                             closing; /* hang up once OUT is empty; read no more */
    bool                             eof; /* the input has ended; what was read is still answered */
    bool                             gone;      /* the client no longer reads replies */
    bool                             unsettled; /* connection_settle_all() must look at it */
    bool                             held;      /* the next request waits for a reply */
    size_t unsent;  /* the bytes of this round's replies that are dropped, as the client is gone */
    size_t pending; /* how many replies are still to come */
    size_t chained; /* how many of them are for chained starts */
    LIST_ENTRY(connection) all;
    LIST_ENTRY(connection) unsettled_link;
};

/*
 * Begins CONNECTION, which is zeroed, over the connected socket FD, which it takes over. Returns 0,
 * or -errno with FD closed.
 */
int connection_open(struct connection *connection, int fd,
                    const struct connection_handler *handler);

/* Returns true if the client has left too much unread for more to be queued. */
bool connection_is_full(const struct connection *connection);

/* Returns how many bytes are queued that the client's socket has not taken. */
size_t connection_unread(const struct connection *connection);

/* Returns true if all that was queued has been sent. */
bool connection_is_drained(const struct connection *connection);

/*
 * Queues LINE, without its newline. It is sent at the end of the loop's round together with all
 * else that is queued for the client, so that the client is woken once. Never frees CONNECTION.
 */
void connection_send(struct connection *connection, const struct text *line);

/*
 * Sends LINE at once, with a copy of the descriptor FD for the client. Returns 0 or -errno: -EAGAIN if the client's
 * socket takes nothing more, or other lines are queued.
 */
int connection_send_descriptor(struct connection *connection, const struct text *line, int fd);

/*
 * Serves the requests that have arrived, as far as one round of the loop can read them. Not while one of them is
 * being served: the input would move.
 */
void connection_read_arrived(struct connection *connection);

/* Makes connection_settle_all() look at CONNECTION, because one of its calls has ended. */
void connection_settle(struct connection *connection);

/* Runs the requests that had to wait for a chain or for room. */
void connection_run_waiting(void);

/*
 * Sends what is queued, as far as clients take it, and hangs up on clients with nothing left to do.
 * Returns false if connection_run_waiting() must be called at once.
 */
bool connection_settle_all(void);

/* Closes all connections at once: nothing more is served or sent. Not while a request is being served. */
void connection_drop_all(void);

/*
 * Closes all connections: serves the requests that have arrived and those that the handler awaits,
 * and sends what is queued. Waits for SECONDS at most.
 */
void connection_close_all(double seconds);

#endif
