#include "cli/server/dispatch.h"

#include "cli/rpc/envelope.h"
#include "cli/rpc/parse.h"
#include "cli/rpc/protocol.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/log_reader.h"
#include "cli/server/method.h"
#include "cli/server/reports.h"

#include <stdio.h>
#include <string.h>

/* JSON has no other way to write a NUL. */
#define NUL_ESCAPE "\\u0000"

/* Returns true if TEXT nests deeper than a request may, even if it is not valid JSON. */
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

/* Parses LINE. Returns a new reference, or NULL with the reason in *RET_ERROR. */
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

/* Returns true if a string in VALUE, which nests no deeper than a request may, holds a NUL. */
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

/* Puts the sentence into WHY, which may be NULL; returns false. */
static bool refuse(struct text *why, const char *sentence)
{
    if (why != NULL)
        text_add(why, sentence);
    return false;
}

/*
 * Returns true if REQUEST is a JSON-RPC request; if not, puts the reason into WHY, which may be
 * NULL.
 */
static bool is_request(const json_t *request, struct text *why)
{
    const json_t *id = json_object_get(request, "id");
    const json_t *params = json_object_get(request, "params");
    const char   *version = json_string_value(json_object_get(request, "jsonrpc"));

    if (!json_is_object(request))
        return refuse(why, "a request must be an object");
    if (version == NULL || strcmp(version, ENVELOPE_VERSION) != 0)
        return refuse(why, "\"jsonrpc\" must be \"" ENVELOPE_VERSION "\"");
    if (!json_is_string(json_object_get(request, "method")))
        return refuse(why, "\"method\" must be a string");
    if (params != NULL && !json_is_object(params))
        return refuse(why, "\"params\" must be an object: parameters have names");
    if (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
        return refuse(why, "\"id\" must be a string, a number or null");
    return true;
}

static void fail_invalid(struct call *call, struct text *why)
{
    if (why->failed)
        call_fail_memory(call);
    else
        call_fail(call, PROTOCOL_INVALID_REQUEST, "%.*s", (int) why->size, why->data);
    text_release(why);
}

/* Takes REPLY if it is an attached process's reply to a request of the server. Returns true if it is. */
static bool take_reply(struct peer *peer, const json_t *reply)
{
    if (peer->attachment == NULL || json_object_get(reply, "method") != NULL ||
        !json_is_integer(json_object_get(reply, "id")))
        return false;
    attachment_take_reply(peer->attachment, reply);
    return true;
}

static void run_method(struct call *call, const json_t *request)
{
    struct text          why = {0};
    const char          *name = json_string_value(json_object_get(request, "method"));
    const struct method *method;

    if (!is_request(request, &why)) {
        fail_invalid(call, &why);
        return;
    }
    method = method_find(name);
    if (method == NULL) {
        call_fail(call, PROTOCOL_METHOD_NOT_FOUND, "no method '%.64s'", name);
        return;
    }
    call->method = method->name;
    if (call->peer->connection.pending > PROTOCOL_PENDING_MAX)
        call_fail(call, PROTOCOL_SEND_RAISE_ERROR, "too many calls wait on this connection");
    else if (method->only_answers && call->peer->connection.gone)
        call_free(call);
    else
        method->run(call, json_object_get(request, "params"));
}

/*
 * Returns the id for the reply, or NULL for a notification. An invalid request whose id is unknown
 * is answered too, with the id null.
 */
static json_t *answer_id(const json_t *request)
{
    json_t *id = json_object_get(request, "id");

    if (id != NULL && (json_is_string(id) || json_is_number(id)))
        return json_incref(id);
    if (id == NULL && is_request(request, NULL))
        return NULL;
    return json_null();
}

static void serve(struct connection *connection, char *line, size_t size)
{
    bool         may_hold_nul = memmem(line, size, NUL_ESCAPE, strlen(NUL_ESCAPE)) != NULL;
    json_error_t error;
    json_t      *request;
    struct call *call;

    if (strspn(line, " \t\r") >= size)
        return; /* an empty line is ignored */
    request = parse(line, size, &error);
    if (request != NULL && take_reply(peer_of(connection), request)) {
        json_decref(request);
        return;
    }
    call = call_new(peer_of(connection), request != NULL ? answer_id(request) : json_null());
    if (call == NULL)
        connection->closing = true; /* no memory even to answer */
    else if (request == NULL && parse_lacked_memory(&error))
        call_fail_memory(call);
    else if (request == NULL)
        call_fail(call, PROTOCOL_PARSE_ERROR, "not JSON: %s", error.text);
    else if (may_hold_nul && holds_nul(request))
        call_fail(call, PROTOCOL_VALUE_ERROR, "a string holds a NUL byte; no value may hold one");
    else
        run_method(call, request);
    json_decref(request);
}

static void refuse_long_line(struct connection *connection)
{
    struct call *call = call_new(peer_of(connection), json_null());

    if (call != NULL)
        call_fail(call, PROTOCOL_INVALID_REQUEST, "the request is longer than %u bytes",
                  PROTOCOL_LINE_MAX);
}

static void drop_calls(struct connection *connection)
{
    struct peer *peer = peer_of(connection);

    while (!LIST_EMPTY(&peer->calls))
        call_free(LIST_FIRST(&peer->calls));
}

/*
 * Returns true if the client will still make a request: it keeps threads, which it joins; or it has missed events, and
 * asks for a list once it has read the others and was told.
 */
static bool awaits_request(struct connection *connection)
{
    const struct peer *peer = peer_of(connection);

    events_tell_missed();
    return !LIST_EMPTY(&peer->kept) || peer->watcher.is_behind;
}

static void free_peer(struct connection *connection)
{
    log_reader_close_all(peer_of(connection));
    peer_free(peer_of(connection));
}

const struct connection_handler dispatch_handler = {
    .prepare = reports_take, /* some reports do not wake the server */
    .serve = serve,
    .refuse_long_line = refuse_long_line,
    .drop = drop_calls,
    .awaits_request = awaits_request,
    .free = free_peer,
};
