/* Whether there is room for what commands print: they write their logs themselves, and may not say. */
#ifndef K3THREAD_CLI_VIEW_ROOM_H
#define K3THREAD_CLI_VIEW_ROOM_H

#include <stdbool.h>

/* Returns true if the file system of PATH, a log or its directory, is full for this user. */
bool room_is_gone(const char *path);

/* Says on standard error, for COMMAND, that it is full. Returns true if it is. */
bool room_warn(const char *command, const char *path);

/* How that is said of a path, as printf() has it. */
#define ROOM_GONE "the file system of the logs is full: %s: output may be lost"

#endif
