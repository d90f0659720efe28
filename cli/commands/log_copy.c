#include "cli/commands/log_copy.h"

#include "cli/base/background_close.h"
#include "cli/base/descriptors.h"
#include "cli/base/inotify_block.h"
#include "cli/base/inotify_file.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"
#include "cli/view/full_disk.h"
#include "cli/view/message.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The milliseconds between two looks at the log, if the system has no inotify instance left. */
#define LOOK_INTERVAL 200

static int fail(const struct log_copy *copy, const char *what, int error)
{
    return command_fail(copy->invocation, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
}

bool log_copy_has_times(const struct invocation *invocation, const char *path, json_int_t id,
                        const json_t *result)
{
    if (!session_has_logs_here(invocation->session))
        return json_is_true(json_object_get(result, "times"));
    return times_are_kept(path, id);
}

bool log_copy_warn_full(const struct invocation *invocation, const char *path,
                        const struct log_feed *feed)
{
    const char *name = invocation->command->name;

    if (feed->client == NULL)
        return disk_warn_full(name, path);
    if (feed->buffer.is_disk_full)
        message_print(name, NULL, DISK_FULL_MESSAGE, path);
    return feed->buffer.is_disk_full;
}

bool log_copy_report(const struct invocation *invocation, const struct printer_source *source,
                     const struct log_feed *feed)
{
    const struct failure *failure = &feed->failure;

    if (failure->status == STATUS_DONE)
        return false;
    (void) command_fail(invocation, STATUS_FAILED, failure->type, "the log of '%.*s': %.*s",
                        (int) source->name.size, source->name.data, (int) failure->message.size,
                        failure->message.data);
    return true;
}

int log_copy_fail_times(const struct invocation *invocation)
{
    return command_fail(invocation, STATUS_FAILED, NULL,
                        "the times of the lines are not known: only run keeps them, for the "
                        "output that it prints");
}

void log_copy_open(struct log_copy *copy, const struct invocation *invocation)
{
    *copy = (struct log_copy){.invocation = invocation, .inotify = -1};
}

void log_copy_close(struct log_copy *copy)
{
    if (copy->source != NULL)
        printer_close(&copy->printer);
    background_close(copy->inotify);
    log_feed_close(&copy->feed);
}

/* The log of another machine */

int log_copy_request(struct log_copy *copy, json_int_t id, double since)
{
    const struct session      *session = copy->invocation->session;
    const struct log_feed_wish wish = {.thread = id,
                                       .follow = copy->follow,
                                       .times = copy->timestamps,
                                       .some_lines = copy->some_lines,
                                       .lines = copy->lines,
                                       .since = since,
                                       .begin = -1};

    if (session_has_logs_here(session) || copy->is_silent)
        return 0;
    log_feed_close(&copy->feed); /* of a start that is made again */
    return log_feed_open(&copy->feed, &copy->invocation->session->client, &wish);
}

int log_copy_take_reply(struct log_copy *copy, const struct reply *reply)
{
    return log_feed_take(&copy->feed, reply);
}

bool log_copy_is_whole(const struct log_copy *copy)
{
    return copy->is_silent || copy->feed.client == NULL || log_feed_has_ended(&copy->feed);
}

/* Reports the failure of the feed. For start --wait, a log that cannot be shown is no failure. */
static int check_feed(const struct log_copy *copy)
{
    const struct failure *failure = &copy->feed.failure;

    if (failure->status == STATUS_DONE || copy->own)
        return STATUS_DONE;
    return command_fail(copy->invocation, failure->status, failure->type, "%.*s",
                        (int) failure->message.size, failure->message.data);
}

/* Opening the log */

/*
 * Opens the log. A missing log is no error if the thread has not begun, or if it goes on, because
 * its log may be made again. For start --wait, no failure to open is an error: output to /dev/null,
 * for example, is not shown.
 */
static int open_log(struct log_copy *copy, bool begun)
{
    const char *path = copy->source->path;
    int         error = 0;

    if (copy->feed.client == NULL)
        error = printer_open_source(copy->source, copy->some_lines, copy->lines);
    if (error == 0 || (error == -ENOENT && (!begun || copy->follow)))
        return STATUS_DONE;
    if (copy->own) {
        copy->is_silent = true;
        return STATUS_DONE;
    }
    if (error == -ENOENT)
        return command_fail(copy->invocation, STATUS_FAILED, "FileNotFoundError",
                            "the log %s is gone", path);
    if (error == -EINVAL)
        return command_fail(copy->invocation, STATUS_FAILED, NULL, "%s is no regular file", path);
    return fail(copy, path, error);
}

/* Watches the log, and the marks of its runs. */
static void watch(struct log_copy *copy)
{
    (void) inotify_file_watch(&copy->inotify, copy->source->path);
    if (copy->source->marks != NULL)
        (void) inotify_file_watch(&copy->inotify, copy->source->marks->path);
}

/*
 * Returns the printer's flags. Bytes are shown as soon as they are written. But a log whose size is
 * limited is shown by lines, because the rest of a line may be gone before it is read.
 */
static unsigned style_of(const struct log_copy *copy, const json_t *result)
{
    if (copy->timestamps)
        return PRINTER_TIMES | PRINTER_KEPT;
    if (json_integer_value(json_object_get(result, "limit")) > 0)
        return PRINTER_EXACT | PRINTER_PARTIAL;
    return PRINTER_EXACT | PRINTER_RAW;
}

/* Makes the printer announce each run. MARKS is the path of the marks of runs. Returns 0 or -errno. */
static int show_runs(struct log_copy *copy, const json_t *marks)
{
    char *path = NULL;
    int   error;

    if (copy->feed.client != NULL) {
        printer_show_buffered_runs(copy->source);
        return 0;
    }
    error = bytes_from_json(marks, &path);
    if (error == 0)
        error = printer_show_runs(copy->source, path);
    free(path);
    return error == -EINVAL ? 0 : error; /* an older supervisor has no marks */
}

/* Adds the log at PATH. RESULT is the reply to "logs". Returns NULL if memory is lacking. */
static struct printer_source *add_source(struct log_copy *copy, const char *path,
                                         const json_t *result)
{
    off_t offset = (off_t) json_integer_value(json_object_get(result, "offset"));

    if (copy->feed.client != NULL)
        return printer_add_buffer(&copy->printer, "", path, &copy->feed.buffer);
    return printer_add(&copy->printer, "", path, offset);
}

int log_copy_begin(struct log_copy *copy, json_int_t id, const json_t *result)
{
    char *path = NULL;
    int   error = bytes_from_json(json_object_get(result, "log"), &path);
    int   status;

    if (error == 0 && copy->timestamps && !log_copy_has_times(copy->invocation, path, id, result)) {
        free(path);
        return log_copy_fail_times(copy->invocation);
    }
    printer_open(&copy->printer, STDOUT_FILENO, style_of(copy, result));
    if (error == 0)
        copy->source = add_source(copy, path, result);
    if (copy->source != NULL && !copy->own)
        error = show_runs(copy, json_object_get(result, "run_marks"));
    free(path);
    if (copy->source == NULL || error != 0)
        return fail(copy, "the log", error != 0 ? error : -ENOMEM);
    status = open_log(copy, json_is_true(json_object_get(result, "begun")));
    if (status == STATUS_DONE && !copy->is_silent && copy->feed.client == NULL)
        watch(copy);
    return status;
}

void log_copy_watch(struct log_copy *copy)
{
    if (session_has_logs_here(copy->invocation->session))
        copy->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
}

/* Copying */

int log_copy_lose_output(struct log_copy *copy, int error)
{
    copy->output_closed = error == -EPIPE;
    if (!copy->own)
        return copy->output_closed ? STATUS_FAILED : fail(copy, "cannot copy the log", error);
    copy->is_silent = true;
    if (copy->output_closed)
        return STATUS_DONE;
    (void) fail(copy, "cannot write to standard output, the thread goes on without it", error);
    return STATUS_DONE;
}

/*
 * Takes new output. Stops if standard output is the log itself: the log must not be copied into
 * itself.
 */
int log_copy_take(struct log_copy *copy)
{
    int error;

    if (copy->is_silent || copy->source == NULL)
        return STATUS_DONE;
    printer_touch(copy->source);
    error = printer_fill(&copy->printer);
    if (error != 0)
        return fail(copy, "the log", error);
    if (log_feed_ask(&copy->feed) != 0)
        return command_failed(copy->invocation);
    if (copy->feed.client != NULL)
        return check_feed(copy);
    if (!logfile_is(&copy->source->log, STDOUT_FILENO))
        return STATUS_DONE;
    copy->is_silent = true;
    if (copy->own)
        return STATUS_DONE; /* the output is already in the right file */
    return command_fail(copy->invocation, STATUS_FAILED, NULL, "standard output is the log itself");
}

void log_copy_end(struct log_copy *copy)
{
    if (copy->source != NULL && log_copy_is_whole(copy))
        printer_end(copy->source);
}

int log_copy_write(struct log_copy *copy)
{
    int error = printer_write(&copy->printer);

    return error == 0 ? STATUS_DONE : log_copy_lose_output(copy, error);
}

/* Copies all pieces of the log that come from another machine. */
static int copy_feed(struct log_copy *copy)
{
    struct client *client = copy->feed.client;
    int            status = STATUS_DONE, error = 0;

    while (status == STATUS_DONE && error == 0) {
        struct reply reply;

        log_copy_end(copy);
        status = log_copy_take(copy);
        if (status == STATUS_DONE)
            error = printer_drain(&copy->printer);
        if (status != STATUS_DONE || error != 0 || log_copy_is_whole(copy))
            break;
        if (client_receive(client, &reply) != 0)
            return command_failed(copy->invocation);
        if (log_copy_take_reply(copy, &reply) < 0)
            status = command_fail_memory(copy->invocation, STATUS_FAILED);
        reply_release(&reply);
    }
    if (error != 0)
        return log_copy_lose_output(copy, error);
    return status == STATUS_DONE ? log_copy_finish(copy) : status;
}

int log_copy_now(struct log_copy *copy)
{
    int error, status;

    if (copy->feed.client != NULL)
        return copy_feed(copy);

    if (copy->source->log.file.fd < 0)
        return STATUS_DONE;
    error = logfile_size(&copy->source->log, &copy->source->limit);
    if (error != 0)
        return fail(copy, copy->source->path, error);
    printer_end(copy->source);
    status = log_copy_take(copy);
    if (status != STATUS_DONE)
        return status;
    error = printer_drain(&copy->printer);
    return error == 0 ? log_copy_finish(copy) : log_copy_lose_output(copy, error);
}

/* News */

/*
 * Reads the events. If a file has come into the directory, it may be a new log. If the log was removed, perhaps with
 * its directory, the new one may come in another directory.
 */
void log_copy_read_events(struct log_copy *copy)
{
    const struct inotify_event *event;
    struct inotify_block        block;
    bool                        came = false, removed = false;

    while (copy->inotify >= 0 && inotify_block_read(&block, copy->inotify))
        while ((event = inotify_block_next(&block)) != NULL) {
            came |= event->len > 0 || inotify_ends_watch(event);
            removed |= copy->source != NULL && inotify_is_removal(event, copy->source->path);
        }
    if (removed)
        descriptors_close(&copy->inotify); /* it is looked at in intervals from now on */
    if (!came || copy->source == NULL)
        return;
    logfile_look(&copy->source->log);
    watch(copy);
}

int log_copy_patience(const struct log_copy *copy)
{
    int waiting;

    if (copy->is_silent || copy->source == NULL)
        return -1;
    waiting = printer_patience(&copy->printer);
    if (copy->inotify >= 0 || copy->feed.client != NULL ||
        (waiting >= 0 && waiting < LOOK_INTERVAL))
        return waiting;
    return LOOK_INTERVAL;
}

bool log_copy_is_ready(const struct log_copy *copy)
{
    return copy->source != NULL && printer_is_ready(&copy->printer);
}

bool log_copy_is_done(const struct log_copy *copy)
{
    return copy->is_silent || copy->source == NULL ||
           (log_copy_is_whole(copy) && printer_is_idle(&copy->printer));
}

int log_copy_finish(const struct log_copy *copy)
{
    if (copy->source != NULL && !copy->is_silent)
        (void) log_copy_warn_full(copy->invocation, copy->source->path, &copy->feed);
    return STATUS_DONE;
}
