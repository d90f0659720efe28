/*
 * Reads a script's commands, one after the other: puts lines together where a quote or a backslash
 * continues, and splits them into words. The lines come from a function of the caller's.
 */
#ifndef K3THREAD_CLI_SCRIPT_READER_H
#define K3THREAD_CLI_SCRIPT_READER_H

#include "cli/base/text.h"
#include "cli/script/line_scanner.h"
#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends the next line, with its newline, to LINE; CONTINUED: a command goes on in it. Returns 1, 0
 * at the end, or -errno.
 */
typedef int (*reader_line)(void *context, bool continued, struct text *line);

struct reader {
    reader_line               next_line;
    void                     *context;
    const struct words_scope *scope;
    size_t                    line;  /* where the command, or the error, begins; from 1 */
    size_t                    lines; /* read so far */
};

/*
 * Reads the next command. Returns 1 with words to be released, at least one; 0 at the end; -EINVAL
 * with a sentence in WHY when a line cannot be split into words (the next call reads on behind it);
 * -ENOMEM, or what next_line failed with.
 */
int reader_next(struct reader *reader, struct words *ret, struct text *why);

/*
 * For files of other kinds, whose lines are complete by themselves: reads lines until PARSE makes
 * words of one. PARSE may change the line; it returns 1, 0 for a line without words, or an error.
 * Returns as reader_next() does.
 */
typedef int (*reader_parse)(struct reader *reader, struct text *line, struct words *ret,
                            struct text *why);

int reader_next_line(struct reader *reader, reader_parse parse, struct words *ret,
                     struct text *why);

/* For PARSE: cuts the newline off and ends LINE with a NUL. Returns false if a NUL is in it. */
bool reader_end_line(struct text *line);

#endif
