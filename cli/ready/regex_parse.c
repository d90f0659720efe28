#include "cli/ready/regex_nodes.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* The reading of one expression. */
struct parser {
    const char   *at;
    struct regex *regex;
    int           depth;
    int           error; /* the first error; nothing more is read then */
};

static void fail(struct parser *parser, int error)
{
    if (parser->error == 0)
        parser->error = error;
    parser->at = "";
}

static bool accept(struct parser *parser, char c)
{
    if (*parser->at != c)
        return false;
    parser->at++;
    return true;
}

static void insert(struct parser *parser, size_t at, enum operation operation, int operand)
{
    struct regex *regex = parser->regex;
    struct node  *node = regex->nodes + at;

    if (regex->length == REGEX_NODES) {
        fail(parser, -E2BIG);
        return;
    }
    memmove(node + 1, node, (regex->length - at) * sizeof(*node));
    *node = (struct node){operation, operand};
    regex->length++;
}

static void append(struct parser *parser, enum operation operation, int operand)
{
    insert(parser, parser->regex->length, operation, operand);
}

static void append_copy(struct parser *parser, size_t from, size_t size)
{
    for (size_t i = from; i < from + size && parser->error == 0; i++) {
        struct node node = parser->regex->nodes[i];

        append(parser, node.operation, node.operand);
    }
}

static void include(uint8_t *set, unsigned char byte)
{
    set[byte / 8] |= (uint8_t) (1U << byte % 8);
}

static void invert(uint8_t *set)
{
    for (size_t i = 0; i < sizeof(byte_set); i++)
        set[i] = (uint8_t) ~set[i];
}

/* Appends an empty set, and returns it. After an error returns a set that nothing uses. */
static uint8_t *append_set(struct parser *parser)
{
    struct regex *regex = parser->regex;

    if (regex->sets_used == REGEX_NODES) {
        fail(parser, -E2BIG);
        return regex->sets[REGEX_NODES - 1];
    }
    append(parser, SET, (int) regex->sets_used);
    return regex->sets[regex->sets_used++];
}

static void include_all(uint8_t *set, int (*is_member)(int))
{
    for (int c = 0; c <= UCHAR_MAX; c++)
        if (is_member(c))
            include(set, (unsigned char) c);
}

/* Reads a class such as "alpha:]". */
static void read_class(struct parser *parser, uint8_t *set)
{
    static const struct {
        const char *name;
        int (*is_member)(int);
    } classes[] = {
        {"alnum:]", isalnum}, {"alpha:]", isalpha}, {"blank:]", isblank}, {"cntrl:]", iscntrl},
        {"digit:]", isdigit}, {"graph:]", isgraph}, {"lower:]", islower}, {"print:]", isprint},
        {"punct:]", ispunct}, {"space:]", isspace}, {"upper:]", isupper}, {"xdigit:]", isxdigit},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        size_t length = strlen(classes[i].name);

        if (strncmp(parser->at, classes[i].name, length) == 0) {
            parser->at += length;
            include_all(set, classes[i].is_member);
            return;
        }
    }
    fail(parser, -EINVAL);
}

/* Reads a byte, or a range of bytes. */
static void read_range(struct parser *parser, uint8_t *set)
{
    unsigned char first = (unsigned char) *parser->at++, last = first;

    if (parser->at[0] == '-' && parser->at[1] != ']' && parser->at[1] != '\0') {
        last = (unsigned char) parser->at[1];
        parser->at += 2;
    }
    if (last < first || (last == '[' && strchr(".=:", *parser->at) != NULL && *parser->at != '\0'))
        fail(parser, -EINVAL);
    for (unsigned c = first; c <= last; c++)
        include(set, (unsigned char) c);
}

/* Reads the set behind "[". A "]" that comes first is an ordinary byte. */
static void read_bracket(struct parser *parser)
{
    uint8_t *set = append_set(parser);
    bool     is_inverted = accept(parser, '^');
    bool     is_first = true;

    for (; *parser->at != '\0' && (is_first || *parser->at != ']'); is_first = false)
        if (strncmp(parser->at, "[:", 2) == 0) {
            parser->at += 2;
            read_class(parser, set);
        } else {
            read_range(parser, set);
        }
    if (!accept(parser, ']'))
        fail(parser, -EINVAL);
    if (is_inverted)
        invert(set);
}

/* Reads the byte behind a backslash: a common extension, or else the byte itself. */
static void read_escape(struct parser *parser)
{
    char     c = *parser->at;
    uint8_t *set;

    if (c == '\0' || (c >= '1' && c <= '9')) {
        fail(parser, c == '\0' ? -EINVAL : -ENOTSUP);
        return;
    }
    parser->at++;
    if (strchr("<>bB", c) != NULL) {
        append(parser, ASSERT, c);
        return;
    }
    set = append_set(parser);
    if (strchr("wWsS", c) != NULL)
        include_all(set, tolower((unsigned char) c) == 'w' ? regex_is_word : isspace);
    else
        include(set, (unsigned char) c);
    if (c == 'W' || c == 'S')
        invert(set);
}

static void read_alternatives(struct parser *parser);

/* Reads the group behind "(". */
static void read_group(struct parser *parser)
{
    if (parser->depth == REGEX_DEPTH)
        fail(parser, -E2BIG);
    parser->depth++;
    read_alternatives(parser);
    parser->depth--;
    if (!accept(parser, ')'))
        fail(parser, -EINVAL);
}

static void read_atom(struct parser *parser)
{
    char c = *parser->at++;

    switch (c) {
    case '(':
        read_group(parser);
        return;
    case '[':
        read_bracket(parser);
        return;
    case '\\':
        read_escape(parser);
        return;
    case '^':
    case '$':
        append(parser, ASSERT, c);
        if (*parser->at != '\0' && strchr("*+?{", *parser->at) != NULL)
            fail(parser, -EINVAL); /* an assertion cannot be repeated */
        return;
    case '.':
        invert(append_set(parser));
        return;
    case '*':
    case '+':
    case '?':
    case '{':
        fail(parser, -EINVAL); /* nothing to repeat */
        return;
    default:
        include(append_set(parser), (unsigned char) c);
    }
}

/* Returns the number that comes next, or OTHERWISE if none comes. A number that is too large is not exact. */
static int read_number(struct parser *parser, int otherwise)
{
    int number = isdigit((unsigned char) *parser->at) ? 0 : otherwise;

    for (; isdigit((unsigned char) *parser->at); parser->at++)
        if (number <= REGEX_NODES)
            number = 10 * number + (*parser->at - '0');
    return number;
}

/* Makes the nodes from FROM on optional. */
static void make_optional(struct parser *parser, size_t from)
{
    insert(parser, from, SPLIT, (int) (parser->regex->length - from) + 1);
}

/* Lets the last SIZE nodes come again any number of times. */
static void make_endless(struct parser *parser, size_t size)
{
    append(parser, SPLIT, -(int) size);
}

/* Repeats the nodes from FROM on, which are there once, from LEAST to MOST times. */
static void repeat(struct parser *parser, size_t from, int least, int most)
{
    size_t size = parser->regex->length - from;

    if (most > REGEX_NODES && most != INT_MAX)
        fail(parser, -E2BIG);
    for (int i = 1; i < least && parser->error == 0; i++)
        append_copy(parser, from, size);
    if (most == 0)
        parser->regex->length = from;
    if (most == INT_MAX)
        make_endless(parser, size);
    else
        for (int i = least > 1 ? least : 1; i < most && parser->error == 0; i++) {
            append(parser, SPLIT, (int) size + 1);
            append_copy(parser, from, size);
        }
    if (least == 0 && most > 0)
        make_optional(parser, from);
}

/* Reads "2}", "2,}", ",5}" or "2,5}". */
static void read_bounds(struct parser *parser, size_t from)
{
    int least = read_number(parser, -1), most = least;

    if (accept(parser, ','))
        most = read_number(parser, INT_MAX);
    else if (least < 0)
        fail(parser, -EINVAL);
    if (!accept(parser, '}') || most < least)
        fail(parser, -EINVAL);
    repeat(parser, from, least < 0 ? 0 : least, most);
}

static void read_piece(struct parser *parser)
{
    size_t from = parser->regex->length;

    read_atom(parser);
    for (;;)
        if (accept(parser, '*'))
            repeat(parser, from, 0, INT_MAX);
        else if (accept(parser, '+'))
            repeat(parser, from, 1, INT_MAX);
        else if (accept(parser, '?'))
            repeat(parser, from, 0, 1);
        else if (accept(parser, '{'))
            read_bounds(parser, from);
        else
            return;
}

/* Reads up to "|" or the ")" of this group. Another ")" is an ordinary byte. */
static void read_sequence(struct parser *parser)
{
    while (*parser->at != '\0' && *parser->at != '|' && (*parser->at != ')' || parser->depth == 0))
        read_piece(parser);
}

static void read_alternatives(struct parser *parser)
{
    struct regex *regex = parser->regex;
    size_t        from = regex->length;

    read_sequence(parser);
    while (accept(parser, '|')) {
        size_t jump = regex->length + 1;

        insert(parser, from, SPLIT, (int) (jump + 1 - from));
        append(parser, JUMP, 0);
        read_sequence(parser);
        if (parser->error == 0)
            regex->nodes[jump].operand = (int) (regex->length - jump);
    }
}

int regex_is_word(int c)
{
    return isalnum(c) || c == '_';
}

int regex_parse(struct regex *regex, const char *text)
{
    struct parser parser = {.at = text, .regex = regex};

    read_alternatives(&parser);
    append(&parser, FOUND, 0);
    return parser.error;
}
