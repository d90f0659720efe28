/* The history of the prompt's lines, which all shells of a user share in one file. */
#ifndef K3THREAD_CLI_SCRIPT_LINE_HISTORY_H
#define K3THREAD_CLI_SCRIPT_LINE_HISTORY_H

#include <histedit.h>
#include <stdbool.h>
#include <stdio.h>

struct line_history {
    History *list; /* the editor's list */
    char    *path; /* NULL: the history is kept in no file */
};

/* Reads the file, if it is there. Returns false without memory. */
bool line_history_open(struct line_history *lines);

/* Adds LINE to the history and to the file, unless LINE is blank. */
void line_history_add(struct line_history *lines, const char *line);

/* Frees a history that was opened or is zeroed. */
void line_history_close(struct line_history *lines);

#endif
