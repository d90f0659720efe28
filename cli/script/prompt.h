/* Edits lines on the terminal: with history, completion and Ctrl-C. */
#ifndef K3THREAD_CLI_SCRIPT_PROMPT_H
#define K3THREAD_CLI_SCRIPT_PROMPT_H

#include "cli/base/text.h"

#include <stdbool.h>

struct prompt;

/* The texts of a prompt, and its completion. */
struct prompt_options {
    const char *prompt;       /* shown before a line */
    const char *continuation; /* shown before a line that continues another */

    /*
     * Fills CANDIDATES with the words that can stand at the cursor, each with a NUL behind it. The
     * prompt drops candidates that do not begin with CURRENT, the word at the cursor. BEFORE is the text
     * before that word.
     */
    void (*complete)(void *context, const struct text *before, const char *current,
                     struct text *candidates);
    void *context;
};

/*
 * Opens a prompt on the terminal of standard input and output. Returns NULL if memory is lacking.
 */
struct prompt *prompt_open(const struct prompt_options *options);

/*
 * Edits one line: a reader_line (reader.h) whose CONTEXT is the prompt. Returns 0 on Ctrl-D, and
 * -ECANCELED on Ctrl-C, which drops the line and the lines that it continues.
 */
int prompt_line(void *context, bool continued, struct text *line);

/* Restores the terminal. PROMPT may be NULL. */
void prompt_close(struct prompt *prompt);

#endif
