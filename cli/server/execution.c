#include "cli/server/execution.h"

#include "cli/base/exceptions.h"
#include "cli/base/loop.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/attachment.h"
#include "cli/server/output_notice.h"
#include "cli/server/store.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/report_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The output is sent in pieces of at most PIECE bytes. If the worker has left UNREAD_MAX bytes unread, it gets no more
 * until it has read.
 */
#define PIECE      ((size_t) 32 * 1024)
#define UNREAD_MAX ((size_t) 512 * 1024)

/* The most pieces that are read in a row, so that one command does not hold up the others. */
#define PIECES_MAX 8

/* The most output that is read after the end. A pipe holds no more; only a process that cannot be ended writes on. */
#define REST_MAX ((size_t) 1024 * 1024)

/* One command that this agent runs, with the pipe of its output. */
struct execution {
    struct source      source; /* the reading end */
    struct connection *connection;
    struct record     *record;
    int                writer; /* the writing end, which the command opens by its name */
    bool               is_paused;
    LIST_ENTRY(execution) paused;
};

static LIST_HEAD(, execution) paused = LIST_HEAD_INITIALIZER(paused);

/* Output */

/* Sends one piece. Returns its size, or 0 if there is none. */
static size_t send_piece(const struct execution *execution)
{
    char    piece[PIECE];
    ssize_t n = read(execution->source.fd, piece, sizeof(piece));

    if (n > 0)
        output_notice_send(execution->connection, piece, (size_t) n);
    return n > 0 ? (size_t) n : 0;
}

/* Stops reading the output of EXECUTION, or reads it again. */
static void set_paused(struct execution *execution, bool is_paused)
{
    if (execution->is_paused == is_paused ||
        loop_change(&execution->source, is_paused ? 0 : (uint32_t) EPOLLIN) != 0)
        return;
    if (is_paused)
        LIST_INSERT_HEAD(&paused, execution, paused);
    else
        LIST_REMOVE(execution, paused);
    execution->is_paused = is_paused;
}

static void output_ready(struct source *source, uint32_t events)
{
    struct execution *execution = LOOP_OWNER(source, struct execution, source);
    int               pieces = 0;

    (void) events;
    while (pieces++ < PIECES_MAX && connection_unread(execution->connection) <= UNREAD_MAX)
        if (send_piece(execution) == 0)
            return;
    set_paused(execution, connection_unread(execution->connection) > UNREAD_MAX);
}

void executions_advance(void)
{
    struct execution *execution, *next;

    for (execution = LIST_FIRST(&paused); execution != NULL; execution = next) {
        next = LIST_NEXT(execution, paused);
        if (connection_unread(execution->connection) <= UNREAD_MAX / 2)
            set_paused(execution, false);
    }
}

static void send_rest(const struct execution *execution)
{
    size_t sum = 0, n;

    while (sum < REST_MAX && (n = send_piece(execution)) > 0)
        sum += n;
}

/* Reports */

static void write_report(struct text *text, const struct record *record)
{
    struct usage usage = record_usage(record);

    report_write(text, &record->now, &usage);
}

static void send_report(const struct execution *execution)
{
    const struct attachment *attachment = execution->record->attachment;
    struct text              line = {0};

    envelope_begin_notification(&line, "report");
    text_byte(&line, '{', 1);
    member_write_integer(&line, "thread", (int64_t) execution->record->id);
    if (attachment != NULL)
        member_write_integer(&line, "attached", attachment_pid(attachment));
    write_name(&line, "report");
    write_report(&line, execution->record);
    text_byte(&line, '}', 1);
    envelope_end(&line);
    connection_send(execution->connection, &line);
    text_release(&line);
}

/* Sends a report on the thread or, if it has ended, the reply. */
static void wake(struct call *call, struct record *record)
{
    struct execution *execution = call->state;
    struct text       result = {0};

    if (record_is_live(record)) {
        send_report(execution);
        call_wait(call, &record->calls, -1, wake);
        return;
    }
    send_rest(execution);
    write_report(&result, record);
    call_reply_written(call, &result);
    store_joined(record);
}

/* Beginning and end */

static void close_output(struct execution *execution)
{
    if (execution->is_paused)
        LIST_REMOVE(execution, paused);
    loop_close(&execution->source);
    close(execution->writer);
}

/* Frees the execution of a call. If the connection was closed before the command has ended, kills the command. */
static void release(void *state)
{
    struct execution *execution = state;
    struct record    *record = execution->record;

    close_output(execution);
    if (record != NULL && record_is_live(record))
        (void) threads_raise(record, exceptions_find("SIGKILL"), NULL);
    free(execution);
}

/* Opens the pipe, and names it as the output of JOB. Returns 0 or -errno. */
static int open_output(struct execution *execution, struct job *job)
{
    int ends[2];
    int error;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    execution->writer = ends[1];
    error = loop_watch(&execution->source, ends[0], output_ready, EPOLLIN);
    if (error == 0 && asprintf(&job->output, "/proc/%d/fd/%d", (int) getpid(), ends[1]) < 0) {
        job->output = NULL;
        error = -ENOMEM;
    }
    if (error != 0) {
        loop_close(&execution->source);
        close(ends[1]);
    }
    return error;
}

static int start(struct execution *execution, struct start_params *params)
{
    struct record *record = store_add(&params->job, logs_directory());
    int            error;

    if (record == NULL)
        return -ENOMEM;
    error = threads_begin(record);
    if (error == 0)
        execution->record = record;
    return error;
}

void execution_begin(struct call *call, struct start_params *params)
{
    struct execution *execution = calloc(1, sizeof(*execution));
    int               error = execution != NULL ? open_output(execution, &params->job) : -ENOMEM;

    if (error != 0) {
        free(execution);
        call_fail(call, PROTOCOL_OS_ERROR, "cannot start a thread: %s", strerror(-error));
        return;
    }
    execution->connection = &call->peer->connection;
    call->state = execution;
    call->release = release;
    error = start(execution, params);
    if (error != 0) {
        call_fail(call, PROTOCOL_OS_ERROR, "cannot start a thread: %s", strerror(-error));
        return;
    }
    call->peer->started = execution->record->id;
    mailbox_notify(&execution->record->assignment.mail);
    if (record_is_live(execution->record)) /* its first report comes when the command runs */
        call_wait(call, &execution->record->calls, -1, wake);
    else
        wake(call, execution->record);
}
