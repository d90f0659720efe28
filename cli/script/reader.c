#include "cli/script/reader.h"

#include "cli/commands/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (16U * 1024)

/* A command with more text is a quote that was never closed, or no script at all. */
#define COMMAND_MAX (4U * 1024 * 1024)

static int fail(struct reader *reader, size_t line, const char *message)
{
    reader->line = line;
    (void) snprintf(reader->message, sizeof(reader->message), "%s", message);
    return -EINVAL;
}

/* Appends lines to TEXT until one has the byte MISSING; 1, 0 at the end, or -errno. */
static int read_until(struct reader *reader, struct text *text, char missing)
{
    bool   continued = text->size > 0;
    size_t before;
    int    found;

    do {
        before = text->size;
        found = reader->next_line(reader->context, continued, text);
        if (found <= 0)
            return found;
        reader->lines++;
        if (text->failed)
            return -ENOMEM;
    } while (missing != '\0' && text->size <= COMMAND_MAX &&
             memchr(text->data + before, missing, text->size - before) == NULL);
    return 1;
}

/* Reads one line, and those that complete it. Comes to no words for an empty one. */
static int read_command(struct reader *reader, struct text *text, struct words *ret)
{
    struct words_error problem = {0};
    size_t             first = reader->lines + 1;
    int                found = read_until(reader, text, '\0');
    int                error = -EAGAIN;

    while (found > 0) {
        error = words_split(ret, text->data, text->size, reader->scope, &problem);
        if (error == -EAGAIN && text->size > COMMAND_MAX)
            return fail(reader, first + problem.line, problem.message);
        if (error != -EAGAIN)
            break;
        found = read_until(reader, text, problem.missing);
    }
    if (found < 0 || text->size == 0)
        return found;
    if (error == -EINVAL || error == -EAGAIN)
        return fail(reader, first + problem.line, problem.message);
    reader->line = first;
    return error == 0 ? 1 : error;
}

int reader_next(struct reader *reader, struct words *ret)
{
    struct words words = {0};
    int          found;

    do {
        struct text text = {0};

        words_release(&words);
        found = read_command(reader, &text, &words);
        text_release(&text);
    } while (found > 0 && words.count == 0);
    if (found > 0)
        *ret = words;
    return found;
}

/* Lines that are complete */

int reader_fail(struct reader *reader, const char *message)
{
    return fail(reader, reader->line, message);
}

bool reader_end_line(struct text *line)
{
    while (line->size > 0 &&
           (line->data[line->size - 1] == '\n' || line->data[line->size - 1] == '\r'))
        line->size--;
    if (line->size > 0 && memchr(line->data, '\0', line->size) != NULL)
        return false;
    text_append(line, "", 1);
    return true;
}

int reader_next_line(struct reader *reader, reader_parse parse, struct words *ret)
{
    for (;;) {
        struct text line = {0};
        int         found = reader->next_line(reader->context, false, &line);
        int         parsed = found;

        reader->line = ++reader->lines;
        if (found > 0)
            parsed = parse(reader, &line, ret);
        text_release(&line);
        if (found <= 0 || parsed != 0)
            return parsed;
    }
}

/* Files */

/* The byte-order mark, which some editors put before the first line of a text in UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static void skip_mark(const struct text *bytes, size_t *done, size_t *size)
{
    size_t length = strlen(BYTE_ORDER_MARK);

    if (*size < length || memcmp(bytes->data + *done, BYTE_ORDER_MARK, length) != 0)
        return;
    *done += length;
    *size -= length;
}

/* 1, 0 at the end, or -errno. */
static int read_more(struct reader_file *file)
{
    struct text *bytes = &file->bytes;
    ssize_t      size;

    bytes->size -= file->done;
    if (file->done > 0)
        memmove(bytes->data, bytes->data + file->done, bytes->size);
    file->done = 0;
    if (!text_reserve(bytes, READ_SIZE))
        return -ENOMEM;
    do
        size = read(file->fd, bytes->data + bytes->size, bytes->capacity - bytes->size);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return size < 0 ? -errno : 0;
    bytes->size += (size_t) size;
    return 1;
}

int reader_file_line(void *context, bool continued, struct text *line)
{
    struct reader_file *file = context;
    size_t              seen = 0;

    (void) continued;
    for (;;) {
        size_t      left = file->bytes.size - file->done;
        const char *begin = left > 0 ? file->bytes.data + file->done : NULL;
        const char *newline = left > seen ? memchr(begin + seen, '\n', left - seen) : NULL;
        size_t      size = newline != NULL ? (size_t) (newline - begin) + 1 : left;
        int         found = newline != NULL ? 0 : read_more(file);

        if (found < 0 || left > COMMAND_MAX)
            return found < 0 ? found : -E2BIG;
        seen = left;
        if (found > 0)
            continue;
        found = size > 0;
        if (!file->begun)
            skip_mark(&file->bytes, &file->done, &size);
        file->begun = true;
        text_append(line, size > 0 ? file->bytes.data + file->done : NULL, size);
        file->done += size;
        return found;
    }
}

void reader_file_release(struct reader_file *file)
{
    text_release(&file->bytes);
}
