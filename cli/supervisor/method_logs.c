/*
 * The method "logs": where a thread's output is, and the end of it. A client of ours reads the
 * file itself; the text is for those who would rather not.
 */
#include "cli/rpc/bytes.h"
#include "cli/supervisor/methods.h"
#include "cli/supervisor/select.h"
#include "cli/supervisor/store.h"

#include <errno.h>
#include <fcntl.h>
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

    if (fd < 0)
        return -errno;
    if (fstat(fd, info) == 0 && S_ISREG(info->st_mode))
        return fd;
    close(fd);
    return -EINVAL;
}

/* Reads up to TEXT_MAX bytes from the end, none before START. */
static int read_tail(const char *file, off_t start, struct tail *ret)
{
    struct stat info;
    int         fd = open_regular(file, &info);
    off_t       from;
    ssize_t     n;

    if (fd < 0)
        return fd;
    from = info.st_size - TEXT_MAX > start ? info.st_size - TEXT_MAX : start;
    ret->text = malloc(TEXT_MAX);
    n = ret->text != NULL ? pread(fd, ret->text, TEXT_MAX, from) : -1;
    ret->length = n > 0 ? (size_t) n : 0;
    close(fd);
    return ret->text != NULL ? 0 : -ENOMEM;
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

json_t *log_tail(const struct record *record, json_int_t lines)
{
    struct tail tail = {0};
    json_t     *text;

    if (read_tail(record->job.output, record->now.output_start, &tail) != 0)
        return json_string("");
    if (lines == 0)
        tail.length = 0;
    else if (lines > 0)
        keep_lines(&tail, lines);
    text = bytes_to_json_n(tail.text, tail.length);
    free(tail.text);
    return text;
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

static void locate(const struct record *record, off_t *ret_offset, off_t *ret_size)
{
    struct stat info;
    int         fd = open_regular(record->job.output, &info);

    *ret_offset = record->now.output_start;
    *ret_size = 0;
    if (fd < 0)
        return;
    *ret_size = info.st_size;
    if (record->job.log_limit > 0)
        *ret_offset = first_byte(fd, record->now.output_start);
    close(fd);
}

static void reply_logs(struct call *call, const struct record *record, json_int_t lines)
{
    off_t offset, size;

    locate(record, &offset, &size);
    call_reply(call, json_pack("{s:I, s:o, s:o, s:I, s:I, s:o}", "id", (json_int_t) record->id,
                               "name", bytes_to_json(record->job.name), "log",
                               bytes_to_json(record->job.output), "offset", (json_int_t) offset,
                               "size", (json_int_t) size, "text", log_tail(record, lines)));
}

void method_logs(struct call *call, const json_t *params)
{
    json_t              *thread;
    const struct record *record;
    json_int_t           lines = -1;

    if (!params_unpack(call, params, "{s:o, s?I !}", "thread", &thread, "lines", &lines))
        return;
    record = select_for_call(call, thread);
    if (record != NULL)
        reply_logs(call, record, lines);
}
