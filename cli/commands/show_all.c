#include "cli/commands/show_all.h"

#include "cli/base/status.h"
#include "cli/client/log_feed.h"
#include "cli/commands/follow.h"
#include "cli/commands/log_copy.h"
#include "cli/commands/report.h"
#include "cli/commands/thread_word.h"
#include "cli/rpc/bytes.h"
#include "cli/view/printer.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The state of one `logs PATTERN`. */
struct shown {
    const struct invocation         *invocation;
    const struct follow_all_options *options;
    struct printer                   printer;
    struct log_feed              feed; /* of the thread whose log is printed, if it is elsewhere */
    const struct printer_source *source; /* the log that FEED brings */
    bool                         has_warned;
    bool                         has_lost; /* a log could not be read, and the others were shown */
};

/* The place of a thread's log. */
struct location {
    json_int_t id;
    char      *name, *path, *marks;
    off_t      offset;
};

/* Adds a log of another machine. Returns 0 or -errno, as client.h's functions do. */
static int add_feed(struct shown *shown, const struct location *location)
{
    const struct follow_all_options *o = shown->options;
    const struct log_feed_wish       wish = {.thread = location->id,
                                             .times = o->timestamps,
                                             .some_lines = o->some_lines,
                                             .lines = o->lines,
                                             .since = o->since,
                                             .begin = -1};
    struct printer_source           *source;
    int error = log_feed_open(&shown->feed, &shown->invocation->session->client, &wish);

    if (error != 0)
        return error;
    source =
        printer_add_buffer(&shown->printer, location->name, location->path, &shown->feed.buffer);
    if (source == NULL)
        return -ENOMEM;
    printer_show_buffered_runs(source);
    shown->source = source;
    return 0;
}

/*
 * Adds a log of this machine, from its offset or from its last lines on. A log that was removed counts as
 * empty.
 */
static int add_file(struct shown *shown, const struct location *location)
{
    const struct follow_all_options *o = shown->options;
    struct printer_source           *source =
        printer_add(&shown->printer, location->name, location->path, location->offset);

    if (source == NULL || printer_show_runs(source, location->marks) != 0)
        return -ENOMEM;
    if (printer_open_source(source, o->some_lines, o->lines) != 0)
        return 0;
    if (logfile_size(&source->log, &source->limit) == 0) {
        printer_touch(source);
        printer_end(source);
    }
    return 0;
}

static int print(struct shown *shown)
{
    int error = printer_drain(&shown->printer);

    if (error == 0 || error == -EPIPE)
        return error == 0 ? STATUS_DONE : STATUS_FAILED;
    return command_fail(shown->invocation, STATUS_FAILED, NULL, "cannot print the logs: %s",
                        strerror(-error));
}

/* Waits for the next piece of the log, and takes it. Returns the exit status. */
static int receive(const struct shown *shown, struct log_feed *feed)
{
    struct reply reply;
    int          taken;

    if (log_feed_ask(feed) != 0 || client_receive(feed->client, &reply) != 0)
        return command_failed(shown->invocation);
    taken = log_feed_take(feed, &reply);
    reply_release(&reply);
    return taken >= 0 ? STATUS_DONE : command_fail_memory(shown->invocation, STATUS_FAILED);
}

/* Prints the log that was added, with all pieces that come of a log that is elsewhere. Returns the exit status. */
static int print_log(struct shown *shown)
{
    struct log_feed *feed = &shown->feed;
    int              status = STATUS_DONE;

    while (status == STATUS_DONE && feed->client != NULL && !log_feed_has_ended(feed)) {
        status = receive(shown, feed);
        printer_touch_all(&shown->printer);
        if (status == STATUS_DONE && !log_feed_has_ended(feed))
            status = print(shown);
    }
    if (feed->client != NULL)
        printer_end_all(&shown->printer);
    return status == STATUS_DONE ? print(shown) : status;
}

static void warn_full(struct shown *shown, const char *path)
{
    if (!shown->has_warned)
        shown->has_warned = log_copy_warn_full(shown->invocation, path, &shown->feed);
}

/* Prints the log at LOCATION. Returns the exit status. */
static int show_located(struct shown *shown, const struct location *location)
{
    bool is_elsewhere = !session_has_logs_here(shown->invocation->session);
    int  error = is_elsewhere ? add_feed(shown, location) : add_file(shown, location);
    int  status;

    if (error != 0)
        return error == -ENOMEM ? command_fail_memory(shown->invocation, STATUS_FAILED)
                                : command_failed(shown->invocation);
    status = print_log(shown);
    if (status == STATUS_DONE) {
        shown->has_lost |= log_copy_report(shown->invocation, shown->source, &shown->feed);
        warn_full(shown, location->path);
    }
    log_feed_close(&shown->feed);
    return status;
}

/* Reads RESULT, the reply to "logs". Returns 0 or -errno. */
static int locate(const json_t *result, struct location *ret)
{
    int error = bytes_from_json(json_object_get(result, "name"), &ret->name);

    ret->id = thread_id(result);
    ret->offset = (off_t) json_integer_value(json_object_get(result, "offset"));
    if (error == 0)
        error = bytes_from_json(json_object_get(result, "log"), &ret->path);
    if (error == 0)
        error = bytes_from_json(json_object_get(result, "run_marks"), &ret->marks);
    return error;
}

/* Prints the log of the thread ID. Returns the exit status. */
static int show_thread(struct shown *shown, json_int_t id)
{
    const struct invocation *invocation = shown->invocation;
    struct location          location = {0};
    struct reply             reply;
    int                      status, error;

    if (client_call(&invocation->session->client, "logs", logs_request(id, shown->options->since),
                    &reply) != 0)
        return command_failed(invocation);
    error = locate(reply.result, &location);
    if (error != 0)
        status = command_fail(invocation, STATUS_FAILED, NULL, "the log: %s", strerror(-error));
    else if (shown->options->timestamps &&
             !log_copy_has_times(invocation, location.path, id, reply.result))
        status = log_copy_fail_times(invocation);
    else
        status = show_located(shown, &location);
    reply_release(&reply);
    free(location.name);
    free(location.path);
    free(location.marks);
    return status;
}

int show_all(const struct invocation *invocation, const char *pattern,
             const struct follow_all_options *options)
{
    struct shown  shown = {.invocation = invocation, .options = options};
    struct reply  reply;
    const json_t *thread;
    size_t        i;
    int           status = STATUS_DONE;

    if (client_call(
            &invocation->session->client, "list",
            json_pack("{s:[o], s:[s]}", "threads", thread_to_json(pattern), "members", "id"),
            &reply) != 0)
        return command_failed(invocation);
    if (json_array_size(reply.result) == 0)
        status = command_fail(invocation, STATUS_NO_THREAD, "InvalidThreadIdError",
                              "no thread fits '%s'", pattern);
    printer_open(&shown.printer, STDOUT_FILENO,
                 PRINTER_NAMES | printer_style(STDOUT_FILENO) |
                     (options->timestamps ? PRINTER_TIMES | PRINTER_KEPT : 0));
    json_array_foreach((json_t *) reply.result, i, thread)
        if (status == STATUS_DONE)
            status = show_thread(&shown, thread_id(thread));
    printer_close(&shown.printer);
    log_feed_close(&shown.feed);
    reply_release(&reply);
    return status == STATUS_DONE && shown.has_lost ? STATUS_FAILED : status;
}
