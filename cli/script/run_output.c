#include "cli/script/run_output.h"

#include "cli/base/background_close.h"
#include "cli/base/directory.h"
#include "cli/base/inotify_block.h"
#include "cli/place/disk.h"
#include "cli/rpc/bytes.h"
#include "cli/view/thread_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The milliseconds between two looks at the logs, if the system has no inotify instance left. */
#define LOOK_INTERVAL 200

void run_output_open(struct run_output *output, int fd, unsigned flags)
{
    *output = (struct run_output){.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    printer_open(&output->printer, fd, flags);
}

/* The times of lines, for `logs --timestamps` */

static char *times_directory(const struct run_output *output)
{
    char *directory;

    return asprintf(&directory, "%s/" TIMES_DIRECTORY, output->logs) < 0 ? NULL : directory;
}

/*
 * Makes the directory of the times. If that fails, the directory is missing, and clients see that no
 * times are kept.
 */
static void make_times(struct run_output *output)
{
    char *directory = times_directory(output);

    if (directory != NULL && mkdir(directory, 0700) == 0)
        output->printer.flags |= PRINTER_KEEP;
    free(directory);
}

/* Removes the times. The supervisor has ended, so no client can ask for them. */
static void remove_times(const struct run_output *output)
{
    char *directory = output->logs != NULL ? times_directory(output) : NULL;

    if (directory != NULL)
        directory_remove(directory);
    free(directory);
}

/* Threads */

/*
 * Adds the source of a thread's output. If the thread writes to another file (start --output), its
 * log is never made, and the source is never touched.
 */
static void add_source(struct run_output *output, struct run_thread *element)
{
    char *name = NULL;
    char *path = run_output_log(output, element->thread);

    if (path != NULL && bytes_from_json(json_object_get(element->thread, "name"), &name) == 0)
        element->source = printer_add(&output->printer, name, path, 0);
    if (element->source != NULL && element->written)
        printer_touch(element->source);
    free(name);
    free(path);
}

/* Notes that a thread that had ended lives again, because it was restarted. */
static void resume(struct run_output *output, struct run_thread *element)
{
    run_threads_resume(&output->threads, element);
    if (element->source != NULL)
        printer_resume(element->source);
}

json_t *run_output_make_watch(bool beginnings, bool course, bool all_members)
{
    json_t *watch = json_pack(
        "{s:[s, s, s, s*, s*, s*, s*], s:[s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s]}",
        "events", "created", "restarted", "ended", beginnings || course ? "started" : NULL,
        course ? "ready" : NULL, course ? "raised" : NULL, course ? "changed" : NULL, "members",
        "id", "name", "daemon", "state", "after", "started", "ended", "exit_code", "signal",
        "exception", "message", "runs", "seconds", "waits_for", "unended", "left", "host");

    if (all_members)
        (void) json_object_del(watch, "members");
    return watch;
}

/* Returns true if THREAD, which is new, had to wait before it could run. */
static bool has_to_wait(const json_t *thread)
{
    const char *state = json_string_value(json_object_get(thread, "state"));

    return json_number_value(json_object_get(thread, "after")) > 0 ||
           (state != NULL && (strcmp(state, "waiting") == 0 || strcmp(state, "queued") == 0));
}

char *run_output_log(const struct run_output *output, const json_t *thread)
{
    char *path;

    return asprintf(&path, "%s/%" JSON_INTEGER_FORMAT ".log", output->logs, thread_id(thread)) < 0
               ? NULL
               : path;
}

static json_int_t runs_of(const json_t *thread)
{
    return json_integer_value(json_object_get(thread, "runs"));
}

bool run_output_update(struct run_output *output, json_t *thread)
{
    const struct run_thread *known = run_threads_find(&output->threads, thread_id(thread));
    bool                     is_new = known == NULL;
    json_int_t               runs = is_new ? 0 : runs_of(known->thread);
    struct run_thread       *element = run_threads_update(&output->threads, thread);
    bool                     has_ended;

    if (element == NULL)
        return false;
    if (is_new) {
        element->waited = has_to_wait(thread);
        add_source(output, element);
    }
    has_ended = json_is_number(json_object_get(thread, "ended"));
    /* A short run may have ended again by the event that tells of its beginning. */
    if (element->ended && (!has_ended || runs_of(thread) > runs))
        resume(output, element);
    if (element->ended || !has_ended)
        return false;
    run_threads_end(&output->threads, element);
    if (element->source != NULL)
        printer_end(element->source);
    return true;
}

bool run_output_is_over(const struct run_thread *element)
{
    return element->source == NULL || printer_source_is_over(element->source);
}

void run_output_let_go(struct run_output *output, struct run_thread *element)
{
    if (element->source != NULL)
        printer_remove(element->source);
    run_threads_let_go(&output->threads, element);
}

/* Logs */

/* Watches the directory of the logs, or what has taken its path. If it is gone, the logs are looked at in intervals. */
static void watch_logs(struct run_output *output)
{
    output->watching =
        inotify_add_watch(output->inotify, output->logs, IN_MODIFY | IN_DELETE | IN_MOVE_SELF) >= 0;
}

int run_output_watch(struct run_output *output, const json_t *directory)
{
    int error = bytes_from_json(directory, &output->logs);

    if (error != 0)
        return error;
    watch_logs(output);
    make_times(output);
    return 0;
}

/*
 * Returns the thread whose log EVENT names, ID.log. A log may be written to before the supervisor has reported the
 * thread, and the log of a thread that was let go is removed after that.
 */
static struct run_thread *thread_of(struct run_output *output, const struct inotify_event *event)
{
    json_int_t id = event->len > 0 ? strtoll(event->name, NULL, 10) : 0;

    return (event->mask & IN_DELETE) != 0 ? run_threads_find(&output->threads, id)
                                          : run_threads_at(&output->threads, id);
}

/* Takes an event. If the directory was removed or moved, the supervisor makes another one for the next log. */
static void take_event(struct run_output *output, const struct inotify_event *event)
{
    struct run_thread *element;

    if (inotify_ends_watch(event))
        watch_logs(output);
    if (inotify_ends_watch(event) || (event->mask & IN_Q_OVERFLOW))
        printer_touch_all(&output->printer);
    element = thread_of(output, event);
    if (element == NULL) /* also for the events above, which name no file */
        return;
    if ((event->mask & IN_DELETE) && !element->ended)
        output->watching = false; /* the next logs may be in another directory: look in intervals */
    element->written = true;
    if (element->source != NULL)
        printer_touch(element->source);
}

void run_output_look(struct run_output *output)
{
    const struct inotify_event *event;
    struct inotify_block        block;

    if (!output->watching)
        return;
    do {
        (void) inotify_block_read(&block, output->inotify);
        while ((event = inotify_block_next(&block)) != NULL)
            take_event(output, event);
    } while (inotify_block_is_full(&block));
}

int run_output_collect(struct run_output *output)
{
    if (!output->watching)
        printer_touch_all(&output->printer);
    return printer_fill(&output->printer);
}

bool run_output_fills_up(struct run_output *output)
{
    if (output->is_full || output->logs == NULL)
        return false;
    output->is_full = disk_is_full(output->logs);
    return output->is_full;
}

int run_output_patience(const struct run_output *output)
{
    int waiting = printer_patience(&output->printer);

    if (output->watching || (waiting >= 0 && waiting < LOOK_INTERVAL))
        return waiting;
    return LOOK_INTERVAL;
}

void run_output_close(struct run_output *output)
{
    background_close(output->inotify);
    printer_close(&output->printer);
    run_threads_release(&output->threads);
    remove_times(output);
    free(output->logs);
}
