/* The prompt of the command shell: edits a line on the terminal, with history, completion and Ctrl-C. */
#ifndef K3THREAD_CLI_SCRIPT_LINE_EDITOR_H
#define K3THREAD_CLI_SCRIPT_LINE_EDITOR_H

#include "cli/base/text.h"

#include <stdbool.h>

struct line_editor;

/* The texts of a prompt, and its completion. */
struct line_editor_options {
    const char *prompt;       /* shown before a line */
    const char *continuation; /* shown before a line that continues another */

    /*
     * Fills CANDIDATES with the words that can stand at the cursor, each with a NUL behind it. The
     * editor drops candidates that do not begin with CURRENT, the word at the cursor. BEFORE is the text
     * before that word.
     */
    void (*complete)(void *context, const struct text *before, const char *current,
                     struct text *candidates);
    void *context;
};

/*
 * Opens an editor on the terminal of standard input and output. Returns NULL if memory is lacking.
 */
struct line_editor *line_editor_open(const struct line_editor_options *options);

/*
 * Edits one line: a reader_line (reader.h) whose CONTEXT is the editor. Returns 0 on Ctrl-D, and
 * -ECANCELED on Ctrl-C, which drops the line and the lines that it continues.
 */
int line_editor_next(void *context, bool continued, struct text *line);

/* Restores the terminal. */
void line_editor_close(struct line_editor *editor);

#endif
