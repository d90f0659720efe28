/* The commands of a script, all read before the first of them is run. */
#ifndef K3THREAD_CLI_SCRIPT_PLAN_H
#define K3THREAD_CLI_SCRIPT_PLAN_H

#include "cli/script/words.h"

#include <jansson.h>
#include <stddef.h>

/* One command. */
struct plan_command {
    struct words words; /* none: the command is left out */
    size_t       line;  /* the line of the script in which it begins */
};

/* All commands. Zeroed it is empty. */
struct plan {
    struct plan_command *commands;
    size_t               count;
    json_t              *left_out; /* the names of the threads that are not started; NULL: none */
};

/* Adds a command, and takes WORDS over in any case. Returns 0 or -ENOMEM. */
int plan_add(struct plan *plan, struct words *words, size_t line);

void plan_release(struct plan *plan);

#endif
