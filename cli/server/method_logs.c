/*
 * The method "logs": says where a thread's output is, and quotes the end of it. k3thread's own
 * client reads the file itself, or by the method "read"; the quoted text is for other clients.
 */
#include "cli/place/logfile.h"
#include "cli/place/times.h"
#include "cli/rpc/bytes.h"
#include "cli/server/log_open.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/tail.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The part of a log that a client wants. */
struct wanted {
    json_int_t lines; /* the last lines; negative: all */
    double     since; /* the output of the last seconds; negative: all */
};

/*
 * Finds where the remaining output begins, how large the file is, and the last lines of it.
 */
static int look(const struct record *record, const struct wanted *wanted, off_t *ret_offset,
                off_t *ret_size, json_t **ret_text)
{
    struct logfile log = LOGFILE_CLOSED;
    int            error = log_open(&log, record, *ret_offset, wanted->since, ret_size);

    if (error == 0) {
        *ret_offset = log.position;
        error = tail_quote(&log, *ret_offset, wanted->lines, ret_text);
    }
    logfile_close(&log);
    return error;
}

/* Returns true if the log was removed, or is not a regular file: there is no text to quote then. */
static bool is_no_log(int error)
{
    return error == -ENOENT || error == -EINVAL;
}

static void reply_logs(struct call *call, const struct record *record, const struct wanted *wanted)
{
    off_t   offset = record->now.output_start, size = 0;
    json_t *text = NULL;
    char   *marks;
    int     error = look(record, wanted, &offset, &size, &text);

    if (is_no_log(error)) {
        text = json_string("");
    } else if (error != 0) {
        call_fail(call, PROTOCOL_OS_ERROR, "cannot read the log: %s", strerror(-error));
        return;
    }
    marks = logs_run_marks(record->id);
    call_reply(call,
               json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:b, s:b, s:o, s:o*}", "id",
                         (json_int_t) record->id, "name", bytes_to_json(record->job.name), "log",
                         bytes_to_json(record->job.output), "offset", (json_int_t) offset, "size",
                         (json_int_t) size, "limit", (json_int_t) record->job.log_limit, "begun",
                         record->now.runs > 0, "times",
                         times_are_kept(record->job.output, (long long) record->id), "text", text,
                         "run_marks", marks != NULL ? bytes_to_json(marks) : NULL));
    free(marks);
}

/* Makes CALL keep SECONDS until the command has begun. Returns false, with CALL failed, without memory. */
static bool keep_since(struct call *call, double seconds)
{
    double *since = malloc(sizeof(*since));

    if (since == NULL)
        return call_fail_memory(call);
    *since = seconds;
    call->state = since;
    call->release = free;
    return true;
}

/* Replies once the command has begun: before that, the place where its output begins is not known. */
static void wake_begun(struct call *call, struct record *record)
{
    const struct wanted wanted = {.since = call->state != NULL ? *(double *) call->state : -1};

    if (record->now.runs == 0 && record_is_live(record))
        call_wait(call, &record->calls, -1, wake_begun);
    else
        reply_logs(call, record, &wanted);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL;
    struct record     *record;
    struct wanted      wanted = {.lines = -1, .since = -1};
    bool               begun = false;
    const struct param params_wanted[] = {
        {"thread", PARAM_ANY, &thread, false},
        {"lines", PARAM_COUNT, &wanted.lines, false},
        {"begun", PARAM_BOOLEAN, &begun, false},
        {"since", PARAM_SECONDS, &wanted.since, false},
        {0},
    };

    if (!params_take(call, params, params_wanted))
        return;
    record = select_for_call(call, thread);
    if (record == NULL || (begun && wanted.since >= 0 && !keep_since(call, wanted.since)))
        return;
    if (begun) {
        mailbox_notify(&record->assignment.mail);
        wake_begun(call, record);
    } else {
        reply_logs(call, record, &wanted);
    }
}

const struct method method_logs = {.name = "logs", .run = run, .only_answers = true};
