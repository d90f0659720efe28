#include "cli/commands/follow_all.h"

#include "cli/base/array.h"
#include "cli/base/background_close.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/followed_logs.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

static struct followed *find(const struct followers *all, json_int_t id)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].id == id)
            return &all->members[i];
    return NULL;
}

/* Threads */

/* Sends a join of MEMBER, whose reply comes at its end. */
static int ask_end(const struct followers *all, struct followed *member)
{
    return client_send(&all->invocation->session->client, "join",
                       json_pack("{s:I, s:[s]}", "thread", member->id, "members", "id"),
                       &member->join_request);
}

static json_int_t runs_of(const json_t *thread)
{
    return json_integer_value(json_object_get(thread, "runs"));
}

/* Follows THREAD from now on. */
static void add_member(struct followers *all, const json_t *thread)
{
    struct followed *members = array_room(all->members, all->count, sizeof(*members));
    struct followed *member;
    json_t          *about;

    if (members == NULL) {
        all->status = command_fail_memory(all->invocation, STATUS_FAILED);
        return;
    }
    all->members = members;
    member = &members[all->count++];
    *member = (struct followed){.id = thread_id(thread), .runs = runs_of(thread), .watch = -1};
    about = json_pack("{s:I, s:b}", "thread", member->id, "begun", 1);
    if (all->options->since >= 0)
        (void) json_object_set_new(about, "since", json_real(all->options->since));
    if (client_queue(&all->invocation->session->client, "logs", about, &member->log_request) != 0 ||
        followed_log_ask(all, member) != 0 || ask_end(all, member) != 0)
        all->status = command_failed(all->invocation);
}

/* Returns true if THREAD, the thread of MEMBER, has run again since it ended. The new run may have ended too. */
static bool has_run_again(const struct followed *member, const json_t *thread)
{
    return member->ended && runs_of(thread) != member->runs;
}

/* Follows THREAD, if it is new; if it had ended, follows its new run. */
static void follow_thread(struct followers *all, const json_t *thread)
{
    struct followed *member = find(all, thread_id(thread));

    if (member == NULL) {
        add_member(all, thread);
        return;
    }
    if (has_run_again(member, thread)) {
        member->ended = false;
        if (member->source != NULL)
            printer_resume(member->source);
        if (followed_log_ask_again(all, member) != 0 || ask_end(all, member) != 0)
            all->status = command_failed(all->invocation);
    }
    if (member->source != NULL && member->runs != runs_of(thread))
        printer_touch(
            member
                ->source); /* a line shows where the run begins, whether or not it prints anything */
    member->runs = runs_of(thread);
}

static bool matches(const struct followers *all, const json_t *thread)
{
    char *name = NULL;
    bool  fits = bytes_from_json(json_object_get(thread, "name"), &name) == 0 &&
                fnmatch(all->pattern, name, 0) == 0;

    free(name);
    return fits;
}

/* Takes an event. If events were missed, asks for a list of all threads instead. */
static void take_event(void *context, const json_t *params)
{
    struct followers *all = context;
    const json_t     *thread = json_object_get(params, "thread");

    if (thread == NULL)
        (void) client_send(&all->invocation->session->client, "list", json_object(),
                           &all->list_request);
    else if (matches(all, thread))
        follow_thread(all, thread);
}

/* Notes the end of MEMBER. All its output is in the log already. */
static void end(struct followed *member)
{
    member->ended = true;
    followed_log_end_if_whole(member);
}

/* Replies */

static void take_list(struct followers *all, const json_t *threads)
{
    const json_t *thread;
    size_t        i;

    all->list_request = 0;
    json_array_foreach((json_t *) threads, i, thread)
        if (matches(all, thread))
            follow_thread(all, thread);
}

static void take_reply(struct followers *all, const struct reply *reply)
{
    if (reply->id == all->list_request) {
        take_list(all, reply->result);
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        struct followed *member = &all->members[i];

        if (followed_log_take(all, member, reply))
            return;
        if (reply->id == member->log_request)
            followed_log_locate(all, member, reply->result);
        else if (reply->id == member->join_request)
            end(member);
    }
}

/* Takes all replies and events that have arrived. Returns false if the connection is lost. */
static bool take_replies(struct followers *all)
{
    struct reply reply;
    int          found;

    while ((found = client_try_receive(&all->invocation->session->client, &reply)) > 0) {
        take_reply(all, &reply);
        reply_release(&reply);
    }
    return found == 0;
}

/* The loop */

/* Returns true if all threads have ended, and their logs are known. */
static bool have_ended(const struct followers *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->members[i].located || !all->members[i].ended ||
            !followed_log_is_whole(&all->members[i]))
            return false;
    return all->list_request == 0;
}

/* Takes ERROR, the result of printing. Returns false if it is a failure. */
static bool check_output(struct followers *all, int error)
{
    if (error == -EPIPE)
        all->status = STATUS_FAILED; /* no process reads any more, which needs no message */
    else if (error != 0)
        (void) followed_logs_fail(all, "cannot print the logs", error);
    return error == 0;
}

/* Waits for an event, and writes what standard output takes. */
static void wait_for_news(struct followers *all)
{
    struct client *client = &all->invocation->session->client;
    struct pollfd  pollfds[] = {
         {.fd = client->wire.fd, .events = POLLIN},
         {.fd = all->inotify, .events = POLLIN},
         {.fd = STDOUT_FILENO, .events = printer_is_ready(&all->printer) ? POLLOUT : 0},
    };

    if (client->wire.unsent.size > 0)
        pollfds[0].events |= POLLOUT;
    if (poll(pollfds, 3, followed_logs_patience(all)) < 0 && errno != EINTR) {
        (void) followed_logs_fail(all, "poll", -errno);
        return;
    }
    followed_logs_read_events(all);
    if (pollfds[2].revents & POLLOUT)
        (void) check_output(all, printer_write(&all->printer));
    else if (pollfds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
        (void) check_output(all, -EPIPE);
}

/* Prints the rest of the output when the connection is lost, as at the end of a shutdown. Returns the exit status. */
static int print_rest(struct followers *all)
{
    printer_touch_all(&all->printer);
    if (!check_output(all, printer_drain(&all->printer)) || have_ended(all))
        return all->status;
    return command_failed(all->invocation);
}

/* Prints until all threads have ended. Returns the exit status. */
static int run_loop(struct followers *all)
{
    while (all->status == STATUS_DONE) {
        if (!take_replies(all))
            return print_rest(all);
        if (all->status != STATUS_DONE || !check_output(all, printer_fill(&all->printer)) ||
            !followed_logs_ask_more(all) || (have_ended(all) && printer_is_idle(&all->printer)))
            break;
        wait_for_news(all);
    }
    return all->status;
}

/* Asks for events, and for the threads that match now. Returns the exit status. */
static int begin(struct followers *all)
{
    struct client *client = &all->invocation->session->client;
    struct reply   reply;

    client->notify = take_event;
    client->notify_context = all;
    if (client_call(client, "watch",
                    json_pack("{s:[ss], s:[ssss]}", "events", "created", "restarted", "members",
                              "id", "name", "ended", "runs"),
                    &reply) != 0)
        return command_failed(all->invocation);
    reply_release(&reply);
    if (client_call(client, "list",
                    json_pack("{s:[o], s:[ssss]}", "threads", bytes_to_json(all->pattern),
                              "members", "id", "name", "ended", "runs"),
                    &reply) != 0)
        return command_failed(all->invocation);
    take_list(all, reply.result);
    reply_release(&reply);
    all->first_count = all->count;
    if (all->count > 0 || all->status != STATUS_DONE)
        return all->status;
    return command_fail(all->invocation, STATUS_NO_THREAD, "InvalidThreadIdError",
                        "no thread fits '%s'", all->pattern);
}

/* Stops the supervisor's events: the next command of a script uses the same connection. */
static void stop_events(struct client *client)
{
    struct reply reply;

    client->notify = NULL;
    if (client->open && client_call(client, "watch", json_pack("{s:[]}", "events"), &reply) == 0)
        reply_release(&reply);
}

int follow_all(const struct invocation *invocation, const char *pattern,
               const struct follow_all_options *options)
{
    struct followers all = {.invocation = invocation,
                            .pattern = pattern,
                            .options = options,
                            .inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    unsigned         flags = PRINTER_NAMES | PRINTER_PARTIAL | printer_style(STDOUT_FILENO);
    int              status;

    printer_open(&all.printer, STDOUT_FILENO,
                 flags | (options->timestamps ? PRINTER_TIMES | PRINTER_KEPT : 0));
    status = begin(&all);
    if (status == STATUS_DONE)
        status = run_loop(&all);
    if (status == STATUS_DONE && all.has_lost)
        status = STATUS_FAILED;
    for (size_t i = 0; i < all.count && status == STATUS_DONE; i++)
        if (followed_log_warn_full(&all, &all.members[i]))
            break;
    for (size_t i = 0; i < all.count; i++)
        followed_log_close(&all.members[i]);
    stop_events(&invocation->session->client);
    printer_close(&all.printer);
    background_close(all.inotify);
    free(all.members);
    return status;
}
