/*
 * Makes names unique, for reports on a run's threads: two threads can have the same name if the
 * first has ended before the second began.
 */
#ifndef K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H
#define K3THREAD_CLI_SCRIPT_UNIQUE_NAMES_H

#include "cli/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct unique_name;

/*
 * The names that are taken. Zeroed: none. Of each name only a hash of 64 bits is kept, as there may be millions. A
 * name with the hash of another one counts as taken, so the names stay unique.
 */
struct unique_names {
    struct unique_name *table;
    size_t              count, room; /* the room is a power of two, and is never full */
};

/*
 * Appends NAME to TEXT; if it is taken, NAME-2, NAME-3 and so on. The appended name is then taken.
 * Returns 0 or -ENOMEM.
 */
int unique_names_add(struct unique_names *names, struct text *text, const char *name);

void unique_names_release(struct unique_names *names);

#endif
