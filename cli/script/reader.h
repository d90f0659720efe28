/*
 * A script's commands, one after the other: lines are put together where a quote or a backslash
 * goes on, and split into words. Where the lines come from is the caller's.
 */
#ifndef K3THREAD_CLI_SCRIPT_READER_H
#define K3THREAD_CLI_SCRIPT_READER_H

#include "cli/base/text.h"
#include "cli/script/words.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends the next line, with its newline, to LINE; CONTINUED: it belongs to a command that has
 * begun. Returns 1, 0 at the end, or -errno.
 */
typedef int (*reader_line)(void *context, bool continued, struct text *line);

struct reader {
    reader_line               next_line;
    void                     *context;
    const struct words_scope *scope;
    size_t                    line;  /* where the command begins, or what is wrong is; from 1 */
    size_t                    lines; /* read so far */
    char                      message[sizeof(((struct words_error *) NULL)->message)];
};

/*
 * Reads the next command. Returns 1 with words to be released, at least one; 0 at the end; -EINVAL
 * with reader->message when the words cannot be made out (the next call reads on behind them);
 * -ENOMEM, or what next_line failed with.
 */
int reader_next(struct reader *reader, struct words *ret);

/*
 * For files of other kinds, a line of which is complete by itself: reads lines until PARSE makes
 * words of one. PARSE returns 1, 0 where the line has nothing, or an error; the line is its own to
 * change. Returns as reader_next() does.
 */
typedef int (*reader_parse)(struct reader *reader, struct text *line, struct words *ret);

int reader_next_line(struct reader *reader, reader_parse parse, struct words *ret);

/* For PARSE: cuts the newline off, and ends the line with a NUL; false if there is one in it. */
bool reader_end_line(struct text *line);

/* For PARSE: sets the message. Returns -EINVAL. */
int reader_fail(struct reader *reader, const char *message);

/* Lines of a file, without a byte-order mark: a next_line, and its context. */
struct reader_file {
    int         fd; /* borrowed */
    struct text bytes;
    size_t      done;  /* of them */
    bool        begun; /* a line was read */
};

int  reader_file_line(void *file, bool continued, struct text *line);
void reader_file_release(struct reader_file *file);

#endif
