#include "cli/server/output_times.h"

#include "cli/base/background_close.h"
#include "cli/base/clock.h"
#include "cli/base/inotify_block.h"
#include "cli/base/loop.h"
#include "cli/place/journal.h"
#include "cli/server/events.h"
#include "cli/server/store.h"
#include "cli/worker/logs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The seconds between two looks, while logs are being written. */
#define PAUSE 0.1

/* The most marks that are kept of one log; at NEARNESS, they are enough for months of output. */
#define MARKS_MAX 2048

/* When there are so many, marks are dropped: the next mark behind a time may come later by this part of its age. */
#define NEARNESS 0.01

/* The size of a log at one time, on the monotonic clock. */
struct output_mark {
    double time;
    off_t  size;
};

struct output_marks {
    size_t             count, room;
    struct output_mark list[];
};

static struct source inotify;
static int           watch = -1;    /* inotify's number for the directory; -1: not watched */
static int           prepare_error; /* 0 or -errno */
static bool          rests;         /* no events are read until rest_end */
static double        rest_end;

/* Marks */

/* Returns true if NEXT is near enough to LAST for NEWEST, so that no mark between the two is needed. */
static bool is_near(const struct output_mark *last, const struct output_mark *next,
                    const struct output_mark *newest, double nearness)
{
    return next->time - last->time <= (newest->time - next->time) * nearness;
}

/* Drops the marks that are not needed. Those before and after a log was emptied are needed. */
static void drop_near(struct output_marks *marks, double nearness)
{
    struct output_mark *list = marks->list;
    const size_t        last = marks->count - 1;
    off_t               before = list[0].size;
    size_t              kept = 1;

    for (size_t i = 1; i <= last; i++) {
        const off_t size = list[i].size;

        if (i == last || size < before || list[i + 1].size < size ||
            !is_near(&list[kept - 1], &list[i + 1], &list[last], nearness))
            list[kept++] = list[i];
        before = size;
    }
    marks->count = kept;
}

/* Makes room among the marks of a log. Forgets all if the log was emptied again and again: it is then shown whole. */
static void thin(struct output_marks *marks)
{
    const size_t many = MARKS_MAX / 8 * 7;

    for (double nearness = NEARNESS; marks->count > many && nearness < 1; nearness *= 2)
        drop_near(marks, nearness);
    if (marks->count > many)
        marks->count = 0;
}

/* Returns the marks of RECORD with room for one more; NULL without memory. */
static struct output_marks *make_room(struct record *record)
{
    struct output_marks *marks = record->output_marks;
    size_t               room = marks != NULL ? 2 * marks->room : 4;

    if (marks != NULL && marks->count == MARKS_MAX)
        thin(marks);
    if (marks != NULL && marks->count < marks->room)
        return marks;
    marks = realloc(marks, sizeof(*marks) + room * sizeof(marks->list[0]));
    if (marks == NULL)
        return NULL;
    if (record->output_marks == NULL)
        marks->count = 0;
    marks->room = room;
    record->output_marks = marks;
    return marks;
}

/* Notes how large the log of RECORD is at TIME. */
static void mark(struct record *record, double time)
{
    struct output_marks *marks = record->output_marks;
    struct stat          info;

    if (marks != NULL && marks->count > 0 && marks->list[marks->count - 1].time == time)
        return;
    if (!record->job.has_own_log || stat(record->job.output, &info) < 0)
        return;
    marks = make_room(record);
    if (marks != NULL)
        marks->list[marks->count++] = (struct output_mark){.time = time, .size = info.st_size};
    events_post_output(record);
}

static void mark_all(double time)
{
    struct record *record;

    TAILQ_FOREACH(record, store_all(), order)
        if (record_is_live(record))
            mark(record, time);
}

/* Events */

/* Watches the directory, which another program may have removed. */
static void watch_directory(void)
{
    if (watch < 0 && inotify.fd >= 0)
        watch = inotify_add_watch(inotify.fd, logs_directory(), IN_MODIFY);
}

static void take_event(const struct inotify_event *event, double time)
{
    struct record *record = NULL;

    if (event->mask & IN_Q_OVERFLOW)
        mark_all(time);
    else if (event->mask & IN_IGNORED)
        watch = -1;
    else if (event->len > 0)
        record = store_find_id(strtoull(event->name, NULL, 10));
    if (record != NULL)
        mark(record, time);
}

/* Takes all events. Returns false if there are none. */
static bool take_events(void)
{
    const struct inotify_event *event;
    struct inotify_block        block;
    double                      time = clock_monotonic();
    bool                        has_read = false;

    while (inotify_block_read(&block, inotify.fd)) {
        has_read = true;
        while ((event = inotify_block_next(&block)) != NULL)
            take_event(event, time);
        if (!inotify_block_is_full(&block))
            break; /* these were all events, apart from what is being written just now */
    }
    return has_read;
}

/* Takes the first events after a pause, and then reads none for PAUSE seconds. */
static void ready(struct source *source, uint32_t events)
{
    (void) events;
    (void) take_events();
    loop_remove(source);
    rests = true;
    rest_end = clock_monotonic() + PAUSE;
}

void output_times_prepare(void)
{
    inotify = (struct source){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), .ready = ready};
    prepare_error = inotify.fd < 0 ? -errno : 0;
}

void output_times_close(void)
{
    background_close(inotify.fd);
}

void output_times_open(void)
{
    int error = prepare_error;

    watch_directory();
    if (error == 0)
        error = watch < 0 ? -errno : loop_add(&inotify, EPOLLIN);
    if (error == 0)
        return;
    journal_write("logs --since will show too much, as the logs cannot be watched: %s",
                  strerror(-error));
    if (inotify.fd >= 0)
        close(inotify.fd);
    inotify.fd = watch = -1;
}

double output_times_do_due(void)
{
    double left;

    watch_directory();
    if (!rests)
        return -1;
    left = rest_end - clock_monotonic();
    if (left > 0)
        return left;
    rest_end += PAUSE - left;
    if (take_events())
        return PAUSE;
    rests = false;
    if (loop_add(&inotify, EPOLLIN) != 0)
        journal_write("the logs are not watched any more");
    return -1;
}

/* Looking back */

/* Returns the size of the log at the last mark up to TIME; 0 if there is none, or if it was emptied since. */
static off_t size_at(const struct output_marks *marks, double time)
{
    off_t size = 0;

    for (size_t i = 0; marks != NULL && i < marks->count; i++)
        if (marks->list[i].time <= time)
            size = marks->list[i].size;
        else if (i > 0 && marks->list[i].size < marks->list[i - 1].size)
            return 0;
    return size;
}

/* Returns true if nothing was written within the last SECONDS. */
static bool is_quiet(const struct record *record, double seconds)
{
    const struct report *now = &record->now;
    struct stat          info;
    double               written;

    if (!record_is_live(record) && now->run_end > 0 && now->run_end < clock_monotonic() - seconds)
        return true;
    if (stat(record->job.output, &info) < 0)
        return false;
    written = (double) info.st_mtim.tv_sec + (double) info.st_mtim.tv_nsec / 1e9;
    return written < clock_wall() - seconds;
}

off_t output_times_find(const struct record *record, off_t size, double seconds)
{
    const struct report *now = &record->now;
    double               time = clock_monotonic() - seconds;
    off_t                found = size_at(record->output_marks, time);

    if (is_quiet(record, seconds))
        return size;
    if (found > size)
        found = 0; /* it was emptied */
    if (now->run_begin > 0 && now->run_begin <= time && now->run_start > found &&
        now->run_start <= size)
        found = now->run_start;
    return found > now->output_start || now->output_start > size ? found : now->output_start;
}
