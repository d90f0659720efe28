#include "cli/commands/follow.h"

#include "cli/base/status.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void follow_open(struct follow *follow, const struct invocation *invocation)
{
    *follow = (struct follow){.invocation = invocation, .pass.signals = SIGNALS_NONE, .since = -1};
    log_copy_open(&follow->copy, invocation);
}

void follow_close(struct follow *follow)
{
    log_copy_close(&follow->copy);
    signals_close(&follow->pass.signals);
    input_copy_close(&follow->input);
    json_decref(follow->log);
    json_decref(follow->thread);
}

/* Requests and replies */

json_t *logs_request(json_int_t id, double since)
{
    json_t *request = json_pack("{s:I, s:i}", "thread", id, "lines", 0);

    if (since >= 0)
        (void) json_object_set_new(request, "since", json_real(since));
    return request;
}

int follow_request(struct follow *follow, json_int_t id)
{
    struct client *client = &follow->invocation->session->client;
    json_t        *about =
        id > 0 ? json_pack("{s:I, s:b}", "thread", id, "begun", 1) : json_pack("{s:b}", "begun", 1);
    json_t *ended = id > 0 ? json_pack("{s:I}", "thread", id) : json_object();
    int     error;

    if (follow->since >= 0)
        (void) json_object_set_new(about, "since", json_real(follow->since));
    error = client_queue(client, "logs", about, &follow->log_request);
    if (error == 0)
        error = log_copy_request(&follow->copy, id, follow->since);
    if (error != 0) {
        json_decref(ended);
        return error;
    }
    return client_send(client, "join", ended, &follow->join_request);
}

int follow_take(struct follow *follow, const struct reply *reply)
{
    int taken = log_copy_take_reply(&follow->copy, reply);

    if (taken != 0)
        return taken < 0 ? taken : 0;
    if (reply->id == follow->join_request) {
        follow->joined = true;
        follow->thread = json_incref((json_t *) reply->result); /* NULL if the reply is an error */
    } else if (reply->id == follow->log_request) {
        follow->located = true;
        follow->log = json_incref((json_t *) reply->result);
    }
    return 0;
}

static bool is_answered(const struct follow *follow)
{
    return follow->joined && follow->located && log_copy_is_whole(&follow->copy);
}

/* Takes REPLY. Returns 0 or -ENOMEM. */
static int take_reply(struct follow *follow, const struct reply *reply)
{
    return input_copy_take(&follow->input, reply) == 0 ? follow_take(follow, reply) : 0;
}

/*
 * Takes all replies that have arrived. A reply may have been read together with another reply: then
 * poll() reports nothing more for it.
 */
static int take_replies(struct follow *follow)
{
    struct client *client = &follow->invocation->session->client;
    struct reply   reply;
    int            found = 0, error = 0;

    while (error == 0 && !is_answered(follow) && (found = client_try_receive(client, &reply)) > 0) {
        error = take_reply(follow, &reply);
        reply_release(&reply);
    }
    if (error != 0)
        return command_fail_memory(follow->invocation, STATUS_FAILED);
    if (found < 0 && (!follow->joined || !log_copy_is_whole(&follow->copy)))
        return command_failed(follow->invocation);
    follow->located |= found < 0;
    if (follow->log == NULL || follow->copy.source != NULL || follow->copy.is_silent)
        return STATUS_DONE;
    return log_copy_begin(&follow->copy, follow->id, follow->log);
}

/* Waiting */

/* Copies this process's input on. If it cannot be read, the thread's input ends. Returns 0 or -errno. */
static int copy_input(struct follow *follow, short revents)
{
    if (input_copy_step(&follow->input, revents) == 0)
        return 0;
    (void) command_failed(follow->invocation);
    return input_copy_end(&follow->input);
}

/*
 * Waits for output of the thread, its end, a signal, and until standard output takes bytes or no process
 * reads it any more.
 */
static int wait_for_news(struct follow *follow)
{
    struct client   *client = &follow->invocation->session->client;
    struct log_copy *copy = &follow->copy;
    struct pollfd    pollfds[] = {
           {.fd = is_answered(follow) ? -1 : client->wire.fd, .events = POLLIN},
           {.fd = copy->inotify, .events = POLLIN},
           {.fd = copy->is_silent ? -1 : STDOUT_FILENO,
            .events = log_copy_is_ready(copy) ? POLLOUT : 0},
           {.fd = follow->pass.signals.fd, .events = POLLIN},
           input_copy_poll(&follow->input),
    };

    if (client->wire.unsent.size > 0)
        pollfds[0].events |= POLLOUT;
    if (poll(pollfds, 5, log_copy_patience(copy)) < 0 && errno != EINTR)
        return command_fail(follow->invocation, STATUS_FAILED, NULL, "poll: %s", strerror(errno));
    if (pollfds[4].revents != 0 && copy_input(follow, pollfds[4].revents) != 0)
        return STATUS_FAILED;
    log_copy_read_events(copy);
    pass_signals(&follow->pass, client, follow->id);
    if (pollfds[2].revents & POLLOUT)
        return log_copy_write(copy);
    if (pollfds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
        return log_copy_lose_output(copy, -EPIPE);
    return STATUS_DONE;
}

/*
 * Takes the replies before the output: a thread's last output is in its log before its end is
 * reported.
 */
int follow_run(struct follow *follow)
{
    int status;

    log_copy_watch(&follow->copy);
    for (;;) {
        status = take_replies(follow);
        if (follow->joined)
            log_copy_end(&follow->copy);
        if (status == STATUS_DONE)
            status = log_copy_take(&follow->copy);
        if (status != STATUS_DONE)
            return status;
        if (is_answered(follow) && log_copy_is_done(&follow->copy))
            return log_copy_finish(&follow->copy);
        status = wait_for_news(follow);
        if (status != STATUS_DONE)
            return status;
        if (follow->copy.output_closed)
            pass_signals_unread(&follow->pass, &follow->invocation->session->client, follow->id);
    }
}

/* Shows all that the log holds now. */
static int show_now(struct follow *follow)
{
    struct client *client = &follow->invocation->session->client;
    struct reply   reply;
    int            status;

    if (client_call(client, "logs", logs_request(follow->id, follow->since), &reply) != 0)
        return command_failed(follow->invocation);
    if (log_copy_request(&follow->copy, follow->id, follow->since) != 0) {
        reply_release(&reply);
        return command_failed(follow->invocation);
    }
    status = log_copy_begin(&follow->copy, follow->id, reply.result);
    reply_release(&reply);
    return status == STATUS_DONE ? log_copy_now(&follow->copy) : status;
}

int follow_show(struct follow *follow, const char *thread)
{
    struct client *client = &follow->invocation->session->client;
    struct reply   reply;
    bool           ended;

    if (client_call(client, "list", json_pack("{s:[o]}", "threads", thread_to_json(thread)),
                    &reply) != 0)
        return command_failed(follow->invocation);
    follow->id = thread_id(json_array_get(reply.result, 0));
    ended = json_is_number(json_object_get(json_array_get(reply.result, 0), "ended"));
    reply_release(&reply);
    follow->copy.follow &= !ended;
    if (!follow->copy.follow)
        return show_now(follow);
    if (follow_request(follow, follow->id) != 0)
        return command_failed(follow->invocation);
    return follow_run(follow);
}

int follow_take_signals(struct follow *follow)
{
    int error = signals_take(&follow->pass.signals);

    if (error == 0)
        return STATUS_DONE;
    return command_fail(follow->invocation, STATUS_FAILED, NULL, "cannot take signals: %s",
                        strerror(-error));
}
