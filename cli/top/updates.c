#include "cli/top/updates.h"

#include "cli/base/clock.h"
#include "cli/top/far_look.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Takes an event, whose "thread" is the thread as it was after the event. */
static void take_event(void *context, const json_t *params)
{
    struct state *state = context;
    const char   *event = json_string_value(json_object_get(params, "event"));
    const json_t *thread = json_object_get(params, "thread");

    state->must_arrange = state->must_draw = true;
    if (event != NULL && strcmp(event, "forgotten") == 0)
        rows_forget(&state->rows, thread_id(thread));
    else if (thread == NULL || rows_take(&state->rows, thread, clock_monotonic()) != 0)
        state->must_list = true; /* events were missed */
}

/* Takes a list of all threads. Returns 0 or -ENOMEM. */
static int take_list(struct state *state, const json_t *list)
{
    const json_t *thread;
    size_t        i;
    double        time = clock_monotonic();
    int           error = 0;

    rows_begin(&state->rows);
    json_array_foreach((json_t *) list, i, thread)
        if (error == 0)
            error = rows_take(&state->rows, thread, time);
    if (error == 0)
        rows_finish(&state->rows);
    state->must_arrange = state->must_draw = true;
    return error;
}

static json_t *write_list(const struct state *state)
{
    return json_pack("{s:o}", "members", row_members(state->client->host == NULL));
}

/*
 * Returns true if the process at the other end of the connection is the supervisor or the guardian that VERSION names.
 */
static bool is_local(const struct state *state, const json_t *version)
{
    json_int_t   supervisor = json_integer_value(json_object_get(version, "pid"));
    json_int_t   guardian = json_integer_value(json_object_get(version, "guardian"));
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    if (state->client->host != NULL ||
        getsockopt(state->client->wire.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    return peer.pid > 0 && (peer.pid == supervisor || peer.pid == guardian);
}

/* Calls METHOD, and drops its result. */
static int call(struct client *client, const char *method, json_t *params)
{
    struct reply reply;
    int          error = client_call(client, method, params, &reply);

    if (error == 0)
        reply_release(&reply);
    return error;
}

static json_t *write_watch(const struct state *state)
{
    return json_pack("{s:o, s:[ssssssssss*]}", "members", row_members(state->client->host == NULL),
                     "events", "created", "started", "ready", "raised", "left", "changed",
                     "restarted", "ended", "forgotten",
                     state->is_local ? NULL : "output"); /* the logs here are watched here */
}

int updates_begin(struct state *state)
{
    struct client *client = state->client;
    struct reply   reply;
    int            error;

    client->notify = take_event;
    client->notify_context = state;
    error = client_call(client, "version", json_object(), &reply);
    if (error != 0)
        return error;
    state->is_local = is_local(state, reply.result);
    reply_release(&reply);
    error = call(client, "watch", write_watch(state));
    if (error != 0)
        return error;
    error = client_call(client, "list", write_list(state), &reply);
    if (error == 0) {
        error = take_list(state, reply.result);
        reply_release(&reply);
    }
    return error;
}

void updates_end(struct state *state)
{
    state->client->notify = NULL;
}

/* Forgets the request ID. Puts the message for its success into TEXT. Returns false if there is no such request. */
static bool forget_asked(struct state *state, json_int_t id, char *text, size_t size)
{
    for (size_t i = 0; i < state->asked_count; i++) {
        if (state->asked[i].id != id)
            continue;
        (void) snprintf(text, size, "%s", state->asked[i].text);
        state->asked_count--;
        memmove(state->asked + i, state->asked + i + 1,
                (state->asked_count - i) * sizeof(state->asked[0]));
        return true;
    }
    return false;
}

/* Shows why the supervisor refused a request, if REPLY says that. Returns true if it does. */
static bool show_failure(struct state *state, const struct reply *reply)
{
    struct failure *failure = &state->client->failure;
    struct text     shown = {0};

    if (client_check(state->client, reply) == 0)
        return false;
    text_add_escaped(&shown, failure->message.data, failure->message.size);
    state_say(state, "%s%s%.*s", failure->type, failure->type[0] != '\0' ? ": " : "",
              (int) shown.size, shown.data != NULL ? shown.data : "");
    text_release(&shown);
    return true;
}

/* Shows the result of a request of the user. */
static void take_result(struct state *state, const struct reply *reply)
{
    char text[sizeof(state->asked[0].text)];

    if (forget_asked(state, reply->id, text, sizeof(text)) && !show_failure(state, reply))
        state_say(state, "%s", text);
}

/* Asks for a new list, if events were missed and no list is under way. */
static int list_again(struct state *state)
{
    if (!state->must_list || state->list_id != 0)
        return 0;
    state->must_list = false;
    return client_send(state->client, "list", write_list(state), &state->list_id);
}

static int take_reply(struct state *state, const struct reply *reply)
{
    int error;

    if (far_look_take(state, reply))
        return 0;
    if (far_log_take(&state->log.far, reply)) {
        (void) show_failure(state, reply);
        state->must_draw = true;
        return 0;
    }
    if (reply->id != state->list_id) {
        take_result(state, reply);
        return 0;
    }
    state->list_id = 0;
    error = client_check(state->client, reply);
    return error == 0 ? take_list(state, reply->result) : error;
}

int updates_take(struct state *state)
{
    struct reply reply;
    int          found;

    while ((found = client_try_receive(state->client, &reply)) > 0) {
        int error = take_reply(state, &reply);

        reply_release(&reply);
        if (error != 0)
            return error;
    }
    return found < 0 ? found : list_again(state);
}

int updates_ask(struct state *state, const char *method, json_t *params, const char *text)
{
    struct asked *asked = &state->asked[state->asked_count];

    if (state->asked_count == STATE_ASKED_MAX) {
        json_decref(params);
        state_say(state, "the supervisor has not answered the last %d requests yet",
                  STATE_ASKED_MAX);
        return 0;
    }
    (void) snprintf(asked->text, sizeof(asked->text), "%s", text);
    state->asked_count++;
    return client_send(state->client, method, params, &asked->id);
}
