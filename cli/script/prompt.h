/* A terminal's line editor: history, completion, Ctrl-C. */
#ifndef K3THREAD_CLI_SCRIPT_PROMPT_H
#define K3THREAD_CLI_SCRIPT_PROMPT_H

#include "cli/base/text.h"

#include <stdbool.h>

struct prompt;

struct prompt_options {
    const char *prompt,
        *continuation; /* what is shown before a line, and before one that goes on */

    /*
     * Fills CANDIDATES with words that could follow the text before the cursor, each with a NUL
     * behind it; those that do not begin as CURRENT, the word at the cursor, are left out after.
     * BEFORE is the text before that word.
     */
    void (*complete)(void *context, const struct text *before, const char *current,
                     struct text *candidates);
    void *context;
};

/* Uses the terminal that standard input and output are. NULL without memory. */
struct prompt *prompt_open(const struct prompt_options *options);

/*
 * A reader_line (reader.h); CONTEXT is the prompt. -ECANCELED: Ctrl-C, the line and what it
 * continues are dropped. 0: Ctrl-D.
 */
int prompt_line(void *context, bool continued, struct text *line);

/* Restores the terminal and saves the history. NULL is fine. */
void prompt_close(struct prompt *prompt);

#endif
