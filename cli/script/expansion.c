#include "cli/script/expansion.h"

#include "cli/base/variable.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

static size_t count_arguments(const struct words_scope *scope)
{
    size_t count = 0;

    while (scope->arguments != NULL && scope->arguments[count] != NULL)
        count++;
    return count;
}

/* Returns the value of PARAMETER, $0, $1 and so on; NULL if there is no such argument. */
static const char *find_argument(const struct words_scope *scope, const struct parameter *parameter)
{
    size_t count = count_arguments(scope);
    size_t number = 0;

    for (size_t i = 0; i < parameter->length && number <= count; i++)
        number = number * 10 + (size_t) (parameter->name[i] - '0');
    if (number == 0)
        return scope->name;
    return number <= count ? scope->arguments[number - 1] : NULL;
}

const char *expansion_variable(const struct words_scope *scope, const char *name, size_t length)
{
    const char *value = NULL;

    for (char *const *word = scope->environment; word != NULL && *word != NULL && value == NULL;
         word++)
        value = variable_value(*word, name, length);
    return value;
}

/* Adds $@, or "$@": each argument becomes a word. */
static int add_arguments(struct line_scanner *p, bool quoted)
{
    size_t count = count_arguments(p->scope);
    int    error = 0;

    if (p->skipping > 0)
        return 0;
    p->vanished = count == 0;
    for (size_t i = 0; error == 0 && i < count; i++) {
        if (i > 0)
            error = scan_end_word(p);
        p->is_word |= quoted;
        if (error == 0)
            error = scan_add(p, p->scope->arguments[i], strlen(p->scope->arguments[i]));
    }
    return error;
}

/* Adds "$*": all arguments become one word, with blanks between them. Without quotes, $* is $@. */
static int join_arguments(struct line_scanner *p)
{
    size_t count = count_arguments(p->scope);
    int    error = 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        if (i > 0)
            error = scan_add(p, " ", 1);
        if (error == 0)
            error = scan_add(p, p->scope->arguments[i], strlen(p->scope->arguments[i]));
    }
    return error;
}

static int add_number(struct line_scanner *p, size_t value)
{
    char number[24];
    int  length = snprintf(number, sizeof(number), "%zu", value);

    return scan_add(p, number, (size_t) length);
}

static const char *find_value(const struct line_scanner *p, const struct parameter *parameter)
{
    if (scan_is_one_of(parameter->name[0], DIGITS))
        return find_argument(p->scope, parameter);
    return expansion_variable(p->scope, parameter->name, parameter->length);
}

bool expansion_is_set(const struct line_scanner *p, const struct parameter *parameter)
{
    const char *value;

    if (scan_is_one_of(parameter->name[0], "#?"))
        return true;
    if (scan_is_one_of(parameter->name[0], "@*"))
        return count_arguments(p->scope) > 0;
    value = find_value(p, parameter);
    return value != NULL && value[0] != '\0';
}

int expansion_add(struct line_scanner *p, const struct parameter *parameter, bool quoted)
{
    const char *value;

    switch (parameter->name[0]) {
    case '@':
        return add_arguments(p, quoted);
    case '*':
        return quoted ? join_arguments(p) : add_arguments(p, false);
    case '#':
        return add_number(p, count_arguments(p->scope));
    case '?':
        return add_number(p, (size_t) *p->scope->status);
    default:
        value = find_value(p, parameter);
        return value != NULL ? scan_add(p, value, strlen(value)) : 0;
    }
}

bool expansion_read(struct line_scanner *p, struct parameter *ret, bool long_number)
{
    const char *name = p->text + p->at;
    const char *set = NULL;
    size_t      length = 1;

    if (scan_is_one_of(scan_peek(p, 0), LETTERS))
        set = LETTERS DIGITS;
    else if (scan_is_one_of(scan_peek(p, 0), DIGITS))
        set = long_number ? DIGITS : NULL;
    else if (!scan_is_one_of(scan_peek(p, 0), p->scope->status != NULL ? "@*#?" : "@*#"))
        return false;
    while (set != NULL && scan_is_one_of(scan_peek(p, length), set))
        length++;
    *ret = (struct parameter){name, length};
    p->at += length;
    return true;
}
