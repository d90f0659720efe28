/*
 * Calls: requests on the way to their answers. The server's thread only.
 *
 * A method gets a call and must end it: with call_reply(), with call_fail(), or by leaving it in
 * a list (call_wait()) whose owner ends it later. A connection that closes ends its calls.
 */
#ifndef K3THREAD_CLI_SERVER_CALL_H
#define K3THREAD_CLI_SERVER_CALL_H

#include "cli/base/text.h"
#include "cli/rpc/protocol.h"
#include "cli/server/call_list.h"
#include "cli/server/peer.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

/* One request. */
struct call {
    struct peer *peer;
    json_t      *id;        /* NULL: a notification, which gets no answer */
    const char  *method;    /* its name, once it is known */
    bool         succeeded; /* it is being answered with a result */
    unsigned     members;   /* of the thread that is the answer; see record.h */
    LIST_ENTRY(call) of_peer;

    /* Of a chained start, see call_chain(): it holds back the requests behind it. */
    bool chained, holds;

    /* What the method keeps for the call, and how to free it; RELEASE may be NULL. */
    void *state;
    void (*release)(void *state);

    /* While it waits, see call_wait(). */
    bool   waits, timed;
    double deadline; /* on the monotonic clock, while it is timed */
    LIST_ENTRY(call) waiting;
    TAILQ_ENTRY(call) timing;
    void (*wake)(struct call *call, struct record *record);

    /* Fails the call when its time is up; for a call with a timeout. Until then RECORD is there. */
    void (*expire)(struct call *call, const struct record *record);
    const struct record *record;
};

/* Returns a call of PEER, which takes over ID; NULL without memory (ID is freed). */
struct call *call_new(struct peer *peer, json_t *id);

/*
 * Makes CALL a chained start. The answers to a chain are sent some together, and when a start of it
 * fails, those behind it are refused.
 */
void call_chain(struct call *call);

/* Has the requests behind CALL, which is chained, wait until it is answered. */
void call_hold(struct call *call);

/* Answers with RESULT, which it takes over (NULL: out of memory), and frees the call. */
void call_reply(struct call *call, json_t *result);

/* Does the same with a result that is written already; it is released. */
void call_reply_written(struct call *call, struct text *result);

/* Does the same with a thread, of which it shows the members that the call wants. */
void call_reply_record(struct call *call, const struct record *record);

/*
 * Answers with an error, and frees the call. Returns false: a function that fails the call it was
 * given returns that, so that its caller does not touch the call again.
 */
__attribute__((format(printf, 3, 4))) bool call_fail(struct call *call, enum protocol_error code,
                                                     const char *format, ...);

/* Does the same with further members for the error's data, written already; they are released. */
void call_fail_with(struct call *call, enum protocol_error code, const char *message,
                    struct text *data);

/* Does the same where memory was lacking. */
bool call_fail_memory(struct call *call);

/* Does the same for bytes that are not WHAT they should be, by bytes_from_json()'s ERROR. */
bool call_refuse(struct call *call, int error, const char *what);

/*
 * Leaves the call in LIST until call_wake() wakes that by WAKE; after SECONDS (negative: never)
 * call->expire() fails it instead.
 */
void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record));

/* Runs the wake function of each call in LIST, which may end it or let it wait again. */
void call_wake(struct call_list *list, struct record *record);

/* Fails the calls whose time is up; returns the seconds until the next one's is, or -1. */
double call_expire(void);

/* Drops the call without an answer. */
void call_free(struct call *call);

#endif
