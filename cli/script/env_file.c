#include "cli/script/env_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLANKS  " \t"
#define EXPORT  "export"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define OTHERS  "0123456789.-"

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, BLANKS);
}

/* Appends the quoted value at AT. Returns where it ends, or NULL if its quote is not closed. */
static const char *take_quoted(struct text *word, const char *at)
{
    char quote = *at++;

    for (; *at != quote; at++) {
        bool escaped = quote == '"' && at[0] == '\\' && at[1] != '\0';

        if (*at == '\0')
            return NULL;
        at += escaped;
        if (escaped && *at == 'n')
            text_add(word, "\n");
        else
            text_append(word, at, 1);
    }
    return at + 1;
}

static const char *take_bare(struct text *word, const char *at)
{
    size_t length = strlen(at);

    while (length > 0 && strchr(BLANKS, at[length - 1]) != NULL)
        length--;
    text_append(word, at, length);
    return at + strlen(at);
}

static bool refuse(struct text *why, const char *sentence)
{
    text_add(why, sentence);
    return false;
}

/* Appends NAME=VALUE from LINE. Returns false, with a sentence in WHY, if LINE sets no variable. */
static bool take_variable(struct text *word, const char *line, struct text *why)
{
    size_t length = strspn(line, LETTERS OTHERS);

    if (length == strlen(EXPORT) && strncmp(line, EXPORT, length) == 0 &&
        strspn(line + length, BLANKS) > 0) {
        line = skip_blanks(line + length);
        length = strspn(line, LETTERS OTHERS);
    }
    if (length == 0 || strchr(LETTERS, line[0]) == NULL || *skip_blanks(line + length) != '=')
        return refuse(why, "no variable; NAME=VALUE is one");
    text_append(word, line, length);
    text_add(word, "=");
    line = skip_blanks(skip_blanks(line + length) + 1);
    line = *line == '"' || *line == '\'' ? take_quoted(word, line) : take_bare(word, line);
    if (line == NULL)
        return refuse(why, "the value's quote does not end in this line");
    line = skip_blanks(line);
    return *line == '\0' || *line == '#' || refuse(why, "something follows the value's quote");
}

/* Returns 1, 0 for a line without a variable, or an error. */
static int parse_line(struct reader *reader, struct text *text, struct words *ret, struct text *why)
{
    struct text word = {0};
    const char *line;
    size_t      count = 0;

    (void) reader;
    if (!reader_end_line(text)) {
        text_add(why, LINE_HOLDS_NUL);
        return -EINVAL;
    }
    if (text->failed)
        return -ENOMEM;
    line = skip_blanks(text->data);
    if (*line == '\0' || *line == '#')
        return 0;
    if (!take_variable(&word, line, why)) {
        text_release(&word);
        return -EINVAL;
    }
    words_end(&word, &count);
    return words_make(ret, &word, count);
}

int env_file_next(struct reader *reader, struct words *ret, struct text *why)
{
    return reader_next_line(reader, parse_line, ret, why);
}
