/* The history of the prompt's lines, which all shells of a user share in one file. */
#ifndef K3THREAD_CLI_SCRIPT_PROMPT_HISTORY_H
#define K3THREAD_CLI_SCRIPT_PROMPT_HISTORY_H

#include <histedit.h>
#include <stdbool.h>
#include <stdio.h>

struct prompt_history {
    History *list; /* the editor's list */
    char    *path; /* NULL: the history is kept in no file */
};

/* Reads the file, if it is there. Returns false without memory. */
bool prompt_history_open(struct prompt_history *lines);

/* Adds LINE to the history and to the file, unless LINE is blank. */
void prompt_history_add(struct prompt_history *lines, const char *line);

/* Frees a history that was opened or is zeroed. */
void prompt_history_close(struct prompt_history *lines);

#endif
