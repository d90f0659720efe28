#include "cli/script/reader.h"

#include "cli/script/line_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A longer command is refused: most likely a quote was never closed. */
#define COMMAND_MAX (4U * 1024 * 1024)

/*
 * Appends lines to TEXT, up to a line that has the byte MISSING (NUL: one line). Returns 1, 0 at
 * the end, or -errno.
 */
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

/* Reads one line, and the further lines that complete it. An empty line has no words. */
static int read_command(struct reader *reader, struct text *text, struct words *ret,
                        struct text *why)
{
    struct words_error problem = {0};
    size_t             first = reader->lines + 1;
    int                found = read_until(reader, text, '\0');
    int                error = -EAGAIN;

    while (found > 0) {
        why->size = 0;
        error = words_split(ret, text->data, text->size, reader->scope, &problem, why);
        if (error != -EAGAIN || text->size > COMMAND_MAX)
            break;
        found = read_until(reader, text, problem.missing);
    }
    if (found < 0 || text->size == 0)
        return found;
    reader->line = first;
    if (error == 0)
        return 1;
    if (error == -EINVAL || error == -EAGAIN)
        reader->line += problem.line;
    return error == -EAGAIN ? -EINVAL : error;
}

int reader_next(struct reader *reader, struct words *ret, struct text *why)
{
    struct words words = {0};
    struct text  reason = {0};
    int          found;

    do {
        struct text text = {0};

        words_release(&words);
        found = read_command(reader, &text, &words, &reason);
        text_release(&text);
    } while (found > 0 && words.count == 0);
    if (found > 0)
        *ret = words;
    if (found == -EINVAL) {
        text_append(why, reason.data, reason.size);
        why->failed |= reason.failed;
    }
    text_release(&reason);
    return found;
}
