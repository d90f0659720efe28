#include "cli/server/tail.h"

#include "cli/rpc/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The most that a reply quotes. */
#define TEXT_MAX (64 * 1024)

struct tail {
    char  *text;
    size_t length;
};

/* Reads up to TEXT_MAX bytes from the end, but none before START. */
static int read_tail(struct logfile *log, off_t start, struct tail *ret)
{
    off_t   size;
    ssize_t n;
    int     error = logfile_size(log, &size);

    if (error != 0)
        return error;
    log->position = size - TEXT_MAX > start ? size - TEXT_MAX : start;
    ret->text = malloc(TEXT_MAX);
    n = ret->text != NULL ? logfile_read(log, ret->text, TEXT_MAX) : -ENOMEM;
    if (n < 0) {
        free(ret->text);
        return (int) n;
    }
    ret->length = (size_t) n;
    return 0;
}

/* Keeps the last LINES lines. A last line without a newline counts as a line. */
static void keep_lines(struct tail *tail, json_int_t lines)
{
    size_t at = tail->length;

    if (at > 0 && tail->text[at - 1] == '\n')
        at--;
    while (at > 0 && (tail->text[at - 1] != '\n' || --lines > 0))
        at--;
    if (lines == 0)
        memmove(tail->text, tail->text + at, tail->length - at);
    tail->length -= lines == 0 ? at : 0;
}

int tail_quote(struct logfile *log, off_t start, json_int_t lines, json_t **ret)
{
    struct tail tail = {0};
    int         error = read_tail(log, start, &tail);

    if (error != 0)
        return error;
    if (lines == 0)
        tail.length = 0;
    else if (lines > 0)
        keep_lines(&tail, lines);
    *ret = bytes_to_json_n(tail.text, tail.length);
    free(tail.text);
    return 0;
}

json_t *tail_of(const struct record *record, json_int_t lines)
{
    struct logfile log = LOGFILE_CLOSED;
    json_t        *text;
    int            error = logfile_open(&log, record->job.output, 0);

    if (error == 0)
        error = tail_quote(&log, record->now.output_start, lines, &text);
    logfile_close(&log);
    return error == 0 ? text : json_string("");
}
