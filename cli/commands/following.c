#include "cli/commands/following.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/joining.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"
#include "cli/view/full_disk.h"
#include "cli/view/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Where the system has no inotify to spare, the log is looked at so often, in milliseconds. */
#define LOOK_INTERVAL 200

static int fail(const struct following *following, const char *what, int error)
{
    return command_fail(following->call, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
}

int following_no_times(const struct call *call)
{
    return command_fail(call, STATUS_FAILED, NULL,
                        "the times of the lines are not known: only run knows them, of what it "
                        "prints");
}

void following_open(struct following *following, const struct call *call)
{
    *following = (struct following){.call = call, .inotify = -1, .signals = SIGNALS_NONE};
}

void following_close(struct following *following)
{
    if (following->source != NULL)
        printer_close(&following->printer);
    if (following->inotify >= 0)
        close(following->inotify);
    signals_close(&following->signals);
    json_decref(following->log);
    json_decref(following->thread);
}

/* The log */

/*
 * Opens the log. A thread that has not begun has none; that of one which goes on may be made anew.
 * Of one's own thread whose output goes to no file, as /dev/null, nothing is to be shown.
 */
static int open_log(struct following *following, bool begun)
{
    const char *path = following->source->path;
    int error = printer_open_source(following->source, following->some_lines, following->lines);

    if (error == 0 || (error == -ENOENT && (!begun || following->follow)))
        return STATUS_DONE;
    if (following->own) {
        following->mute = true;
        return STATUS_DONE;
    }
    if (error == -ENOENT)
        return command_fail(following->call, STATUS_FAILED, "FileNotFoundError",
                            "the log %s is gone", path);
    if (error == -EINVAL)
        return command_fail(following->call, STATUS_FAILED, NULL, "%s is no regular file", path);
    return fail(following, path, error);
}

/* Without a watch to spare the log is looked at by time; a file that is not there yet needs none. */
static void add_watch(struct following *following, const char *path, uint32_t events)
{
    if (following->inotify < 0 || inotify_add_watch(following->inotify, path, events) >= 0 ||
        errno == ENOENT)
        return;
    close(following->inotify);
    following->inotify = -1;
}

/* Watches the log, and its directory, in which it may be made anew. */
static void watch(struct following *following)
{
    char *path = following->source->path;
    char *slash = strrchr(path, '/');

    add_watch(following, path, IN_MODIFY);
    if (slash == NULL)
        return;
    *slash = '\0';
    add_watch(following, slash > path ? path : "/", IN_CREATE | IN_MOVED_TO);
    *slash = '/';
}

/*
 * Bytes are shown as soon as they are there; but of a log that is kept small by lines, because the
 * rest of one may be gone before it is read.
 */
static unsigned style_of(const struct following *following, const json_t *result)
{
    if (following->timestamps)
        return PRINTER_TIMES | PRINTER_KEPT;
    if (json_integer_value(json_object_get(result, "limit")) > 0)
        return PRINTER_EXACT | PRINTER_PARTIAL;
    return PRINTER_EXACT | PRINTER_RAW;
}

/* RESULT is the answer to "logs". */
static int take_log(struct following *following, const json_t *result)
{
    off_t offset = (off_t) json_integer_value(json_object_get(result, "offset"));
    char *path = NULL;
    int   error = bytes_from_json(json_object_get(result, "log"), &path);
    int   status;

    if (error == 0 && following->timestamps && !times_are_kept(path, following->id)) {
        free(path);
        return following_no_times(following->call);
    }
    printer_open(&following->printer, STDOUT_FILENO, style_of(following, result));
    if (error == 0)
        following->source = printer_add(&following->printer, "", path, offset);
    free(path);
    if (following->source == NULL)
        return fail(following, "the log", error != 0 ? error : -ENOMEM);
    status = open_log(following, json_is_true(json_object_get(result, "begun")));
    if (status == STATUS_DONE && !following->mute)
        watch(following);
    return status;
}

/* Nothing more is copied. */
static void silence(struct following *following)
{
    following->mute = true;
    if (following->source != NULL)
        printer_discard(&following->printer);
}

/* Standard output has no reader any more, as with "| head", or cannot be written. */
static int lose_output(struct following *following, int error)
{
    if (error == -EPIPE) {
        following->unread = true;
        return STATUS_FAILED;
    }
    if (!following->own)
        return fail(following, "cannot copy the log", error);
    silence(following);
    (void) fail(following, "cannot write to standard output, the thread goes on without it", error);
    return STATUS_DONE;
}

/* Takes what is new in the log. It must not be copied into itself. */
static int take_output(struct following *following)
{
    int error;

    if (following->mute || following->source == NULL)
        return STATUS_DONE;
    printer_touch(following->source);
    error = printer_fill(&following->printer);
    if (error != 0)
        return fail(following, "the log", error);
    if (!logfile_is(&following->source->log, STDOUT_FILENO))
        return STATUS_DONE;
    silence(following);
    if (following->own)
        return STATUS_DONE; /* it is there already */
    return command_fail(following->call, STATUS_FAILED, NULL, "standard output is the log itself");
}

static int write_output(struct following *following)
{
    int error = printer_write(&following->printer);

    return error == 0 ? STATUS_DONE : lose_output(following, error);
}

/* Requests and answers */

int following_request(struct following *following, json_int_t id)
{
    struct client *client = &following->call->session->client;
    json_t        *about =
        id > 0 ? json_pack("{s:I, s:b}", "thread", id, "begun", 1) : json_pack("{s:b}", "begun", 1);
    json_t *ended = id > 0 ? json_pack("{s:I}", "thread", id) : json_object();
    int     error = client_queue(client, "logs", about, &following->log_request);

    if (error != 0) {
        json_decref(ended);
        return error;
    }
    return client_send(client, "join", ended, &following->join_request);
}

void following_take(struct following *following, const struct reply *reply)
{
    if (reply->id == following->join_request) {
        following->joined = true;
        following->thread = json_incref((json_t *) reply->result); /* NULL for an error */
    } else if (reply->id == following->log_request) {
        following->located = true;
        following->log = json_incref((json_t *) reply->result);
    }
}

static bool is_answered(const struct following *following)
{
    return following->joined && following->located;
}

/*
 * Takes all answers that came: behind the answer to a raise, what was read with it would wait for no
 * further news.
 */
static int take_answers(struct following *following)
{
    struct client *client = &following->call->session->client;
    struct reply   reply;
    int            found = 0;

    while (!is_answered(following) && (found = client_try_receive(client, &reply)) > 0) {
        following_take(following, &reply);
        reply_release(&reply);
    }
    if (found < 0 && !following->joined)
        return command_failed(following->call);
    following->located |= found < 0;
    if (following->log == NULL || following->source != NULL || following->mute)
        return STATUS_DONE;
    return take_log(following, following->log);
}

/* Signals and news */

/* An answer that nobody waits for: a thread that has ended meanwhile need not be raised. */
static void request_raise(struct following *following, const char *exception)
{
    (void) client_send(&following->call->session->client, "raise",
                       json_pack("{s:I, s:s}", "thread", following->id, "exception", exception),
                       NULL);
}

static void pass_signals_on(struct following *following)
{
    int signal;

    while ((signal = signals_next(&following->signals)) != 0) {
        if (signal == SIGCHLD)
            continue;
        if (following->asked)
            request_raise(following, "SIGKILL");
        else
            request_raise(following, signal == SIGINT ? "KeyboardInterrupt" : "SystemExit");
        following->asked = true;
    }
}

/* A file that came into the directory may be the log, made anew. */
static void take_events(struct following *following)
{
    char    events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t size;
    bool    came = false;

    while (following->inotify >= 0 && (size = read(following->inotify, events, sizeof(events))) > 0)
        for (char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *) (void *) at;

            came |= event->len > 0;
            at += sizeof(*event) + event->len;
        }
    if (!came || following->source == NULL)
        return;
    logfile_look(&following->source->log);
    watch(following);
}

/* In how many milliseconds to look without news; -1: not by time. */
static int patience(const struct following *following)
{
    int waiting;

    if (following->mute || following->source == NULL)
        return -1;
    waiting = printer_patience(&following->printer);
    if (following->inotify >= 0 || (waiting >= 0 && waiting < LOOK_INTERVAL))
        return waiting;
    return LOOK_INTERVAL;
}

/*
 * Waits for output, for the end of the thread, for whoever reads ours, and for the end of that one.
 */
static int wait_for_news(struct following *following)
{
    bool          is_ready = following->source != NULL && printer_is_ready(&following->printer);
    struct pollfd pollfds[] = {
        {.fd = is_answered(following) ? -1 : following->call->session->client.wire.fd,
         .events = POLLIN},
        {.fd = following->inotify, .events = POLLIN},
        {.fd = following->mute ? -1 : STDOUT_FILENO, .events = is_ready ? POLLOUT : 0},
        {.fd = following->signals.fd, .events = POLLIN},
    };

    if (following->call->session->client.wire.unsent.size > 0)
        pollfds[0].events |= POLLOUT;
    if (poll(pollfds, 4, patience(following)) < 0 && errno != EINTR)
        return fail(following, "poll", -errno);
    take_events(following);
    pass_signals_on(following);
    if (pollfds[2].revents & POLLOUT)
        return write_output(following);
    return pollfds[2].revents & (POLLERR | POLLHUP | POLLNVAL) ? lose_output(following, -EPIPE)
                                                               : STATUS_DONE;
}

/* Returns true if all has been copied that there will ever be. */
static bool is_done(const struct following *following)
{
    if (!is_answered(following))
        return false;
    return following->mute || following->source == NULL || printer_is_idle(&following->printer);
}

/* All was shown that the log holds, which may be less than was printed. */
static int finish(const struct following *following)
{
    if (following->source != NULL && !following->mute)
        (void) disk_warn_full(following->call->command->name, following->source->path);
    return STATUS_DONE;
}

/*
 * The answers are taken before the output: what a thread wrote is in its log before its end is
 * known.
 */
int following_run(struct following *following)
{
    int status;

    following->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    for (;;) {
        status = take_answers(following);
        if (following->joined && following->source != NULL)
            printer_end(following->source);
        if (status == STATUS_DONE)
            status = take_output(following);
        if (status != STATUS_DONE)
            return status;
        if (is_done(following))
            return finish(following);
        status = wait_for_news(following);
        if (status != STATUS_DONE)
            return status;
    }
}

/* Shows what there is now, to its end. */
static int show_now(struct following *following)
{
    struct reply reply;
    int          error, status;

    if (client_call(&following->call->session->client, "logs",
                    json_pack("{s:I, s:i}", "thread", following->id, "lines", 0), &reply) != 0)
        return command_failed(following->call);
    status = take_log(following, reply.result);
    reply_release(&reply);
    if (status != STATUS_DONE || following->source->log.file.fd < 0)
        return status;
    error = logfile_size(&following->source->log, &following->source->limit);
    if (error != 0)
        return fail(following, following->source->path, error);
    if (following->source->limit == 0)
        return finish(following);
    printer_end(following->source);
    status = take_output(following);
    if (status != STATUS_DONE)
        return status;
    error = printer_drain(&following->printer);
    return error == 0 ? finish(following) : lose_output(following, error);
}

int following_show(struct following *following, const char *thread)
{
    struct client *client = &following->call->session->client;
    struct reply   reply;
    bool           ended;

    if (client_call(client, "list", json_pack("{s:[o]}", "threads", thread_to_json(thread)),
                    &reply) != 0)
        return command_failed(following->call);
    following->id = view_id(json_array_get(reply.result, 0));
    ended = json_is_number(json_object_get(json_array_get(reply.result, 0), "ended"));
    reply_release(&reply);
    following->follow &= !ended;
    if (!following->follow)
        return show_now(following);
    if (following_request(following, following->id) != 0)
        return command_failed(following->call);
    return following_run(following);
}

int following_take_signals(struct following *following)
{
    int error = signals_take(&following->signals);

    if (error == 0)
        return STATUS_DONE;
    return command_fail(following->call, STATUS_FAILED, NULL, "cannot take signals: %s",
                        strerror(-error));
}
