/*
 * The method "logs": where a thread's output is, and the end of it. A client of ours reads the
 * file itself; the text is for those who would rather not.
 */
#include "cli/rpc/bytes.h"
#include "cli/supervisor/methods.h"
#include "cli/supervisor/params.h"
#include "cli/supervisor/select.h"
#include "cli/supervisor/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most that an answer quotes. */
#define TEXT_MAX (64 * 1024)

struct tail {
    char  *text;
    size_t length;
};

static int open_regular(const char *file, struct stat *info)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error;

    if (fd < 0)
        return -errno;
    error = fstat(fd, info) < 0 ? -errno : S_ISREG(info->st_mode) ? 0 : -EINVAL;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

/* Reads up to TEXT_MAX bytes from the end, none before START. */
static int read_tail(const char *file, off_t start, struct tail *ret)
{
    struct stat info = {0};
    int         fd = open_regular(file, &info);
    off_t       from;
    ssize_t     n;
    int         error;

    if (fd < 0)
        return fd;
    from = info.st_size - TEXT_MAX > start ? info.st_size - TEXT_MAX : start;
    ret->text = malloc(TEXT_MAX);
    n = ret->text != NULL ? pread(fd, ret->text, TEXT_MAX, from) : -1;
    close(fd);
    if (n < 0) {
        error = ret->text != NULL ? -EIO : -ENOMEM;
        free(ret->text);
        return error;
    }
    ret->length = (size_t) n;
    return 0;
}

/* Keeps the last LINES lines; a last one without newline counts. */
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

/* The text, NULL without memory for it. Returns 0 or -errno. */
static int quote_tail(const struct record *record, json_int_t lines, json_t **ret)
{
    struct tail tail = {0};
    int         error = read_tail(record->job.output, record->now.output_start, &tail);

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

json_t *log_tail(const struct record *record, json_int_t lines)
{
    json_t *text;

    return quote_tail(record, lines, &text) == 0 ? text : json_string("");
}

/*
 * Where the output begins: behind the hole that --log-limit left, at a whole line. A line that is
 * longer than a block is shown in part.
 */
static off_t first_byte(int fd, off_t start)
{
    char    text[4096];
    off_t   data = lseek(fd, start, SEEK_DATA);
    char   *end;
    ssize_t n;

    if (data <= start)
        return start;
    n = pread(fd, text, sizeof(text), data);
    end = n > 0 ? memchr(text, '\n', (size_t) n) : NULL;
    return end != NULL ? data + (end - text) + 1 : data;
}

static int locate(const struct record *record, off_t *ret_offset, off_t *ret_size)
{
    struct stat info = {0};
    int         fd = open_regular(record->job.output, &info);

    if (fd < 0)
        return fd;
    *ret_size = info.st_size;
    if (record->job.log_limit > 0)
        *ret_offset = first_byte(fd, record->now.output_start);
    close(fd);
    return 0;
}

/* A log that was removed, or is no file, has an empty text: who wants it sees for himself. */
static bool is_no_log(int error)
{
    return error == -ENOENT || error == -EINVAL;
}

static void reply_logs(struct call *call, const struct record *record, json_int_t lines)
{
    off_t   offset = record->now.output_start, size = 0;
    json_t *text = NULL;
    int     error = locate(record, &offset, &size);

    if (error == 0)
        error = quote_tail(record, lines, &text);
    if (is_no_log(error)) {
        text = json_string("");
    } else if (error != 0) {
        call_fail(call, PROTOCOL_OS_ERROR, "cannot read the log: %s", strerrordesc_np(-error));
        return;
    }
    call_reply(call,
               json_pack("{s:I, s:o, s:o, s:I, s:I, s:o}", "id", (json_int_t) record->id, "name",
                         bytes_to_json(record->job.name), "log", bytes_to_json(record->job.output),
                         "offset", (json_int_t) offset, "size", (json_int_t) size, "text", text));
}

void method_logs(struct call *call, const json_t *params)
{
    const json_t        *thread;
    const struct record *record;
    json_int_t           lines = -1;
    const struct param   wanted[] = {
          {"thread", PARAM_ANY, &thread, true},
          {"lines", PARAM_INTEGER, &lines, false},
          {0},
    };

    if (!params_take(call, params, wanted))
        return;
    record = select_for_call(call, thread);
    if (record != NULL)
        reply_logs(call, record, lines);
}
