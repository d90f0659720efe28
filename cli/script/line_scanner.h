/*
 * The text of a script's line while it is split into words (line_words.h): the scanner's position,
 * the words so far, and the error, if there is one.
 */
#ifndef K3THREAD_CLI_SCRIPT_LINE_SCANNER_H
#define K3THREAD_CLI_SCRIPT_LINE_SCANNER_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The most bytes of all expanded words of a line. exec takes fewer. */
#define WORDS_SIZE_MAX (8U * 1024 * 1024)

/* The error of a line that holds a NUL byte. */
#define LINE_HOLDS_NUL "the line holds a NUL byte"

#define SCAN_BLANKS " \t"

/* The values for expansions. All are borrowed, and may be NULL. */
struct words_scope {
    const char  *name;        /* $0 */
    char *const *arguments;   /* $1 and so on, and NULL */
    char *const *environment; /* "NAME=VALUE", and NULL */
    const int   *status;      /* $?, the status of the last command; NULL: there is no $? */
};

/* The place of an error in a line. */
struct words_error {
    size_t line;    /* a line number within the text, from 0 */
    char   missing; /* for -EAGAIN: the line cannot be complete before this byte */
};

/* The scanner of one line. */
struct line_scanner {
    const char               *text;
    size_t                    size, at;
    const struct words_scope *scope;
    struct words_error       *error;
    struct text              *why;

    struct text bytes;    /* the words so far, each with a NUL behind it */
    size_t      begin;    /* where the present word begins in `bytes` */
    size_t      count;    /* how many words are complete */
    bool        is_word;  /* the present word is kept even if empty: it has a quoted part */
    bool        vanished; /* the last expansion was a "$@" without arguments */
    unsigned    depth;    /* the nesting of defaults here */
    unsigned    skipping; /* more than 0 within a default that is not used */
};

/* Describes the error at WHERE. Returns ERROR. */
__attribute__((format(printf, 4, 5))) int scan_fail(struct line_scanner *p, int error, size_t where,
                                                    const char *format, ...);

/*
 * Describes the error that WHAT, such as a quote, begins at OPENED and lacks its end, the byte MISSING.
 * Returns -EAGAIN.
 */
int scan_fail_open(struct line_scanner *p, size_t opened, char missing, const char *what);

bool scan_is_at_end(const struct line_scanner *p);

/*
 * Returns the byte AHEAD bytes behind the present one, or NUL behind the end. The text itself holds
 * no NUL.
 */
char scan_peek(const struct line_scanner *p, size_t ahead);

/* Returns true if BYTE is in SET and is not NUL. */
bool scan_is_one_of(char byte, const char *set);

/* Returns true if the line ends here. A carriage return before the newline belongs to the end. */
bool scan_is_line_end(const struct line_scanner *p);

/* Returns true if a backslash and a newline are next. */
bool scan_is_continuation(const struct line_scanner *p);

/* The following functions return 0, or an error that they have described. */

/* Steps over a backslash and a newline. It is an error if nothing follows them. */
int scan_skip_continuation(struct line_scanner *p);

int scan_skip_blanks(struct line_scanner *p);

/* Appends to the present word, unless the scanner is skipping. */
int scan_add(struct line_scanner *p, const char *data, size_t size);

/* Appends the present byte of the text, and steps over it. */
int scan_add_byte(struct line_scanner *p);

/* Ends the present word, if there is one. */
int scan_end_word(struct line_scanner *p);

#endif
