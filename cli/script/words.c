#include "cli/script/words.h"

#include "cli/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How deep ${A:-${B:-…}} may nest; each level is a few calls deep. */
#define DEPTH_MAX 32

#define BLANKS    " \t"
#define OPERATORS "|&;<>()"
#define LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS    "0123456789"

struct parser {
    const char               *text;
    size_t                    size, at;
    const struct words_scope *scope;
    struct words_error       *error;

    struct text bytes;    /* the words so far, each with a NUL behind it */
    size_t      begin;    /* where the present word begins in it */
    size_t      count;    /* of words that are complete */
    bool        is_word;  /* the present one is a word even if it stays empty: it was quoted */
    bool        vanished; /* the last expansion was a "$@" without arguments */
    unsigned    depth;    /* of defaults within defaults */
    unsigned    skipping; /* > 0: within a default that is not wanted */
};

/* Errors */

__attribute__((format(printf, 4, 5))) static int fail(struct parser *p, int error, size_t where,
                                                      const char *format, ...)
{
    va_list arguments;

    p->error->line = 0;
    for (size_t i = 0; i < where; i++)
        p->error->line += p->text[i] == '\n';
    p->error->missing = '\0';
    va_start(arguments, format);
    (void) vsnprintf(p->error->message, sizeof(p->error->message), format, arguments);
    va_end(arguments);
    return error;
}

/* MISSING is what must come; OPENED is where what it ends began. */
static int fail_open(struct parser *p, size_t opened, char missing, const char *what)
{
    int error = fail(p, -EAGAIN, opened, "%s", what);

    p->error->missing = missing;
    return error;
}

static int fail_substitution(struct parser *p, size_t dollar)
{
    size_t shown = p->size - dollar < 40 ? p->size - dollar : 40;
    size_t line = 0, end;

    while (line < shown && p->text[dollar + line] != '\n')
        line++;
    for (end = 0; end < line && p->text[dollar + end] != '}';)
        end++;
    if (end < line)
        end++;
    if (p->text[dollar + 1] != '{') /* "$?" */
        end = line < 2 ? line : 2;
    return fail(p, -EINVAL, dollar, "bad substitution: %.*s", (int) end, p->text + dollar);
}

/* The text */

static bool is_at_end(const struct parser *p)
{
    return p->at == p->size;
}

/* The byte AHEAD of the present one, or NUL behind the end; the text itself holds no NUL. */
static char peek(const struct parser *p, size_t ahead)
{
    return ahead < p->size - p->at ? p->text[p->at + ahead] : '\0';
}

static bool is_one_of(char byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

/* Does the line end here? A carriage return before the newline belongs to it. */
static bool is_line_end(const struct parser *p)
{
    if (is_at_end(p) || peek(p, 0) == '\n')
        return true;
    return peek(p, 0) == '\r' && (peek(p, 1) == '\n' || peek(p, 1) == '\0');
}

static bool is_continuation(const struct parser *p)
{
    return peek(p, 0) == '\\' && peek(p, 1) == '\n';
}

/* Steps over a backslash and a newline, behind which there must be something. */
static int skip_continuation(struct parser *p)
{
    size_t opened = p->at;

    p->at += 2;
    if (is_at_end(p))
        return fail_open(p, opened, '\n', "nothing follows the backslash at the line's end");
    return 0;
}

static int skip_blanks(struct parser *p)
{
    int error = 0;

    while (error == 0) {
        if (is_one_of(peek(p, 0), BLANKS))
            p->at++;
        else if (is_continuation(p))
            error = skip_continuation(p);
        else
            break;
    }
    return error;
}

/* The words */

static int add(struct parser *p, const char *data, size_t size)
{
    if (p->skipping > 0)
        return 0;
    if (size > WORDS_SIZE_MAX - p->bytes.size)
        return fail(p, -EINVAL, p->at, "the line is too long with all that it expands to");
    text_append(&p->bytes, data, size);
    return p->bytes.failed ? -ENOMEM : 0;
}

static int add_byte(struct parser *p)
{
    return add(p, &p->text[p->at++], 1);
}

static int end_word(struct parser *p)
{
    int error = 0;

    if (p->bytes.size > p->begin || p->is_word) {
        error = add(p, "", 1);
        p->count++;
    }
    p->begin = p->bytes.size;
    p->is_word = false;
    return error;
}

/* Expansions */

/* What stands behind a '$', with or without braces. */
struct parameter {
    const char *name; /* in the text: "@", "12", "HOME" */
    size_t      length;
};

static size_t count_arguments(const struct words_scope *scope)
{
    size_t count = 0;

    while (scope->arguments != NULL && scope->arguments[count] != NULL)
        count++;
    return count;
}

/* The value of $1 and the like; $0 is the script. */
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

static const char *find_variable(const struct words_scope *scope, const char *name, size_t length)
{
    char *const *variable = scope->environment;

    for (; variable != NULL && *variable != NULL; variable++)
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
            return *variable + length + 1;
    return NULL;
}

/* "$@", and without quotes: the arguments, each a word of its own. */
static int add_arguments(struct parser *p, bool quoted)
{
    size_t count = count_arguments(p->scope);
    int    error = 0;

    if (p->skipping > 0)
        return 0;
    p->vanished = quoted && count == 0;
    for (size_t i = 0; error == 0 && i < count; i++) {
        if (i > 0)
            error = end_word(p);
        p->is_word |= quoted;
        if (error == 0)
            error = add(p, p->scope->arguments[i], strlen(p->scope->arguments[i]));
    }
    return error;
}

/* "$*": the arguments in one word, with blanks between them; without quotes it is $@. */
static int join_arguments(struct parser *p)
{
    size_t count = count_arguments(p->scope);
    int    error = 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        if (i > 0)
            error = add(p, " ", 1);
        if (error == 0)
            error = add(p, p->scope->arguments[i], strlen(p->scope->arguments[i]));
    }
    return error;
}

static int add_count(struct parser *p)
{
    char number[24];
    int  length = snprintf(number, sizeof(number), "%zu", count_arguments(p->scope));

    return add(p, number, (size_t) length);
}

static const char *find_value(const struct parser *p, const struct parameter *parameter)
{
    if (is_one_of(parameter->name[0], DIGITS))
        return find_argument(p->scope, parameter);
    return find_variable(p->scope, parameter->name, parameter->length);
}

/* Has it a value that is not empty? */
static bool is_set(const struct parser *p, const struct parameter *parameter)
{
    const char *value;

    if (parameter->name[0] == '#')
        return true;
    if (is_one_of(parameter->name[0], "@*"))
        return count_arguments(p->scope) > 0;
    value = find_value(p, parameter);
    return value != NULL && value[0] != '\0';
}

static int expand(struct parser *p, const struct parameter *parameter, bool quoted)
{
    const char *value;

    switch (parameter->name[0]) {
    case '@':
        return add_arguments(p, quoted);
    case '*':
        return quoted ? join_arguments(p) : add_arguments(p, false);
    case '#':
        return add_count(p);
    default:
        value = find_value(p, parameter);
        return value != NULL ? add(p, value, strlen(value)) : 0;
    }
}

/* Reads a parameter's name; LONG_NUMBER: more than one digit, as braces allow. */
static bool read_parameter(struct parser *p, struct parameter *ret, bool long_number)
{
    const char *name = p->text + p->at;
    const char *set = NULL;
    size_t      length = 1;

    if (is_one_of(peek(p, 0), LETTERS))
        set = LETTERS DIGITS;
    else if (is_one_of(peek(p, 0), DIGITS))
        set = long_number ? DIGITS : NULL;
    else if (!is_one_of(peek(p, 0), "@*#"))
        return false;
    while (set != NULL && is_one_of(peek(p, length), set))
        length++;
    *ret = (struct parameter){name, length};
    p->at += length;
    return true;
}

static int parse_quoted(struct parser *p);
static int parse_plain(struct parser *p);

/* The text of a default, up to its brace; it is expanded, and counts only if it is WANTED. */
static int parse_default(struct parser *p, size_t dollar, bool quoted, bool wanted)
{
    int error = 0;

    if (p->depth == DEPTH_MAX)
        return fail(p, -EINVAL, dollar, "substitutions are nested too deeply");
    p->depth++;
    p->skipping += !wanted;
    while (error == 0 && !is_at_end(p) && peek(p, 0) != '}') {
        if (is_continuation(p))
            error = skip_continuation(p);
        else if (!quoted && is_one_of(peek(p, 0), BLANKS OPERATORS "\r\n"))
            error = add_byte(p); /* they mean nothing between the braces */
        else
            error = quoted ? parse_quoted(p) : parse_plain(p);
    }
    p->skipping -= !wanted;
    p->depth--;
    if (error == 0 && is_at_end(p))
        error = fail_open(p, dollar, '}', "unterminated ${");
    return error;
}

/* ${NAME}, ${NAME:-default}; the '{' is next. */
static int parse_braces(struct parser *p, size_t dollar, bool quoted)
{
    struct parameter parameter;
    bool             set;
    int              error;

    p->at++;
    if (is_at_end(p))
        return fail_open(p, dollar, '}', "unterminated ${");
    if (!read_parameter(p, &parameter, true))
        return fail_substitution(p, dollar);
    if (is_at_end(p))
        return fail_open(p, dollar, '}', "unterminated ${");
    set = is_set(p, &parameter);
    if (peek(p, 0) == ':' && peek(p, 1) == '-') {
        p->at += 2;
        error = parse_default(p, dollar, quoted, !set);
    } else {
        error = peek(p, 0) == '}' ? 0 : fail_substitution(p, dollar);
        set = true; /* as good as: it expands to what it has */
    }
    if (error != 0)
        return error;
    p->at++;
    return set ? expand(p, &parameter, quoted) : 0;
}

/* What a '$' begins; one that begins nothing stands for itself. */
static int parse_dollar(struct parser *p, bool quoted)
{
    struct parameter parameter;
    size_t           dollar = p->at++;

    if (peek(p, 0) == '{')
        return parse_braces(p, dollar, quoted);
    if (peek(p, 0) == '(')
        return fail(p, -EINVAL, dollar, "no command substitution here; sh -c '...' has it");
    if (is_one_of(peek(p, 0), "?$!-") || (!quoted && peek(p, 0) == '\''))
        return fail_substitution(p, dollar);
    if (read_parameter(p, &parameter, false))
        return expand(p, &parameter, quoted);
    return add(p, "$", 1);
}

/* Pieces of words */

static int fail_backquote(struct parser *p)
{
    return fail(p, -EINVAL, p->at, "no command substitution here; sh -c '...' has it");
}

static int parse_single_quotes(struct parser *p)
{
    size_t      opened = p->at++;
    const char *close = memchr(p->text + p->at, '\'', p->size - p->at);
    const char *begin = p->text + p->at;

    if (close == NULL)
        return fail_open(p, opened, '\'', "unterminated ' quote");
    p->at = (size_t) (close - p->text) + 1;
    p->is_word |= p->skipping == 0;
    return add(p, begin, (size_t) (close - begin));
}

/* What "…" holds, up to its end. It is a word unless all of it is a "$@" without arguments. */
static int parse_double_quotes(struct parser *p)
{
    size_t opened = p->at++;
    size_t pieces = 0, vanished = 0;
    int    error = 0;

    while (error == 0 && !is_at_end(p) && peek(p, 0) != '"') {
        p->vanished = false;
        error = parse_quoted(p);
        pieces++;
        vanished += p->vanished;
    }
    p->vanished = false;
    if (error == 0 && is_at_end(p))
        error = fail_open(p, opened, '"', "unterminated \" quote");
    if (error != 0)
        return error;
    p->at++;
    p->is_word |= p->skipping == 0 && (pieces == 0 || vanished < pieces);
    return 0;
}

/* One piece within double quotes. */
static int parse_quoted(struct parser *p)
{
    switch (peek(p, 0)) {
    case '$':
        return parse_dollar(p, true);
    case '`':
        return fail_backquote(p);
    case '"': /* only within the default of a "${NAME:-…}" */
        return parse_double_quotes(p);
    case '\\':
        if (is_continuation(p))
            return skip_continuation(p);
        if (is_one_of(peek(p, 1), "$`\"\\") || (p->depth > 0 && peek(p, 1) == '}'))
            p->at++;
        return add_byte(p);
    default:
        return add_byte(p);
    }
}

/* One piece outside of quotes. */
static int parse_plain(struct parser *p)
{
    switch (peek(p, 0)) {
    case '\'':
        return parse_single_quotes(p);
    case '"':
        return parse_double_quotes(p);
    case '$':
        return parse_dollar(p, false);
    case '`':
        return fail_backquote(p);
    case '\\':
        if (p->size - p->at > 1)
            p->at++; /* at the very end it stands for itself, as in the shell */
        return add_byte(p);
    default:
        return add_byte(p);
    }
}

/* ~ and ~/x at the start of a word. */
static int parse_tilde(struct parser *p)
{
    const char *home = find_variable(p->scope, "HOME", strlen("HOME"));

    p->at++;
    if (home == NULL || !(peek(p, 0) == '/' || is_one_of(peek(p, 0), BLANKS) || is_line_end(p)))
        return add(p, "~", 1);
    return add(p, home, strlen(home));
}

static int parse_word(struct parser *p)
{
    int error = peek(p, 0) == '~' ? parse_tilde(p) : 0;

    while (error == 0 && !is_line_end(p) && !is_one_of(peek(p, 0), BLANKS)) {
        if (is_one_of(peek(p, 0), OPERATORS))
            error = fail(p, -EINVAL, p->at, "unexpected '%c'; quote it, or use sh -c '...'",
                         peek(p, 0));
        else if (is_continuation(p))
            error = skip_continuation(p);
        else
            error = parse_plain(p);
    }
    return error != 0 ? error : end_word(p);
}

static int parse_line(struct parser *p)
{
    const char *nul = p->size > 0 ? memchr(p->text, '\0', p->size) : NULL;
    int         error = 0;

    if (nul != NULL)
        return fail(p, -EINVAL, (size_t) (nul - p->text), "the line holds a NUL byte");
    while (error == 0) {
        error = skip_blanks(p);
        if (error != 0 || is_line_end(p) || peek(p, 0) == '#')
            break;
        error = parse_word(p);
    }
    return error;
}

void words_end(struct text *bytes, size_t *count)
{
    text_append(bytes, "", 1);
    ++*count;
}

int words_make(struct words *ret, struct text *bytes, size_t count)
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
    *bytes = (struct text){0};
    return 1;
}

int words_split(struct words *ret, const char *text, size_t size, const struct words_scope *scope,
                struct words_error *ret_error)
{
    struct parser p = {.text = text, .size = size, .scope = scope, .error = ret_error};
    int           error = parse_line(&p);

    if (error == 0 && words_make(ret, &p.bytes, p.count) < 0)
        error = -ENOMEM;
    if (error != 0)
        text_release(&p.bytes);
    return error;
}

void words_release(struct words *words)
{
    free(words->list);
    free(words->bytes);
    *words = (struct words){0};
}
