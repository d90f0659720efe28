/*
 * Names that differ, for what has the names of a run's threads: two of its threads have the same name if the
 * first had ended before the second began.
 */
#ifndef K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H
#define K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>

/* Zeroed, no name is taken. */
struct unique_names {
    json_t *taken; /* an object; each value is the number that its name had last */
};

/*
 * Appends NAME to TEXT; if it is taken, NAME-2, NAME-3 and so on. What is appended is taken from now on.
 * Returns 0 or -ENOMEM.
 */
int unique_names_add(struct unique_names *names, struct text *text, const char *name);

void unique_names_release(struct unique_names *names);

#endif
