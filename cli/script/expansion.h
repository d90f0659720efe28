/*
 * Finds the values of the parameters in a script's line ($1, $@, $NAME and the like), and adds them
 * to a word.
 */
#ifndef K3THREAD_CLI_SCRIPT_EXPANSION_H
#define K3THREAD_CLI_SCRIPT_EXPANSION_H

#include "cli/script/line_scanner.h"

#include <stdbool.h>
#include <stddef.h>

/* A parameter: the name behind a '$', with or without braces. */
struct parameter {
    const char *name; /* its name in the text: "@", "12", "HOME" */
    size_t      length;
};

/*
 * Reads a parameter's name. LONG_NUMBER: a number may have several digits, as in braces. Returns
 * false if there is no name.
 */
bool expansion_read(struct line_scanner *p, struct parameter *ret, bool long_number);

/* Returns true if PARAMETER has a value that is not empty. */
bool expansion_is_set(const struct line_scanner *p, const struct parameter *parameter);

/* Adds the value of PARAMETER. Returns 0, or an error that it has described. */
int expansion_add(struct line_scanner *p, const struct parameter *parameter, bool quoted);

/* Returns the value of the variable whose name is the LENGTH bytes at NAME; NULL if it is unset. */
const char *expansion_variable(const struct words_scope *scope, const char *name, size_t length);

#endif
