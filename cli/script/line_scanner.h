/*
 * The text of a script's line while it is split (line_words.h): where the scanner stands in it, the words
 * so far, and what is wrong with it.
 */
#ifndef K3THREAD_CLI_SCRIPT_LINE_SCANNER_H
#define K3THREAD_CLI_SCRIPT_LINE_SCANNER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* All words of a line together, with their expansions, may take so many bytes; exec takes fewer. */
#define WORDS_SIZE_MAX (8U * 1024 * 1024)

/* What is wrong with a line that holds a NUL byte. */
#define LINE_HOLDS_NUL "the line holds a NUL byte"

#define SCAN_BLANKS " \t"

/* What expansions are made from. All of it is borrowed, and may be NULL. */
struct words_scope {
    const char  *name;        /* $0 */
    char *const *arguments;   /* $1 and so on, and NULL */
    char *const *environment; /* "NAME=VALUE", and NULL */
};

/* Where a line is wrong. */
struct words_error {
    size_t line;    /* of the text, from 0 */
    char   missing; /* for -EAGAIN: text without this byte does not complete the line */
};

struct line_scanner {
    const char               *text;
    size_t                    size, at;
    const struct words_scope *scope;
    struct words_error       *error;
    struct text              *why;

    struct text bytes;    /* the words so far, each with a NUL behind it */
    size_t      begin;    /* where the present word begins in `bytes` */
    size_t      count;    /* of the words that are complete */
    bool        is_word;  /* the present word counts even if it stays empty: it was quoted */
    bool        vanished; /* the last expansion was a "$@" without arguments */
    unsigned    depth;    /* of defaults within defaults */
    unsigned    skipping; /* > 0: within a default that is not used */
};

/* Says what is wrong at WHERE. Returns ERROR. */
__attribute__((format(printf, 4, 5))) int scan_fail(struct line_scanner *p, int error, size_t where,
                                                    const char *format, ...);

/* Says WHAT began at OPENED and is not ended by MISSING. Returns -EAGAIN. */
int scan_fail_open(struct line_scanner *p, size_t opened, char missing, const char *what);

bool scan_is_at_end(const struct line_scanner *p);

/* Returns the byte AHEAD of the present one, or NUL behind the end; the text itself holds no NUL. */
char scan_peek(const struct line_scanner *p, size_t ahead);

/* Returns true if BYTE is in SET, and no NUL. */
bool scan_is_one_of(char byte, const char *set);

/* Returns true if the line ends here. A carriage return before the newline belongs to the end. */
bool scan_is_line_end(const struct line_scanner *p);

/* Returns true if a backslash and a newline are next. */
bool scan_is_continuation(const struct line_scanner *p);

/* Each of these returns 0, or an error that it has described. */

/* Steps over a backslash and a newline, which something has to follow. */
int scan_skip_continuation(struct line_scanner *p);

int scan_skip_blanks(struct line_scanner *p);

/* Appends to the present word, unless the scanner is skipping. */
int scan_add(struct line_scanner *p, const char *data, size_t size);

/* Appends the present byte of the text, and steps over it. */
int scan_add_byte(struct line_scanner *p);

/* Ends the present word, if it is one. */
int scan_end_word(struct line_scanner *p);

#endif
