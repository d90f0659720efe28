/*
 * Reads words from standard input, and makes a start of a command of each of them: `run --each`.
 *
 * Each word becomes the words of a command of the table: start --name NAME -- COMMAND… The word takes the place of
 * each {} in the command; if there is no {}, it is added at the end, byte for byte.
 */
#ifndef K3THREAD_CLI_SCRIPT_EACH_H
#define K3THREAD_CLI_SCRIPT_EACH_H

#include "cli/base/file_lines.h"
#include "cli/base/text.h"
#include "cli/script/unique_names.h"
#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>

/* The words and the command of one --each. */
struct each {
    char *const        *command; /* up to a NULL */
    bool                nul;     /* a NUL ends each word, not a newline */
    struct file_lines   file;
    size_t              line; /* of the last word; from 1 */
    struct unique_names names;
};

/* Begins to read words from FD, which is borrowed. */
void each_open(struct each *each, int fd);

/*
 * Reads the next word. Returns 1 with the words of the start, to be released; 0 at the end; -EINVAL with a
 * sentence in WHY if the word holds a NUL; or -errno.
 */
int each_next(struct each *each, struct words *ret, struct text *why);

void each_close(struct each *each);

#endif
