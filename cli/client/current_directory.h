/* Makes absolute paths of paths that are relative to the current directory. */
#ifndef K3THREAD_CLI_CLIENT_CURRENT_DIRECTORY_H
#define K3THREAD_CLI_CLIENT_CURRENT_DIRECTORY_H

#include "cli/base/text.h"

#include <stdbool.h>

/*
 * Returns the current directory's path, to be freed. If the directory was removed, it has no path: then
 * returns NULL with errno set. With NOT_NEEDED, because no path is relative to it, returns the path of
 * another directory instead.
 */
char *current_directory_find(bool not_needed);

/* Returns true if PATH, which may be NULL, is relative to the current directory. */
bool current_directory_matters(const char *path);

/*
 * Writes PATH as an absolute path, as a JSON string. A relative PATH begins at HERE; NULL means
 * HERE itself.
 */
void current_directory_write_path(struct text *text, const char *here, const char *path);

#endif
