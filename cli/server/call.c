#include "cli/server/call.h"

#include "cli/base/clock.h"
#include "cli/base/text.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"
#include "cli/server/method.h"
#include "cli/server/method_list.h"
#include "cli/server/record.h"
#include "cli/server/threads.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The only way to write a NUL in JSON. */
#define NUL_ESCAPE "\\u0000"

/* The timed ones, in order of their deadlines. */
static TAILQ_HEAD(timed_calls, call) timed = TAILQ_HEAD_INITIALIZER(timed);

struct call *call_new(struct connection *connection, json_t *id)
{
    struct call *call = calloc(1, sizeof(*call));

    if (call == NULL) {
        json_decref(id);
        return NULL;
    }
    call->connection = connection;
    call->id = id;
    call->members = RECORD_ALL_MEMBERS;
    LIST_INSERT_HEAD(&connection->calls, call, of_connection);
    connection->call_count++;
    return call;
}

static void stop_waiting(struct call *call)
{
    if (call->waits)
        LIST_REMOVE(call, waiting);
    if (call->timed)
        TAILQ_REMOVE(&timed, call, timing);
    call->waits = call->timed = false;
}

void call_free(struct call *call)
{
    stop_waiting(call);
    if (call->chained)
        connection_unchain(call->connection, call, call->succeeded);
    listing_free(call->listing);
    LIST_REMOVE(call, of_connection);
    call->connection->call_count--;
    json_decref(call->id);
    free(call);
}

/* Frees CALL, and VALUE. A failed one is no memory for an answer: the client sees the end. */
static void answer(struct call *call, const char *member, struct text *value)
{
    struct connection *connection = call->connection;
    struct text        line = {.failed = value->failed};

    if (call->id != NULL) {
        text_add(&line, "{\"jsonrpc\":\"2.0\",\"id\":");
        write_json(&line, call->id);
        write_name(&line, member);
        text_append(&line, value->data, value->size);
        text_byte(&line, '}', 1);
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
        call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
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

static const char *type_of(enum protocol_error code)
{
    switch (code) {
#define X(name, number, type)                                                                      \
    case PROTOCOL_##name:                                                                          \
        return type;
        PROTOCOL_ERRORS(X)
#undef X
    }
    return NULL;
}

/* Bytes that are not UTF-8 cannot stand in a message: they are written as \xNN. */
static void write_message(struct text *text, const char *message)
{
    struct text escaped = {0};

    if (text_is_utf8(message, strlen(message))) {
        write_bytes(text, message);
        return;
    }
    text_add_escaped(&escaped, message, strlen(message));
    write_text(text, escaped.data, escaped.size);
    text->failed |= escaped.failed;
    text_release(&escaped);
}

void call_fail_with(struct call *call, enum protocol_error code, const char *message,
                    struct text *data)
{
    struct text error = {.failed = data->failed};

    text_byte(&error, '{', 1);
    write_name(&error, "code");
    write_integer(&error, code);
    write_name(&error, "message");
    write_message(&error, message);
    if (type_of(code) != NULL) {
        write_name(&error, "data");
        text_printf(&error, "{\"type\":\"%s\"", type_of(code));
        text_byte(&error, ',', data->size > 0 ? 1 : 0);
        text_append(&error, data->data, data->size);
        text_byte(&error, '}', 1);
    }
    text_byte(&error, '}', 1);
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

bool call_refuse(struct call *call, int error, const char *what)
{
    if (error == -ENOMEM)
        return call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
    if (error == -EILSEQ)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "%s without a NUL byte", what);
    return call_fail(call, PROTOCOL_TYPE_ERROR, "%s", what);
}

/* Sorted from the end: calls mostly come with like timeouts. */
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
        call->expire(call, call->record);
    }
    return -1;
}

/* Does the text nest deeper than a request may? Without a look at its grammar otherwise. */
static bool is_too_deep(const char *text, size_t size)
{
    int  depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '[') && ++depth > PROTOCOL_DEPTH_MAX)
            return true;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
    }
    return false;
}

static json_t *parse(char *line, size_t size, json_error_t *ret_error)
{
    if (is_too_deep(line, size)) {
        *ret_error = (json_error_t){0};
        snprintf(ret_error->text, sizeof(ret_error->text), "it nests deeper than %d",
                 PROTOCOL_DEPTH_MAX);
        return NULL;
    }
    return parse_json(line, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
                      ret_error);
}

/* Is there a NUL in a string of VALUE, which nests no deeper than a request may? */
static bool holds_nul(const json_t *value)
{
    const char   *key;
    const json_t *element;
    size_t        i;

    if (json_is_string(value))
        return strlen(json_string_value(value)) != json_string_length(value);
    json_array_foreach((json_t *) value, i, element)
        if (holds_nul(element))
            return true;
    json_object_foreach((json_t *) value, key, element)
        if (holds_nul(element))
            return true;
    return false;
}

/* What is wrong with REQUEST as JSON-RPC, or NULL. */
static const char *request_fault(const json_t *request)
{
    const json_t *id = json_object_get(request, "id");
    const json_t *params = json_object_get(request, "params");
    const char   *version = json_string_value(json_object_get(request, "jsonrpc"));

    if (!json_is_object(request))
        return "a request is one object";
    if (version == NULL || strcmp(version, "2.0") != 0)
        return "\"jsonrpc\" must be \"2.0\"";
    if (!json_is_string(json_object_get(request, "method")))
        return "\"method\" must be a string";
    if (params != NULL && !json_is_object(params))
        return "\"params\" must be an object: parameters have names";
    if (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
        return "\"id\" must be a string, a number or null";
    return NULL;
}

static void run(struct call *call, const json_t *request)
{
    const char          *name = json_string_value(json_object_get(request, "method"));
    const char          *fault = request_fault(request);
    const json_t        *params = json_object_get(request, "params");
    const struct method *method;

    if (fault != NULL) {
        call_fail(call, PROTOCOL_INVALID_REQUEST, "%s", fault);
        return;
    }
    method = method_find(name);
    if (method == NULL) {
        call_fail(call, PROTOCOL_METHOD_NOT_FOUND, "no method '%.64s'", name);
        return;
    }
    call->method = method->name;
    if (call->connection->call_count > PROTOCOL_PENDING_MAX)
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR, "too many calls wait on this connection");
    else
        method->run(call, params);
}

/* A fault that keeps us from knowing the id is answered all the same, to the id null. */
static json_t *answer_id(const json_t *request)
{
    json_t *id = json_object_get(request, "id");

    if (id != NULL && (json_is_string(id) || json_is_number(id)))
        return json_incref(id);
    if (id == NULL && request_fault(request) == NULL)
        return NULL;
    return json_null();
}

void call_dispatch(struct connection *connection, char *line, size_t size)
{
    bool         may_hold_nul = memmem(line, size, NUL_ESCAPE, strlen(NUL_ESCAPE)) != NULL;
    json_error_t error;
    json_t      *request;
    struct call *call;

    if (strspn(line, " \t\r") >= size)
        return;             /* an empty line is nothing */
    threads_take_reports(); /* those that woke nobody */
    request = parse(line, size, &error);
    call = call_new(connection, request != NULL ? answer_id(request) : json_null());
    if (call == NULL)
        connection->closing = true; /* no memory even for an answer */
    else if (request == NULL && parse_lacked_memory(&error))
        call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
    else if (request == NULL)
        call_fail(call, PROTOCOL_PARSE_ERROR, "not JSON: %s", error.text);
    else if (may_hold_nul && holds_nul(request))
        call_fail(call, PROTOCOL_VALUE_ERROR, "a string holds a NUL byte; nothing here can");
    else
        run(call, request);
    json_decref(request);
}
