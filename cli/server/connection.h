/*
 * One client's connection: lines in, lines out, never blocking. The server's thread only.
 *
 * A client that does not read what it asked for is not read from until it does, so it costs the
 * others nothing and the supervisor a bounded buffer.
 */
#ifndef K3THREAD_CLI_SERVER_CONNECTION_H
#define K3THREAD_CLI_SERVER_CONNECTION_H

#include "cli/base/loop.h"
#include "cli/base/text.h"
#include "cli/server/call.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stddef.h>

struct buffer {
    char  *data;
    size_t start, end, capacity;
};

/* What a watcher wants to be told: events_bit()s, and record_member()s. */
struct watch {
    unsigned events, members;
};

struct connection {
    struct source       source;
    struct buffer       in, out;
    size_t              seen;    /* so many bytes of IN are known to hold no newline */
    uint32_t            events;  /* that the loop watches */
    bool                closing; /* hang up once OUT is empty; nothing more is read */
    bool                eof;     /* nothing more will come; its calls are still answered */
    bool                gone;    /* nobody reads the answers any more */
    size_t              call_count;
    struct call_list    calls;       /* not answered yet */
    struct kept_list    kept;        /* threads that it has not joined yet */
    struct kept_list    told;        /* the last one of them that it joined without its name */
    uint64_t            started;     /* the thread that its last start made; 0: none */
    struct environment *environment; /* of the last start, or NULL */
    bool                unsettled;   /* to be looked at, at the end of the round */

    /*
     * Chained starts: when one fails, those behind it are refused. One may hold the requests behind
     * it until it is answered.
     */
    size_t             chained; /* so many are not answered yet */
    const struct call *holder;  /* or NULL */
    bool               chain_broken;
    LIST_ENTRY(connection) all;
    LIST_ENTRY(connection) unsettled_link;

    /* Of a watcher: see events.h. */
    bool         watches;
    struct watch watch;
    json_int_t   missed;
    void (*drained)(struct connection *connection); /* all that was queued has been sent */
    LIST_ENTRY(connection) watchers;
};

/* Takes over FD, a connected socket. Returns 0 or -errno, FD closed then. */
int connection_open(int fd);

/* Makes CONNECTION one of the watchers, and walks over them. */
void               connection_watch(struct connection *connection);
struct connection *connection_watchers(void);
struct connection *connection_next(struct connection *watcher);

/* Is more queued than the client should leave unread? */
bool connection_is_full(const struct connection *connection);

/*
 * Queues LINE, without its newline. It is sent at the end of the loop's round, with what else there
 * is for the client by then: a reader is woken once. Never frees CONNECTION.
 */
void connection_send(struct connection *connection, const struct text *line);

/* CALL is a chained start; and it is over, answered with SUCCESS or not. */
void connection_chain(struct connection *connection, struct call *call);
void connection_unchain(struct connection *connection, const struct call *call, bool success);

/* Runs requests that had to wait, for a chain or for room. */
void connection_run_waiting(void);

/* Lets go of the threads in LIST, of a connection. */
void connection_release(struct kept_list *list);

/* The connection may have to be hung up on: what was owed to the client has changed. */
void connection_settle(struct connection *connection);

/*
 * Sends what is queued, as far as clients take it; hangs up where nothing more is to come. Returns
 * false if connection_run_waiting() has something to run now.
 */
bool connection_settle_all(void);

/*
 * How many there are, and an end to them all: what they have sent is answered, those that keep a
 * thread may still ask how it ended, and what is queued is sent, for SECONDS at the most.
 */
size_t connection_count(void);
void   connection_close_all(double seconds);

#endif
