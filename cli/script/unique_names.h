/*
 * Makes names unique, for reports on a run's threads: two threads can have the same name if the
 * first has ended before the second began.
 */
#ifndef K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H
#define K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>

/* The names that are taken. Zeroed: none. */
struct unique_names {
    json_t *taken; /* an object: for each name the last number that was added to it */
};

/*
 * Appends NAME to TEXT; if it is taken, NAME-2, NAME-3 and so on. The appended name is then taken.
 * Returns 0 or -ENOMEM.
 */
int unique_names_add(struct unique_names *names, struct text *text, const char *name);

void unique_names_release(struct unique_names *names);

#endif
