/*
 * One request on its way to its answer. The server's thread only.
 *
 * A method gets a call and must end it: with call_reply(), with call_fail(), or by leaving it in
 * a list (call_wait()) from which somebody will. A connection that closes ends its calls.
 */
#ifndef K3THREAD_CLI_SERVER_CALL_H
#define K3THREAD_CLI_SERVER_CALL_H

#include "cli/base/text.h"
#include "cli/rpc/protocol.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

struct connection;
struct listing;
struct record;

LIST_HEAD(call_list, call);

struct call {
    struct connection *connection;
    json_t            *id;       /* NULL: a notification, which gets no answer */
    const char        *method;   /* its name, once it is known */
    double             deadline; /* on the monotonic clock, while it is timed */
    bool               timed, waits;
    bool               chained;   /* a start: see connection.h */
    bool               succeeded; /* it is being answered with a result */
    bool               unnamed;   /* a join of the thread that the connection's last start made */
    unsigned           members;   /* of the thread that is the answer; see record.h */
    struct listing    *listing;   /* of "list": what is still to come; else NULL */
    LIST_ENTRY(call) of_connection;
    LIST_ENTRY(call) waiting;
    TAILQ_ENTRY(call) timing;
    void (*wake)(struct call *call, struct record *record); /* what the wait is for */

    /* Fails the call when its time is up; for a call with a timeout. Until then RECORD is there. */
    void (*expire)(struct call *call, const struct record *record);
    const struct record *record;
};

/* A call of CONNECTION; takes over ID. Returns NULL without memory (ID is freed). */
struct call *call_new(struct connection *connection, json_t *id);

/* Answers with RESULT, which it takes over (NULL: out of memory), and frees the call. */
void call_reply(struct call *call, json_t *result);

/* The same with a result that is written already; it is released. */
void call_reply_written(struct call *call, struct text *result);

/* The same with a thread, of which it shows the members that the call wants. */
void call_reply_record(struct call *call, const struct record *record);

/*
 * Answers with an error, and frees the call. Returns false: a function that fails the call it was
 * given returns that, so that its caller does not touch the call again.
 */
__attribute__((format(printf, 3, 4))) bool call_fail(struct call *call, enum protocol_error code,
                                                     const char *format, ...);

/* The same with further members for its data, which are written already; they are released. */
void call_fail_with(struct call *call, enum protocol_error code, const char *message,
                    struct text *data);

/* The same for bytes that are not WHAT they should be, by bytes_from_json()'s ERROR. Returns false. */
bool call_refuse(struct call *call, int error, const char *what);

/*
 * Leaves the call in LIST until call_wake() on it; after SECONDS (negative: never) call->expire()
 * fails it instead.
 */
void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record));

/* Runs the wake function of each call in LIST, which may end it or let it wait again. */
void call_wake(struct call_list *list, struct record *record);

/* Fails those whose time is up; returns the seconds until the next one's is, or -1. */
double call_expire(void);

/* Drops the call without an answer. */
void call_free(struct call *call);

/* Parses one line of CONNECTION's and runs what it asks for. LINE has no newline. */
void call_dispatch(struct connection *connection, char *line, size_t size);

#endif
