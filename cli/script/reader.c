#include "cli/script/reader.h"

#include "cli/script/line_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A command that is longer has a quote that was never closed, or is in no script at all. */
#define COMMAND_MAX (4U * 1024 * 1024)

static int fail(struct reader *reader, size_t line, const char *message)
{
    reader->line = line;
    (void) snprintf(reader->message, sizeof(reader->message), "%s", message);
    return -EINVAL;
}

/* Appends lines to TEXT, up to one that has the byte MISSING (NUL: any one). Returns 1, 0 at the end, or -errno. */
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

/* Reads one line, and those that complete it. An empty line has no words. */
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

/* Files whose lines are complete by themselves */

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
