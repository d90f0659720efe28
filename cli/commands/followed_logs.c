#include "cli/commands/followed_logs.h"

#include "cli/base/descriptors.h"
#include "cli/base/inotify_block.h"
#include "cli/base/inotify_file.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/log_copy.h"
#include "cli/commands/report.h"
#include "cli/rpc/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The milliseconds between two looks at the logs, if the system has no inotify instance or watch left. */
#define LOOK_INTERVAL 200

int followed_logs_fail(struct followers *all, const char *what, int error)
{
    all->status =
        command_fail(all->invocation, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
    return all->status;
}

/* The log of another machine */

bool followed_log_is_whole(const struct followed *member)
{
    return member->feed == NULL || log_feed_has_ended(member->feed);
}

void followed_log_end_if_whole(struct followed *member)
{
    if (!member->ended || !followed_log_is_whole(member) || member->source == NULL)
        return;
    printer_end(member->source);
}

/* Reports once that the log of MEMBER cannot be read. The other logs go on. */
static void report_failure(struct followers *all, struct followed *member)
{
    if (member->source == NULL || member->failed)
        return;
    member->failed = log_copy_report(all->invocation, member->source, member->feed);
    all->has_lost |= member->failed;
}

int followed_log_ask(const struct followers *all, struct followed *member)
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

int followed_log_ask_again(const struct followers *all, struct followed *member)
{
    if (member->feed == NULL || !log_feed_has_ended(member->feed))
        return 0;
    return log_feed_reopen(member->feed, member->id, all->options->timestamps);
}

void followed_log_close(struct followed *member)
{
    if (member->feed != NULL)
        log_feed_close(member->feed);
    free(member->feed);
}

bool followed_log_take(struct followers *all, struct followed *member, const struct reply *reply)
{
    int taken = member->feed != NULL ? log_feed_take(member->feed, reply) : 0;

    if (taken < 0)
        all->status = command_fail_memory(all->invocation, STATUS_FAILED);
    if (taken <= 0)
        return taken < 0;
    if (member->source != NULL)
        printer_touch(member->source);
    if (member->feed->failure.status == STATUS_DONE && !member->ended &&
        followed_log_ask_again(all, member) != 0)
        all->status = command_failed(all->invocation);
    report_failure(all, member);
    followed_log_end_if_whole(member);
    return true;
}

bool followed_logs_ask_more(struct followers *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].feed != NULL && log_feed_ask(all->members[i].feed) != 0) {
            all->status = command_failed(all->invocation);
            return false;
        }
    return true;
}

/* Logs */

/* Adds the log at PATH. Returns 0 or -ENOMEM. */
static int add_source(struct followers *all, struct followed *member, const char *name,
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
    member->watch = inotify_file_watch(&all->inotify, member->source->path);
    printer_touch(member->source);
    if (member->ended)
        printer_end(member->source);
    return 0;
}

/* Adds the log of another machine, where its path is PATH. Returns 0 or -ENOMEM. */
static int add_feed_source(struct followers *all, struct followed *member, const char *name,
                           const char *path)
{
    member->source = printer_add_buffer(&all->printer, name, path, &member->feed->buffer);
    if (member->source == NULL)
        return -ENOMEM;
    printer_show_buffered_runs(member->source);
    printer_touch(member->source);
    report_failure(all, member);
    followed_log_end_if_whole(member);
    return 0;
}

void followed_log_locate(struct followers *all, struct followed *member, const json_t *result)
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
        (void) followed_logs_fail(all, "the log", error);
}

/* News of the logs */

/* Looks for a log that was made, or made again. */
static void look_again(struct followers *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct followed *member = &all->members[i];

        if (member->source == NULL || member->feed != NULL || member->ended)
            continue;
        logfile_look(&member->source->log);
        member->watch = inotify_file_watch(&all->inotify, member->source->path);
    }
    printer_touch_all(&all->printer);
}

static void touch_watch(struct followers *all, int watch)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->members[i].source != NULL && all->members[i].watch == watch)
            printer_touch(all->members[i].source);
}

/* Returns true if EVENT says that the log of a live thread was removed. */
static bool is_removal(const struct followers *all, const struct inotify_event *event)
{
    for (size_t i = 0; i < all->count && (event->mask & IN_DELETE) != 0; i++) {
        const struct followed *member = &all->members[i];

        if (member->source != NULL && !member->ended &&
            inotify_is_removal(event, member->source->path))
            return true;
    }
    return false;
}

void followed_logs_read_events(struct followers *all)
{
    const struct inotify_event *event;
    struct inotify_block        block;
    bool                        came = false, removed = false;

    if (all->inotify < 0)
        printer_touch_all(&all->printer);
    while (all->inotify >= 0 && inotify_block_read(&block, all->inotify))
        while ((event = inotify_block_next(&block)) != NULL) {
            came |=
                event->len > 0 || (event->mask & IN_Q_OVERFLOW) != 0 || inotify_ends_watch(event);
            touch_watch(all, event->wd);
            removed |= is_removal(all, event);
        }
    if (removed)
        descriptors_close(&all->inotify); /* the next logs may be in another directory */
    if (came)
        look_again(all);
}

int followed_logs_patience(const struct followers *all)
{
    int waiting = printer_patience(&all->printer);

    return all->inotify >= 0 || !session_has_logs_here(all->invocation->session) ||
                   (waiting >= 0 && waiting < LOOK_INTERVAL)
               ? waiting
               : LOOK_INTERVAL;
}

bool followed_log_warn_full(const struct followers *all, const struct followed *member)
{
    static const struct log_feed no_feed;

    return member->source != NULL &&
           log_copy_warn_full(all->invocation, member->source->path,
                              member->feed != NULL ? member->feed : &no_feed);
}
