#include "cli/script/procfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS     " \t"
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static int fail(struct reader *reader, const char *message)
{
    (void) snprintf(reader->message, sizeof(reader->message), "%s", message);
    return -EINVAL;
}

/* Appends STRING and a NUL as the next word. */
static void add_word(struct text *bytes, const char *string, size_t length, size_t *count)
{
    text_append(bytes, string, length);
    text_append(bytes, "", 1);
    ++*count;
}

/* Makes words of COUNT strings that lie one behind the other in BYTES, which is used up. */
static int make_words(struct text *bytes, size_t count, struct words *ret)
{
    char **list = bytes->failed ? NULL : calloc(count + 1, sizeof(*list));
    char  *word = bytes->data;

    if (list == NULL) {
        text_release(bytes);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = word;
        word += strlen(word) + 1;
    }
    *ret = (struct words){.count = count, .list = list, .bytes = bytes->data};
    return 1;
}

static int make_start(const struct reader *reader, const char *name, size_t length,
                      const char *command, size_t size, struct words *ret)
{
    const char *path = reader->scope->name;
    const char *slash = strrchr(path, '/');
    struct text bytes = {0};
    size_t      count = 0;

    add_word(&bytes, "start", strlen("start"), &count);
    add_word(&bytes, "--name", strlen("--name"), &count);
    add_word(&bytes, name, length, &count);
    if (slash != NULL) {
        add_word(&bytes, "--directory", strlen("--directory"), &count);
        add_word(&bytes, path, (size_t) (slash - path) + 1, &count);
    }
    add_word(&bytes, "--", strlen("--"), &count);
    add_word(&bytes, "/bin/sh", strlen("/bin/sh"), &count);
    add_word(&bytes, "-c", strlen("-c"), &count);
    add_word(&bytes, command, size, &count);
    return make_words(&bytes, count, ret);
}

/* Cuts off the newline, and ends the line with a NUL. */
static bool end_line(struct text *line)
{
    while (line->size > 0 &&
           (line->data[line->size - 1] == '\n' || line->data[line->size - 1] == '\r'))
        line->size--;
    if (line->size > 0 && memchr(line->data, '\0', line->size) != NULL)
        return false;
    text_append(line, "", 1);
    return true;
}

/* Returns 1, 0 for a line without an entry, or an error. */
static int parse_line(struct reader *reader, struct text *text, struct words *ret)
{
    const char *line, *command;
    size_t      length, blanks;

    if (!end_line(text))
        return fail(reader, "the line holds a NUL byte");
    if (text->failed)
        return -ENOMEM;
    line = text->data;
    blanks = strspn(line, BLANKS);
    if (line[blanks] == '\0' || line[blanks] == '#')
        return 0;
    length = strspn(line, NAME_BYTES);
    command = line + length + strspn(line + length, BLANKS);
    if (length == 0 || *command != ':')
        return fail(reader, "no entry of a Procfile; \"name: command\" is one");
    command++;
    command += strspn(command, BLANKS);
    if (*command == '\0')
        return fail(reader, "the entry has no command");
    return make_start(reader, line, length, command, strlen(command), ret);
}

int procfile_next(struct reader *reader, struct words *ret)
{
    for (;;) {
        struct text line = {0};
        int         found = reader->next_line(reader->context, false, &line);
        int         error = found;

        reader->line = ++reader->lines;
        if (found > 0)
            error = parse_line(reader, &line, ret);
        text_release(&line);
        if (found <= 0 || error != 0)
            return error;
    }
}
