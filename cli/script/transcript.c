#include "cli/script/transcript.h"

#include "cli/base/directory.h"
#include "cli/rpc/bytes.h"
#include "cli/view/room.h"
#include "cli/view/view.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the system has no inotify to spare, the logs are looked at so often, in milliseconds. */
#define LOOK_INTERVAL 200

/* The size of the largest event of inotify. */
#define EVENT_MAX (sizeof(struct inotify_event) + NAME_MAX + 1)

void transcript_open(struct transcript *transcript, int fd, unsigned flags)
{
    *transcript = (struct transcript){.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    printer_open(&transcript->printer, fd, flags);
}

/* The times of lines, for `logs --timestamps` */

static char *times_directory(const struct transcript *transcript)
{
    char *directory;

    return asprintf(&directory, "%s/" TIMES_DIRECTORY, transcript->logs) < 0 ? NULL : directory;
}

/* It says itself where they are not kept. */
static void make_times(struct transcript *transcript)
{
    char *directory = times_directory(transcript);

    if (directory != NULL && mkdir(directory, 0700) == 0)
        transcript->printer.flags |= PRINTER_KEEP;
    free(directory);
}

/* With the supervisor, who could ask for them is gone. */
static void remove_times(const struct transcript *transcript)
{
    char *directory = transcript->logs != NULL ? times_directory(transcript) : NULL;

    if (directory != NULL)
        directory_remove(directory);
    free(directory);
}

/* Threads */

/*
 * Every thread may have a log there. That of a command which writes elsewhere (start --output) is
 * never made, and its source never touched.
 */
static void add_source(struct transcript *transcript, struct member *member)
{
    char *name = NULL;
    char *path = transcript_log(transcript, member->thread);

    if (path != NULL && bytes_from_json(json_object_get(member->thread, "name"), &name) == 0)
        member->source = printer_add(&transcript->printer, name, path, 0);
    if (member->source != NULL && member->written)
        printer_touch(member->source);
    free(name);
    free(path);
}

/* What it wrote is known, or will be by the next transcript_look(). */
static void end_source(const struct transcript *transcript, struct printer_source *source)
{
    if (!transcript->watching)
        printer_touch(source);
    printer_end(source);
}

json_t *transcript_make_watch(bool beginnings)
{
    return json_pack("{s:[s, s, s, s*], s:[s, s, s, s, s, s, s, s, s, s, s, s, s, s, s]}", "events",
                     "created", "restarted", "ended", beginnings ? "started" : NULL, "members",
                     "id", "name", "daemon", "state", "after", "started", "ended", "exit_code",
                     "signal", "exception", "message", "runs", "seconds", "waits_for", "unended");
}

/* Could THREAD, which is new, not run at once? */
static bool has_to_wait(const json_t *thread)
{
    const char *state = json_string_value(json_object_get(thread, "state"));

    return json_number_value(json_object_get(thread, "after")) > 0 ||
           (state != NULL && (strcmp(state, "waiting") == 0 || strcmp(state, "queued") == 0));
}

char *transcript_log(const struct transcript *transcript, const json_t *thread)
{
    char *path;

    return asprintf(&path, "%s/%" JSON_INTEGER_FORMAT ".log", transcript->logs, view_id(thread)) < 0
               ? NULL
               : path;
}

bool transcript_update(struct transcript *transcript, json_t *thread)
{
    bool           is_new = members_find(&transcript->members, view_id(thread)) == NULL;
    struct member *member = members_update(&transcript->members, thread);

    if (member == NULL)
        return false;
    if (is_new) {
        member->waited = has_to_wait(thread);
        add_source(transcript, member);
    }
    if (member->ended || !json_is_number(json_object_get(thread, "ended")))
        return false;
    member->ended = true;
    if (member->source != NULL)
        end_source(transcript, member->source);
    return true;
}

/* Logs */

int transcript_watch(struct transcript *transcript, const json_t *directory)
{
    int error = bytes_from_json(directory, &transcript->logs);

    if (error != 0)
        return error;
    transcript->watching = transcript->inotify >= 0 &&
                           inotify_add_watch(transcript->inotify, transcript->logs, IN_MODIFY) >= 0;
    make_times(transcript);
    return 0;
}

/* An event names the log, ID.log, perhaps before the supervisor names the thread. */
static void take_event(struct transcript *transcript, const struct inotify_event *event)
{
    struct member *member = NULL;

    if (event->mask & IN_Q_OVERFLOW)
        printer_touch_all(&transcript->printer);
    else if (event->len > 0)
        member = members_at(&transcript->members, strtoll(event->name, NULL, 10));
    if (member == NULL)
        return;
    member->written = true;
    if (member->source != NULL)
        printer_touch(member->source);
}

void transcript_look(struct transcript *transcript)
{
    char    events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t size;

    if (!transcript->watching)
        return;
    do {
        size = read(transcript->inotify, events, sizeof(events));
        for (char *at = events; at < events + size;) {
            const struct inotify_event *event = (const struct inotify_event *) (void *) at;

            take_event(transcript, event);
            at += sizeof(*event) + event->len;
        }
    } while (size > (ssize_t) (sizeof(events) - EVENT_MAX)); /* there was no room for more */
}

int transcript_collect(struct transcript *transcript)
{
    if (!transcript->watching)
        printer_touch_all(&transcript->printer);
    return printer_fill(&transcript->printer);
}

bool transcript_fills_up(struct transcript *transcript)
{
    if (transcript->is_full || transcript->logs == NULL)
        return false;
    transcript->is_full = room_is_gone(transcript->logs);
    return transcript->is_full;
}

int transcript_patience(const struct transcript *transcript)
{
    int waiting = printer_patience(&transcript->printer);

    if (transcript->watching || (waiting >= 0 && waiting < LOOK_INTERVAL))
        return waiting;
    return LOOK_INTERVAL;
}

void transcript_close(struct transcript *transcript)
{
    if (transcript->inotify >= 0)
        close(transcript->inotify);
    printer_close(&transcript->printer);
    members_release(&transcript->members);
    remove_times(transcript);
    free(transcript->logs);
}
