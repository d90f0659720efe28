#include "cli/script/line_words.h"

#include "cli/script/expansion.h"

#include <errno.h>
#include <string.h>

/* The deepest nesting of ${A:-${B:-…}}. Each level takes several calls of functions. */
#define DEPTH_MAX 32

#define OPERATORS "|&;<>()"

/* Describes the error that the substitution at DOLLAR is bad, and quotes its beginning: "$?", or up to its brace. */
static int fail_substitution(struct line_scanner *p, size_t dollar)
{
    const char *shown = p->text + dollar;
    size_t      max = shown[1] == '{' ? 40 : 2, size = 1;

    while (size < max && dollar + size < p->size && shown[size] != '\n' && shown[size - 1] != '}')
        size++;
    return scan_fail(p, -EINVAL, dollar, "bad substitution: %.*s", (int) size, shown);
}

static int fail_command_substitution(struct line_scanner *p, size_t where)
{
    return scan_fail(p, -EINVAL, where, "no command substitution here; sh -c '...' has it");
}

/* Expansions */

static int parse_quoted(struct line_scanner *p);
static int parse_plain(struct line_scanner *p);

/* Parses the text of a default up to its brace. Checks it always, but adds it only if USED. */
static int parse_default(struct line_scanner *p, size_t dollar, bool quoted, bool used)
{
    int error = 0;

    if (p->depth == DEPTH_MAX)
        return scan_fail(p, -EINVAL, dollar, "substitutions are nested too deeply");
    p->depth++;
    p->skipping += !used;
    while (error == 0 && !scan_is_at_end(p) && scan_peek(p, 0) != '}') {
        if (scan_is_continuation(p))
            error = scan_skip_continuation(p);
        else /* blanks, operators and newlines have no special meaning between the braces */
            error = quoted ? parse_quoted(p) : parse_plain(p);
    }
    p->skipping -= !used;
    p->depth--;
    if (error == 0 && scan_is_at_end(p))
        error = scan_fail_open(p, dollar, '}', "unterminated ${");
    return error;
}

/* Parses ${NAME} or ${NAME:-default}; the '{' is next. */
static int parse_braces(struct line_scanner *p, size_t dollar, bool quoted)
{
    struct parameter parameter;
    bool             set;
    int              error;

    p->at++;
    if (scan_is_at_end(p))
        return scan_fail_open(p, dollar, '}', "unterminated ${");
    if (!expansion_read(p, &parameter, true))
        return fail_substitution(p, dollar);
    if (scan_is_at_end(p))
        return scan_fail_open(p, dollar, '}', "unterminated ${");
    set = expansion_is_set(p, &parameter);
    if (scan_peek(p, 0) == ':' && scan_peek(p, 1) == '-') {
        p->at += 2;
        error = parse_default(p, dollar, quoted, !set);
    } else {
        error = scan_peek(p, 0) == '}' ? 0 : fail_substitution(p, dollar);
        set = true; /* it expands to its value, even if that is empty */
    }
    if (error != 0)
        return error;
    p->at++;
    return set ? expansion_add(p, &parameter, quoted) : 0;
}

/* Parses the substitution that a '$' begins. A '$' that begins no substitution stands for itself. */
static int parse_dollar(struct line_scanner *p, bool quoted)
{
    struct parameter parameter;
    size_t           dollar = p->at++;

    if (scan_peek(p, 0) == '{')
        return parse_braces(p, dollar, quoted);
    if (scan_peek(p, 0) == '(')
        return fail_command_substitution(p, dollar);
    if (expansion_read(p, &parameter, false))
        return expansion_add(p, &parameter, quoted);
    if (scan_is_one_of(scan_peek(p, 0), "?$!-") || (!quoted && scan_peek(p, 0) == '\''))
        return fail_substitution(p, dollar);
    return scan_add(p, "$", 1);
}

/* Pieces of words */

static int parse_single_quotes(struct line_scanner *p)
{
    size_t      opened = p->at++;
    const char *close = memchr(p->text + p->at, '\'', p->size - p->at);
    const char *begin = p->text + p->at;

    if (close == NULL)
        return scan_fail_open(p, opened, '\'', "unterminated ' quote");
    p->at = (size_t) (close - p->text) + 1;
    p->is_word |= p->skipping == 0;
    return scan_add(p, begin, (size_t) (close - begin));
}

/* Parses "…". The result is a word, unless it consists only of "$@" without arguments. */
static int parse_double_quotes(struct line_scanner *p)
{
    size_t opened = p->at++;
    size_t pieces = 0, vanished = 0;
    int    error = 0;

    while (error == 0 && !scan_is_at_end(p) && scan_peek(p, 0) != '"') {
        p->vanished = false;
        error = parse_quoted(p);
        pieces++;
        vanished += p->vanished;
    }
    p->vanished = false;
    if (error == 0 && scan_is_at_end(p))
        error = scan_fail_open(p, opened, '"', "unterminated \" quote");
    if (error != 0)
        return error;
    p->at++;
    p->is_word |= p->skipping == 0 && (pieces == 0 || vanished < pieces);
    return 0;
}

/* Parses one piece within double quotes. */
static int parse_quoted(struct line_scanner *p)
{
    switch (scan_peek(p, 0)) {
    case '$':
        return parse_dollar(p, true);
    case '`':
        return fail_command_substitution(p, p->at);
    case '"': /* can only be in the default of a "${NAME:-…}" */
        return parse_double_quotes(p);
    case '\\':
        if (scan_is_continuation(p))
            return scan_skip_continuation(p);
        if (scan_is_one_of(scan_peek(p, 1), "$`\"\\") || (p->depth > 0 && scan_peek(p, 1) == '}'))
            p->at++;
        return scan_add_byte(p);
    default:
        return scan_add_byte(p);
    }
}

/* Parses one piece outside of quotes. */
static int parse_plain(struct line_scanner *p)
{
    switch (scan_peek(p, 0)) {
    case '\'':
        return parse_single_quotes(p);
    case '"':
        return parse_double_quotes(p);
    case '$':
        return parse_dollar(p, false);
    case '`':
        return fail_command_substitution(p, p->at);
    case '\\':
        if (p->size - p->at > 1)
            p->at++; /* a backslash at the end stands for itself, as in the shell */
        return scan_add_byte(p);
    default:
        return scan_add_byte(p);
    }
}

/* Words */

/* Parses ~ or ~/x at the start of a word. */
static int parse_tilde(struct line_scanner *p)
{
    const char *home = expansion_variable(p->scope, "HOME", strlen("HOME"));

    p->at++;
    if (home == NULL || !(scan_peek(p, 0) == '/' || scan_is_one_of(scan_peek(p, 0), SCAN_BLANKS) ||
                          scan_is_line_end(p)))
        return scan_add(p, "~", 1);
    return scan_add(p, home, strlen(home));
}

static int parse_word(struct line_scanner *p)
{
    int error = scan_peek(p, 0) == '~' ? parse_tilde(p) : 0;

    while (error == 0 && !scan_is_line_end(p) && !scan_is_one_of(scan_peek(p, 0), SCAN_BLANKS)) {
        if (scan_is_one_of(scan_peek(p, 0), OPERATORS))
            error = scan_fail(p, -EINVAL, p->at, "unexpected '%c'; quote it, or use sh -c '...'",
                              scan_peek(p, 0));
        else if (scan_is_continuation(p))
            error = scan_skip_continuation(p);
        else
            error = parse_plain(p);
    }
    return error != 0 ? error : scan_end_word(p);
}

static int parse_line(struct line_scanner *p)
{
    const char *nul = p->size > 0 ? memchr(p->text, '\0', p->size) : NULL;
    int         error = 0;

    if (nul != NULL)
        return scan_fail(p, -EINVAL, (size_t) (nul - p->text), LINE_HOLDS_NUL);
    while (error == 0) {
        error = scan_skip_blanks(p);
        if (error != 0 || scan_is_line_end(p) || scan_peek(p, 0) == '#')
            break;
        error = parse_word(p);
    }
    return error;
}

int words_split(struct words *ret, const char *text, size_t size, const struct words_scope *scope,
                struct words_error *ret_error, struct text *why)
{
    struct line_scanner p = {
        .text = text, .size = size, .scope = scope, .error = ret_error, .why = why};
    int error = parse_line(&p);

    if (error == 0 && words_make(ret, &p.bytes, p.count) < 0)
        error = -ENOMEM;
    if (error != 0)
        text_release(&p.bytes);
    return error;
}
