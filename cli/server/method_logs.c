/*
 * The method "logs": says where a thread's output is, and quotes the end of it. k3thread's own
 * client reads the file itself; the quoted text is for other clients.
 */
#include "cli/place/logfile.h"
#include "cli/rpc/bytes.h"
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

/*
 * Finds where the remaining output begins, how large the file is, and the last LINES lines of it.
 */
static int look(const struct record *record, json_int_t lines, off_t *ret_offset, off_t *ret_size,
                json_t **ret_text)
{
    struct logfile log = LOGFILE_CLOSED;
    int            error = logfile_open(&log, record->job.output, *ret_offset);

    if (error == 0)
        error = logfile_size(&log, ret_size);
    if (error == 0 && record->now.runs == 0)
        log.position = *ret_size; /* the file's content is not this thread's */
    if (error == 0)
        error = logfile_skip_lost(&log);
    if (error == 0)
        *ret_offset = log.position;
    if (error == 0)
        error = tail_quote(&log, *ret_offset, lines, ret_text);
    logfile_close(&log);
    return error;
}

/* Returns true if the log was removed, or is not a regular file: there is no text to quote then. */
static bool is_no_log(int error)
{
    return error == -ENOENT || error == -EINVAL;
}

static void reply_logs(struct call *call, const struct record *record, json_int_t lines)
{
    off_t   offset = record->now.output_start, size = 0;
    json_t *text = NULL;
    char   *marks;
    int     error = look(record, lines, &offset, &size, &text);

    if (is_no_log(error)) {
        text = json_string("");
    } else if (error != 0) {
        call_fail(call, PROTOCOL_OS_ERROR, "cannot read the log: %s", strerror(-error));
        return;
    }
    marks = logs_run_marks(record->id);
    call_reply(call,
               json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:b, s:o, s:o*}", "id",
                         (json_int_t) record->id, "name", bytes_to_json(record->job.name), "log",
                         bytes_to_json(record->job.output), "offset", (json_int_t) offset, "size",
                         (json_int_t) size, "limit", (json_int_t) record->job.log_limit, "begun",
                         record->now.runs > 0, "text", text, "run_marks",
                         marks != NULL ? bytes_to_json(marks) : NULL));
    free(marks);
}

/* Replies once the command has begun, because where its output begins is unknown before. */
static void wake_begun(struct call *call, struct record *record)
{
    if (record->now.runs == 0 && record_is_live(record))
        call_wait(call, &record->calls, -1, wake_begun);
    else
        reply_logs(call, record, 0);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *thread = NULL;
    struct record     *record;
    json_int_t         lines = -1;
    bool               begun = false;
    const struct param wanted[] = {
        {"thread", PARAM_ANY, &thread, false},
        {"lines", PARAM_INTEGER, &lines, false},
        {"begun", PARAM_BOOLEAN, &begun, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    record = select_for_call(call, thread);
    if (record == NULL)
        return;
    if (begun) {
        mailbox_notify(&record->assignment.mail);
        wake_begun(call, record);
    } else {
        reply_logs(call, record, lines);
    }
}

const struct method method_logs = {"logs", run};
