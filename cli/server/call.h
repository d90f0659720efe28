/*
 * Calls: requests that are not answered yet. The server's thread only.
 *
 * A method gets a call and must end it: with call_reply(), with call_fail(), or by leaving it in a
 * list (call_wait()) whose owner ends it later. A connection that closes ends its calls.
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
#include <stdint.h>
#include <sys/queue.h>

/* One request. */
struct call {
    struct peer *peer;
    json_t      *id;        /* NULL: a notification, which gets no reply */
    const char  *method;    /* the method's name, once it is known */
    bool         succeeded; /* the reply is a result, not an error */
    uint64_t     members;   /* the members of a thread that the reply shows; see record.h */
    LIST_ENTRY(call) of_peer;

    /*
     * CHAINED: a chained start, see call_chain(). HOLDS: the requests behind it wait, see
     * call_hold().
     */
    bool chained, holds;

    /* The data that the method keeps for the call, and the function that frees them (may be NULL). */
    void *state;
    void (*release)(void *state);

    /* For a call that waits, see call_wait(). */
    bool   waits, timed;
    double deadline; /* on the monotonic clock, if the call is timed */
    LIST_ENTRY(call) waiting;
    TAILQ_ENTRY(call) timing;
    void (*wake)(struct call *call, struct record *record);

    /*
     * Called when the time of the call is up: fails the call, or makes it wait without a limit. RECORD lives at
     * least until then.
     */
    void (*expire)(struct call *call, const struct record *record);
    const struct record *record;
};

/* Returns a call of PEER, which takes over ID; NULL without memory (ID is freed). */
struct call *call_new(struct peer *peer, json_t *id);

/*
 * Makes CALL a chained start. Replies to chained starts are collected and sent together. If one of
 * these starts fails, the later starts of the chain are refused.
 */
void call_chain(struct call *call);

/* Makes the requests behind CALL, a chained start, wait until CALL is answered. */
void call_hold(struct call *call);

/* Replies with RESULT, which it takes over (NULL: out of memory), and frees the call. */
void call_reply(struct call *call, json_t *result);

/* Replies with a result that is already written as JSON, and frees the call. Releases RESULT. */
void call_reply_written(struct call *call, struct text *result);

/* Replies with a thread, and frees the call. The reply shows the members that the call asks for. */
void call_reply_record(struct call *call, const struct record *record);

/*
 * Replies with an error, and frees the call. Always returns false: a function that has failed its
 * call returns that value, and its caller does not touch the call again.
 */
__attribute__((format(printf, 3, 4))) bool call_fail(struct call *call, enum protocol_error code,
                                                     const char *format, ...);

/*
 * Answers as call_fail() does, with more members for the error's data, already written as JSON.
 * Releases DATA.
 */
void call_fail_with(struct call *call, enum protocol_error code, const char *message,
                    struct text *data);

/* Answers, as call_fail() does, that memory is lacking. */
bool call_fail_memory(struct call *call);

/*
 * Fails the call, as call_fail() does, because of a parameter. The sentence WHAT says which value the parameter
 * must have. ERROR is the result of bytes_from_json().
 */
bool call_refuse(struct call *call, int error, const char *what);

/*
 * Leaves the call in LIST until call_wake() runs WAKE for it. After SECONDS (negative: never),
 * call->expire() fails the call instead.
 */
void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record));

/* Runs the wake function of each call in LIST, which may end it or let it wait again. */
void call_wake(struct call_list *list, struct record *record);

/* Fails the calls whose time is up. Returns the seconds until the next deadline, or -1. */
double call_expire(void);

/* Drops the call without a reply. */
void call_free(struct call *call);

#endif
