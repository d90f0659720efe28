#include "cli/server/call.h"

#include "cli/base/clock.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/write.h"
#include "cli/server/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The waiting calls that have a timeout, in order of their deadlines. */
static TAILQ_HEAD(timed_calls, call) timed = TAILQ_HEAD_INITIALIZER(timed);

struct call *call_new(struct peer *peer, json_t *id)
{
    struct call *call = calloc(1, sizeof(*call));

    if (call == NULL) {
        json_decref(id);
        return NULL;
    }
    call->peer = peer;
    call->id = id;
    call->members = RECORD_ALL_MEMBERS;
    LIST_INSERT_HEAD(&peer->calls, call, of_peer);
    peer->connection.pending++;
    return call;
}

void call_chain(struct call *call)
{
    call->chained = true;
    call->peer->connection.chained++;
}

void call_hold(struct call *call)
{
    call->holds = true;
    call->peer->connection.held = true;
}

/* Takes CALL, which is about to end, out of its chain. */
static void leave_chain(struct call *call)
{
    struct peer *peer = call->peer;

    peer->connection.chained--;
    peer->chain_broken |= !call->succeeded;
    if (call->holds)
        peer->connection.held = false;
}

static void stop_waiting(struct call *call)
{
    if (call->waits)
        LIST_REMOVE(call, waiting);
    if (call->timed)
        TAILQ_REMOVE(&timed, call, timing);
}

void call_free(struct call *call)
{
    stop_waiting(call);
    if (call->chained)
        leave_chain(call);
    if (call->release != NULL)
        call->release(call->state);
    LIST_REMOVE(call, of_peer);
    call->peer->connection.pending--;
    json_decref(call->id);
    free(call);
}

/*
 * Sends VALUE as the MEMBER of the reply, and frees CALL and VALUE. If there is no memory for the
 * reply, the connection ends, so that the client does not wait for it.
 */
static void answer(struct call *call, const char *member, struct text *value)
{
    struct connection *connection = &call->peer->connection;
    struct text        line = {.failed = value->failed};

    if (call->id != NULL) {
        text_add(&line, ENVELOPE_START);
        write_name(&line, "id");
        write_json(&line, call->id);
        write_name(&line, member);
        text_append(&line, value->data, value->size);
        envelope_end(&line);
        connection_send(connection, &line);
    }
    text_release(&line);
    text_release(value);
    call_free(call);
    connection_settle(connection);
}

void call_reply_written(struct call *call, struct text *result)
{
    call->succeeded = !result->failed;
    if (call->succeeded) {
        answer(call, "result", result);
    } else {
        text_release(result);
        call_fail_memory(call);
    }
}

void call_reply(struct call *call, json_t *result)
{
    struct text text = {.failed = result == NULL};

    if (result != NULL)
        write_json(&text, result);
    json_decref(result);
    call_reply_written(call, &text);
}

void call_reply_record(struct call *call, const struct record *record)
{
    struct text text = {0};

    record_write(&text, record, call->members);
    call_reply_written(call, &text);
}

void call_fail_with(struct call *call, enum protocol_error code, const char *message,
                    struct text *data)
{
    struct text error = {0};

    error_write(&error, code, message, data);
    text_release(data);
    answer(call, "error", &error);
}

bool call_fail(struct call *call, enum protocol_error code, const char *format, ...)
{
    char        message[1024];
    struct text no_data = {0};
    va_list     arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    call_fail_with(call, code, message, &no_data);
    return false;
}

bool call_fail_memory(struct call *call)
{
    return call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
}

bool call_refuse(struct call *call, int error, const char *what)
{
    if (error == -ENOMEM)
        return call_fail_memory(call);
    if (error == -EILSEQ)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "%s without a NUL byte", what);
    return call_fail(call, PROTOCOL_TYPE_ERROR, "%s", what);
}

/* Puts CALL into its place, searched from the end: most calls have similar timeouts. */
static void insert_timed(struct call *call)
{
    struct call *before;

    TAILQ_FOREACH_REVERSE(before, &timed, timed_calls, timing)
        if (before->deadline <= call->deadline)
            break;
    if (before != NULL)
        TAILQ_INSERT_AFTER(&timed, before, call, timing);
    else
        TAILQ_INSERT_HEAD(&timed, call, timing);
    call->timed = true;
}

void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record))
{
    call->wake = wake;
    call->waits = true;
    LIST_INSERT_HEAD(list, call, waiting);
    if (seconds >= 0 && !call->timed) {
        call->deadline = clock_monotonic() + seconds;
        insert_timed(call);
    }
}

void call_wake(struct call_list *list, struct record *record)
{
    struct call_list woken = *list;
    struct call     *call;

    if (LIST_FIRST(&woken) != NULL)
        LIST_FIRST(&woken)->waiting.le_prev = &LIST_FIRST(&woken);
    LIST_INIT(list);
    while ((call = LIST_FIRST(&woken)) != NULL) {
        LIST_REMOVE(call, waiting);
        call->waits = false;
        call->wake(call, record);
    }
}

double call_expire(void)
{
    struct call *call;

    while ((call = TAILQ_FIRST(&timed)) != NULL) {
        double left = call->deadline - clock_monotonic();

        if (left > 0)
            return left;
        TAILQ_REMOVE(&timed, call, timing);
        call->timed = false;
        call->expire(call, call->record);
    }
    return -1;
}
