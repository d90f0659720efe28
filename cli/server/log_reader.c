#include "cli/server/log_reader.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/base/loop.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/server/call.h"
#include "cli/server/log_open.h"
#include "cli/server/log_piece.h"
#include "cli/server/peer.h"
#include "cli/server/store.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct log_reader {
    struct source          source; /* the watch's descriptor, while there is one */
    struct file_watch      watch;
    struct peer           *peer;
    json_int_t             number;
    uint64_t               thread; /* its record may be forgotten before the reader ends */
    struct log_reader_wish wish;
    char                  *path;
    bool                   has_begun; /* where to begin is known, and the log is open */
    struct logfile         log;
    off_t                  limit; /* of a reader that does not follow */
    struct run_marks      *marks;
    struct times_reader   *times; /* NULL: no times are asked for, or kept */
    bool                   is_unwatched;
    LIST_ENTRY(log_reader) of_peer;
    LIST_ENTRY(log_reader) unwatched;
};

/* The readers with calls that wait, whose logs the system does not watch. */
static struct log_reader_list unwatched = LIST_HEAD_INITIALIZER(unwatched);
static double                 look_due; /* on the monotonic clock, if there are such readers */

static void wake_read(struct call *call, struct record *record);

struct log_reader *log_reader_find(const struct peer *peer, json_int_t number)
{
    struct log_reader *reader;

    LIST_FOREACH(reader, &peer->readers, of_peer)
        if (reader->number == number)
            return reader;
    return NULL;
}

/* Watching */

/* Wakes the calls that wait for READER's log. This wakes all calls for the thread; the others go on waiting. */
static void look(const struct log_reader *reader)
{
    struct record *record = store_find_id(reader->thread);

    if (record != NULL)
        call_wake(&record->calls, record);
}

static void written(struct source *source, uint32_t events)
{
    struct log_reader *reader = LOOP_OWNER(source, struct log_reader, source);
    eventfd_t          ignored;

    (void) events;
    (void) eventfd_read(source->fd, &ignored);
    look(reader);
}

static void forget_unwatched(struct log_reader *reader)
{
    if (reader->is_unwatched)
        LIST_REMOVE(reader, unwatched);
    reader->is_unwatched = false;
}

/* Makes READER, which does not do so yet, look at its log in intervals. */
static void look_by_time(struct log_reader *reader)
{
    if (LIST_EMPTY(&unwatched))
        look_due = clock_monotonic() + FILE_WATCH_PAUSE;
    LIST_INSERT_HEAD(&unwatched, reader, unwatched);
    reader->is_unwatched = true;
}

double log_reader_do_due(void)
{
    struct log_reader_list looked = LIST_HEAD_INITIALIZER(looked);
    struct log_reader     *reader;
    double                 left = look_due - clock_monotonic();

    if (LIST_EMPTY(&unwatched))
        return -1;
    if (left > 0)
        return left;
    while ((reader = LIST_FIRST(&unwatched)) != NULL) {
        LIST_REMOVE(reader, unwatched);
        LIST_INSERT_HEAD(&looked, reader, unwatched);
    }
    while ((reader = LIST_FIRST(&looked)) != NULL) {
        forget_unwatched(reader);
        look(reader); /* may close readers, or make them look again */
    }
    return LIST_EMPTY(&unwatched) ? -1 : FILE_WATCH_PAUSE;
}

/* Begins to watch for writes. Returns false if the log must be looked at in intervals. */
static bool open_watch(struct log_reader *reader)
{
    if (reader->watch.fd >= 0)
        return true;
    file_watch_begin();
    file_watch_open(&reader->watch);
    reader->source = (struct source){.fd = reader->watch.fd, .ready = written};
    if (reader->watch.fd >= 0 && loop_add(&reader->source, EPOLLIN) == 0)
        return true;
    file_watch_close(&reader->watch);
    return false;
}

/*
 * Makes the next write to the log wake the calls that wait for READER. The log may have been replaced: watches the
 * newest file that has had its path.
 */
static void watch(struct log_reader *reader)
{
    const struct logfile *log = &reader->log;
    int fd = log->next_count > 0 ? log->next[log->next_count - 1].fd : log->file.fd;

    forget_unwatched(reader);
    if (!open_watch(reader) || !file_watch_arm(&reader->watch, fd))
        look_by_time(reader);
}

static void close_watch(struct log_reader *reader)
{
    forget_unwatched(reader);
    if (reader->watch.fd < 0)
        return;
    loop_remove(&reader->source);
    file_watch_close(&reader->watch);
}

/* Opening and closing */

static void free_times(struct times_reader *times)
{
    if (times != NULL && times->fd >= 0)
        close(times->fd);
    free(times);
}

/* Prepares to read the times of the log, if they are kept. Returns 0 or -ENOMEM. */
static int open_times(struct log_reader *reader)
{
    if (!reader->wish.times || !times_are_kept(reader->path, (long long) reader->thread))
        return 0;
    reader->times = calloc(1, sizeof(*reader->times));
    if (reader->times == NULL)
        return -ENOMEM;
    reader->times->fd = -1;
    return 0;
}

static void free_reader(struct log_reader *reader)
{
    close_watch(reader);
    logfile_close(&reader->log);
    run_marks_close(reader->marks);
    free_times(reader->times);
    free(reader->path);
    free(reader);
}

struct log_reader *log_reader_open(struct peer *peer, json_int_t number, struct record *record,
                                   const struct log_reader_wish *wish)
{
    struct log_reader *reader = calloc(1, sizeof(*reader));
    char              *marks = logs_run_marks(record->id);

    if (reader != NULL) {
        *reader = (struct log_reader){.peer = peer,
                                      .number = number,
                                      .thread = record->id,
                                      .wish = *wish,
                                      .path = strdup(record->job.output),
                                      .log = LOGFILE_CLOSED,
                                      .watch = {.fd = -1}};
        reader->marks = marks != NULL ? run_marks_open(marks) : NULL;
        if (reader->path == NULL || reader->marks == NULL || open_times(reader) != 0) {
            free_reader(reader);
            reader = NULL;
        }
    }
    free(marks);
    if (reader != NULL) {
        LIST_INSERT_HEAD(&peer->readers, reader, of_peer);
        peer->reader_count++;
    }
    return reader;
}

void log_reader_reply_end(struct call *call, json_int_t number)
{
    call_reply(call, json_pack("{s:I, s:s, s:b}", "reader", number, "data", "", "end", 1));
}

/* Returns a call that waits for READER, or NULL. */
static struct call *find_waiting(const struct log_reader *reader)
{
    struct call *call;

    LIST_FOREACH(call, &reader->peer->calls, of_peer)
        if (call->waits && call->state == reader)
            return call;
    return NULL;
}

void log_reader_close(struct log_reader *reader)
{
    struct call *call;

    while ((call = find_waiting(reader)) != NULL)
        log_reader_reply_end(call, reader->number);
    LIST_REMOVE(reader, of_peer);
    reader->peer->reader_count--;
    free_reader(reader);
}

void log_reader_close_all(struct peer *peer)
{
    while (!LIST_EMPTY(&peer->readers))
        log_reader_close(LIST_FIRST(&peer->readers));
}

/* Opens the log at the first byte that the client wants. Returns 0 or -errno. */
static int begin(struct log_reader *reader, const struct record *record)
{
    const struct log_reader_wish *wish = &reader->wish;
    off_t offset = wish->offset >= 0 ? wish->offset : record->now.output_start;
    int   error = log_open(&reader->log, record, offset, wish->since, &reader->limit);

    reader->log.path = reader->path;
    if (error == 0 && wish->lines >= 0)
        error = logfile_seek_lines(&reader->log, reader->limit, (unsigned long long) wish->lines);
    if (error == 0 && wish->lines == 0)
        run_marks_skip(reader->marks, reader->log.position);
    reader->log.gap = wish->offset >= 0 && reader->log.position != wish->offset;
    reader->has_begun = error == 0;
    return error;
}

/* Pieces */

/* Returns how many bytes the next piece may have. */
static size_t size_of_next(const struct log_reader *reader, size_t wanted)
{
    if (reader->wish.follow)
        return wanted;
    return logfile_bytes_before(reader->log.position, reader->limit, wanted);
}

/*
 * Takes the next piece, which may be empty. IS_LIVE says whether the thread may print more. The caller must find
 * that out before the call: when a thread has ended, all its output is in its log. Returns 0 or -errno.
 */
static int take_piece(struct log_reader *reader, size_t size, bool is_live, struct log_piece *ret)
{
    bool at_end;
    int  error =
        log_piece_read(ret, &reader->log, reader->marks, size_of_next(reader, size), &at_end);

    if (ret->size < 0)
        return error;
    if (reader->wish.follow)
        ret->end = at_end && !is_live;
    else
        ret->end = at_end || reader->log.position >= reader->limit;
    return error;
}

/* Replies with PIECE, and closes a reader that has nothing more. */
static void reply_piece(struct log_reader *reader, struct call *call, const struct log_piece *piece)
{
    bool is_last = piece->end;

    call_reply(call, log_piece_to_json(piece, reader->number, reader->path, reader->times));
    if (is_last)
        log_reader_close(reader);
}

/* Reading */

/* Fails CALL, because the log cannot be read, and closes the reader. */
static void fail(struct log_reader *reader, struct call *call, int error)
{
    if (error == -ENOMEM)
        call_fail_memory(call);
    else if (error == -ENOENT)
        call_fail(call, PROTOCOL_FILE_NOT_FOUND_ERROR, "the log %s is gone", reader->path);
    else if (error == -EINVAL)
        call_fail(call, PROTOCOL_OS_ERROR, "%s is no regular file", reader->path);
    else
        call_fail(call, PROTOCOL_OS_ERROR, "%s: %s", reader->path, strerror(-error));
    log_reader_close(reader);
}

/* Leaves CALL until the thread has news, or its log was written to. */
static void leave_waiting(struct log_reader *reader, struct call *call, struct record *record)
{
    call->state = reader;
    mailbox_notify(&record->assignment.mail);
    call_wait(call, &record->calls, -1, wake_read);
}

/* Returns true if it is not known yet where the output of RECORD begins. */
static bool is_unbegun(const struct record *record)
{
    return record != NULL && record->now.runs == 0 && record_is_live(record);
}

/*
 * Opens the log, unless it is open. Returns 1 if it is, 0 if CALL must wait or was answered, because there is
 * nothing to read, or -errno.
 */
static int try_begin(struct log_reader *reader, struct call *call, struct record *record)
{
    int error;

    if (reader->has_begun)
        return 1;
    if (record != NULL && reader->wish.follow && is_unbegun(record)) {
        leave_waiting(reader, call, record);
        return 0;
    }
    error = record != NULL ? begin(reader, record) : -ENOENT;
    if (error == 0)
        return 1;
    if (error != -ENOENT || (!reader->wish.follow && !is_unbegun(record)))
        return error;
    if (record != NULL && record_is_live(record) && reader->wish.follow) {
        leave_waiting(reader, call, record); /* the log may be made again */
        return 0;
    }
    log_reader_reply_end(call, reader->number);
    log_reader_close(reader);
    return 0;
}

/* Answers CALL with the next piece of the open log, or makes it wait. BLOCK is room for SIZE bytes. */
static void read_open(struct log_reader *reader, struct call *call, struct record *record,
                      char *block, size_t size)
{
    bool             is_live = record != NULL && record_is_live(record);
    struct log_piece piece = {.data = block};
    int              error = take_piece(reader, size, is_live, &piece);

    if (error == 0 && log_piece_is_empty(&piece) && is_live) {
        watch(reader); /* before the last look, so that no write is missed */
        error = take_piece(reader, size, is_live, &piece);
    }
    if (error != 0)
        fail(reader, call, error);
    else if (log_piece_is_empty(&piece) && is_live)
        leave_waiting(reader, call, record);
    else
        reply_piece(reader, call, &piece);
    json_decref(piece.runs);
}

static void read_with(struct log_reader *reader, struct call *call, size_t size,
                      struct record *record)
{
    int   begun = try_begin(reader, call, record);
    char *block = begun > 0 ? malloc(size) : NULL;

    if (begun < 0)
        fail(reader, call, begun);
    else if (begun > 0 && block == NULL)
        call_fail_memory(call);
    else if (begun > 0)
        read_open(reader, call, record, block, size);
    free(block);
}

/* Looks again for a call that waited. A call that waits takes pieces of the usual size. */
static void wake_read(struct call *call, struct record *record)
{
    read_with(call->state, call, LOG_READER_PIECE_DEFAULT, record);
}

void log_reader_read(struct log_reader *reader, struct call *call, size_t size)
{
    read_with(reader, call, size, store_find_id(reader->thread));
}
