#include "cli/base/env_file.h"

#include "cli/base/plain_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define BLANKS  " \t"
#define EXPORT  "export"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define OTHERS  "0123456789.-"

/* The most bytes of arguments and environment that Linux ever passes to a program, whatever the limit of the stack. */
#define SIZE_LIMIT (6U * 1024 * 1024)

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, BLANKS);
}

/* Appends the quoted value at AT. Returns its end, or NULL if its quote is not closed. */
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

/* Adds the variable that LINE sets to CONTEXT, a struct variables. */
static int take_line(void *context, const char *line, size_t number, struct text *why)
{
    struct variables *variables = context;
    struct text       word = {0};
    int               error = 0;

    (void) number;
    if (!take_variable(&word, skip_blanks(line), why))
        error = -EINVAL;
    text_byte(&word, '\0', 1);
    if (error == 0)
        error = word.failed ? -ENOMEM : variables_add(variables, word.data);
    text_release(&word);
    if (error == 0 && variables->size > SIZE_LIMIT) {
        text_add(why, "there are more variables than a command can take");
        error = -EINVAL;
    }
    return error;
}

int env_file_read(int fd, struct variables *ret, size_t *ret_number, struct text *why)
{
    return plain_lines_read(fd, take_line, ret, ret_number, why);
}

/* Puts NAME, and the line's NUMBER if a line is wrong, before the reason in WHY. */
static void explain(const char *name, size_t number, int error, struct text *why)
{
    struct text reason = *why;

    *why = (struct text){.failed = reason.failed};
    if (error == -EINVAL && reason.size > 0)
        text_printf(why, "%s:%zu: %.*s", name, number, (int) reason.size, reason.data);
    else
        text_printf(why, "%s: %s", name, plain_lines_failure(error));
    text_release(&reason);
}

int env_file_load(const char *name, struct variables *ret, struct text *why)
{
    size_t number = 0;
    int    fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int    error = fd < 0 ? -errno : env_file_read(fd, ret, &number, why);

    if (fd >= 0)
        close(fd);
    if (error != 0)
        explain(name, number, error, why);
    return error;
}
