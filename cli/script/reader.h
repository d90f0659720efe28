/*
 * Reads the commands of a script, one after the other: joins lines that a quote or a backslash
 * continues, and splits them into words. The caller gives the function that reads a line.
 */
#ifndef K3THREAD_CLI_SCRIPT_READER_H
#define K3THREAD_CLI_SCRIPT_READER_H

#include "cli/base/text.h"
#include "cli/script/line_scanner.h"
#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends the next line, with its newline, to LINE. CONTINUED: the line continues a command.
 * Returns 1, 0 at the end, or -errno.
 */
typedef int (*reader_line)(void *context, bool continued, struct text *line);

/* One script that is being read. */
struct reader {
    reader_line               next_line;
    void                     *context;
    const struct words_scope *scope;
    size_t line;  /* the line in which the command, or the error, begins; from 1 */
    size_t lines; /* how many lines were read */
};

/*
 * Reads the next command. Returns 1 with at least one word, which the caller releases; 0 at the
 * end; -EINVAL with a sentence in WHY if a line cannot be split into words (the next call goes on
 * behind that line); -ENOMEM; or the error of next_line.
 */
int reader_next(struct reader *reader, struct words *ret, struct text *why);

#endif
