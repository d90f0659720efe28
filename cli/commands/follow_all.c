#include "cli/commands/follow_all.h"

#include "cli/base/status.h"
#include "cli/client/log_feed.h"
#include "cli/commands/command.h"
#include "cli/commands/log_copy.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"
#include "cli/view/printer.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* The milliseconds between two looks at the logs, if the system has no inotify instance or watch left. */
#define LOOK_INTERVAL 200

/* One thread that is followed. */
struct member {
    json_int_t             id, log_request, join_request;
    json_int_t             runs;    /* as the supervisor last said it */
    bool                   located; /* the request for the log was answered */
    bool                   ended;
    struct printer_source *source; /* NULL: not located yet, or there is no log to show */
    struct log_feed       *feed;   /* brings the log from another machine; NULL: it is a file */
    int                    watch;  /* inotify's number for the log; -1: none */
};

struct followers {
    const struct invocation         *invocation;
    const char                      *pattern;
    const struct follow_all_options *options;
    struct printer                   printer;
    struct member                   *members;
    size_t                           count;
    size_t                           first_count;  /* how many matched at the beginning */
    json_int_t                       list_request; /* 0: none is under way */
    int                              inotify;
    int                              status; /* of a failure that was reported, or STATUS_DONE */
};

static int fail(struct followers *all, const char *what, int error)
{
    all->status =
        command_fail(all->invocation, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
    return all->status;
}

static struct member *find(const struct followers *all, json_int_t id)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].id == id)
            return &all->members[i];
    return NULL;
}

/* The log of another machine */

/* Returns true if all of the log of MEMBER can be printed, once its thread has ended. */
static bool is_whole(const struct member *member)
{
    return member->feed == NULL || log_feed_has_ended(member->feed);
}

/* Ends the log of MEMBER, if it has ended and all of the log is here. */
static void end_if_whole(struct member *member)
{
    if (!member->ended || !is_whole(member) || member->source == NULL)
        return;
    printer_touch(member->source);
    printer_end(member->source);
}

/* Asks for the log of MEMBER, if it is on another machine. */
static int open_feed(const struct followers *all, struct member *member)
{
    const struct follow_all_options *o = all->options;
    const struct log_feed_wish       wish = {.thread = member->id,
                                             .follow = true,
                                             .times = o->timestamps,
                                             .some_lines = o->some_lines && all->first_count == 0,
                                             .lines = o->lines,
                                             .since = o->since,
                                             .begin = -1};

    if (session_has_logs_here(all->invocation->session))
        return 0;
    member->feed = calloc(1, sizeof(*member->feed));
    if (member->feed == NULL)
        return -ENOMEM;
    return log_feed_open(member->feed, &all->invocation->session->client, &wish);
}

/* Asks for the output of another run of MEMBER, if all of the one before has come. */
static int reopen_feed(const struct followers *all, struct member *member)
{
    if (member->feed == NULL || !log_feed_has_ended(member->feed))
        return 0;
    return log_feed_reopen(member->feed, member->id, all->options->timestamps);
}

static void close_feed(struct member *member)
{
    if (member->feed != NULL)
        log_feed_close(member->feed);
    free(member->feed);
}

/*
 * Takes REPLY if it brings a piece of the log of MEMBER. The last piece of a run may come before the end of the thread
 * is known, or when the thread runs again already: what follows is asked for.
 */
static bool take_piece(struct followers *all, struct member *member, const struct reply *reply)
{
    int taken = member->feed != NULL ? log_feed_take(member->feed, reply) : 0;

    if (taken < 0)
        all->status = command_fail_memory(all->invocation, STATUS_FAILED);
    if (taken <= 0)
        return taken < 0;
    if (member->source != NULL)
        printer_touch(member->source);
    if (member->feed->failure.status == STATUS_DONE && !member->ended &&
        reopen_feed(all, member) != 0)
        all->status = command_failed(all->invocation);
    end_if_whole(member);
    return true;
}

/* Asks for more of the logs of another machine. Returns false after a failure. */
static bool ask_feeds(struct followers *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].feed != NULL && log_feed_ask(all->members[i].feed) != 0) {
            all->status = command_failed(all->invocation);
            return false;
        }
    return true;
}

/* Threads */

/* Asks when MEMBER ends. */
static int ask_end(const struct followers *all, struct member *member)
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
    struct member *members = reallocarray(all->members, all->count + 1, sizeof(*members));
    struct member *member;
    json_t        *about;

    if (members == NULL) {
        all->status = command_fail_memory(all->invocation, STATUS_FAILED);
        return;
    }
    all->members = members;
    member = &members[all->count++];
    *member = (struct member){.id = thread_id(thread), .runs = runs_of(thread), .watch = -1};
    about = json_pack("{s:I, s:b}", "thread", member->id, "begun", 1);
    if (all->options->since >= 0)
        (void) json_object_set_new(about, "since", json_real(all->options->since));
    if (client_queue(&all->invocation->session->client, "logs", about, &member->log_request) != 0 ||
        open_feed(all, member) != 0 || ask_end(all, member) != 0)
        all->status = command_failed(all->invocation);
}

/* Returns true if THREAD, which MEMBER is about, has run again since it ended. The new run may have ended too. */
static bool has_run_again(const struct member *member, const json_t *thread)
{
    return member->ended &&
           (!json_is_number(json_object_get(thread, "ended")) || runs_of(thread) != member->runs);
}

/* Follows THREAD; takes a thread that had ended for one that runs again. */
static void follow_thread(struct followers *all, const json_t *thread)
{
    struct member *member = find(all, thread_id(thread));

    if (member == NULL) {
        add_member(all, thread);
        return;
    }
    if (has_run_again(member, thread)) {
        member->ended = false;
        if (member->source != NULL)
            printer_resume(member->source);
        if (reopen_feed(all, member) != 0 || ask_end(all, member) != 0)
            all->status = command_failed(all->invocation);
    }
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

/* Logs */

static void watch_path(struct followers *all, const char *path, uint32_t events, int *ret)
{
    *ret = all->inotify >= 0 ? inotify_add_watch(all->inotify, path, events) : -1;
    if (*ret >= 0 || errno == ENOENT || all->inotify < 0)
        return;
    close(all->inotify); /* no watch is left: look in intervals */
    all->inotify = -1;
}

/* Watches the log of MEMBER, and the directory, in which it may be made, or made again. */
static void watch(struct followers *all, struct member *member)
{
    char *path = member->source->path;
    char *slash = strrchr(path, '/');
    int   ignored;

    watch_path(all, path, IN_MODIFY, &member->watch);
    if (slash == NULL)
        return;
    *slash = '\0';
    watch_path(all, slash > path ? path : "/", IN_CREATE | IN_MOVED_TO, &ignored);
    *slash = '/';
}

/* Adds the log at PATH. Returns 0 or -ENOMEM. */
static int add_source(struct followers *all, struct member *member, const char *name,
                      const char *path, const json_t *result)
{
    bool  is_first = member < all->members + all->first_count;
    char *marks = NULL;
    int   error = bytes_from_json(json_object_get(result, "run_marks"), &marks);

    member->source = printer_add(&all->printer, name, path,
                                 (off_t) json_integer_value(json_object_get(result, "offset")));
    if (member->source == NULL || error == -ENOMEM ||
        (error == 0 && printer_show_runs(member->source, marks) != 0)) {
        free(marks);
        return -ENOMEM;
    }
    free(marks);
    (void) printer_open_source(member->source, all->options->some_lines && is_first,
                               all->options->lines); /* a missing log may still be made */
    if (logfile_is(&member->source->log, STDOUT_FILENO)) {
        all->status = command_fail(all->invocation, STATUS_FAILED, NULL,
                                   "standard output is the log of '%s'", name);
        return 0;
    }
    watch(all, member);
    printer_touch(member->source);
    if (member->ended)
        printer_end(member->source);
    return 0;
}

/* Adds the log, of another machine, where it is at PATH. Returns 0 or -ENOMEM. */
static int add_feed_source(struct followers *all, struct member *member, const char *name,
                           const char *path)
{
    member->source = printer_add_buffer(&all->printer, name, path, &member->feed->buffer);
    if (member->source == NULL)
        return -ENOMEM;
    printer_show_buffered_runs(member->source);
    printer_touch(member->source);
    end_if_whole(member);
    return 0;
}

/* Takes the answer to "logs", NULL if that was an error: the thread was cleared. */
static void locate(struct followers *all, struct member *member, const json_t *result)
{
    char *name = NULL, *path = NULL;
    int   error = 0;

    member->located = true;
    if (result == NULL)
        return;
    error = bytes_from_json(json_object_get(result, "name"), &name);
    if (error == 0)
        error = bytes_from_json(json_object_get(result, "log"), &path);
    if (error == 0 && all->options->timestamps &&
        !log_copy_has_times(all->invocation, path, member->id, result))
        all->status = log_copy_fail_times(all->invocation);
    else if (error == 0 && member->feed != NULL)
        error = add_feed_source(all, member, name, path);
    else if (error == 0)
        error = add_source(all, member, name, path, result);
    free(name);
    free(path);
    if (error != 0)
        (void) fail(all, "the log", error);
}

/* Notes the end of MEMBER. All its output is in the log by now. */
static void end(struct member *member)
{
    member->ended = true;
    end_if_whole(member);
}

/* Answers */

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
        struct member *member = &all->members[i];

        if (take_piece(all, member, reply))
            return;
        if (reply->id == member->log_request)
            locate(all, member, reply->result);
        else if (reply->id == member->join_request)
            end(member);
    }
}

/* Takes all answers and events that have arrived. Returns false if the connection is lost. */
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

/* News of the logs */

/* Looks for a log that was made, or made again. */
static void look_again(struct followers *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct member *member = &all->members[i];

        if (member->source == NULL || member->feed != NULL || member->ended)
            continue;
        logfile_look(&member->source->log);
        watch(all, member);
    }
    printer_touch_all(&all->printer);
}

static void touch_watch(struct followers *all, int watch)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].source != NULL && all->members[i].watch == watch)
            printer_touch(all->members[i].source);
}

static void read_events(struct followers *all)
{
    char    events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t size;
    bool    came = false;

    if (all->inotify < 0)
        printer_touch_all(&all->printer);
    while (all->inotify >= 0 && (size = read(all->inotify, events, sizeof(events))) > 0)
        for (char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *) (void *) at;

            came |= event->len > 0 || (event->mask & IN_Q_OVERFLOW) != 0;
            touch_watch(all, event->wd);
            at += sizeof(*event) + event->len;
        }
    if (came)
        look_again(all);
}

static int patience(const struct followers *all)
{
    int waiting = printer_patience(&all->printer);

    return all->inotify >= 0 || !session_has_logs_here(all->invocation->session) ||
                   (waiting >= 0 && waiting < LOOK_INTERVAL)
               ? waiting
               : LOOK_INTERVAL;
}

/* The loop */

/* Returns true if all threads have ended, and their logs are known. */
static bool have_ended(const struct followers *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->members[i].located || !all->members[i].ended || !is_whole(&all->members[i]))
            return false;
    return all->list_request == 0;
}

/* Takes what printing has returned. Returns false if that was a failure. */
static bool check_output(struct followers *all, int error)
{
    if (error == -EPIPE)
        all->status = STATUS_FAILED; /* the reader has gone, which needs no message */
    else if (error != 0)
        (void) fail(all, "cannot print the logs", error);
    return error == 0;
}

/* Waits for something to happen, and writes what standard output takes. */
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
    if (poll(pollfds, 3, patience(all)) < 0 && errno != EINTR) {
        (void) fail(all, "poll", -errno);
        return;
    }
    read_events(all);
    if (pollfds[2].revents & POLLOUT)
        (void) check_output(all, printer_write(&all->printer));
    else if (pollfds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
        (void) check_output(all, -EPIPE);
}

/* Prints what is left when the connection is lost, as at the end of a shutdown. Returns the exit status. */
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
            !ask_feeds(all) || (have_ended(all) && printer_is_idle(&all->printer)))
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
    if (all->count > 0)
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

/* Warns if the disk of MEMBER's log is full. Returns true if it is. */
static bool warn_full(const struct followers *all, const struct member *member)
{
    static const struct log_feed no_feed;

    return member->source != NULL &&
           log_copy_warn_full(all->invocation, member->source->path,
                              member->feed != NULL ? member->feed : &no_feed);
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
    for (size_t i = 0; i < all.count && status == STATUS_DONE; i++)
        if (warn_full(&all, &all.members[i]))
            break;
    for (size_t i = 0; i < all.count; i++)
        close_feed(&all.members[i]);
    stop_events(&invocation->session->client);
    printer_close(&all.printer);
    if (all.inotify >= 0)
        close(all.inotify);
    free(all.members);
    return status;
}
