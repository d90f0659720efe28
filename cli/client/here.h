/* Paths as they are seen from the current directory. */
#ifndef K3THREAD_CLI_CLIENT_HERE_H
#define K3THREAD_CLI_CLIENT_HERE_H

#include "cli/base/text.h"

#include <stdbool.h>

/*
 * Returns the current directory's path, to be freed. One that was removed has none: then it is NULL
 * with errno, or, if no path begins there (NOT_NEEDED), that of some directory.
 */
char *here_find(bool not_needed);

/* Returns true if PATH, which may be NULL, begins at the current directory. */
bool here_matters(const char *path);

/* Writes PATH (NULL: nothing) seen from HERE, as a string. */
void here_write_path(struct text *text, const char *here, const char *path);

#endif
