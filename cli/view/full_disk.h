/*
 * Detects a full disk. A command writes its log itself, and may not report a failed write. So the
 * k3thread commands that show output check whether the file system of the logs is full.
 */
#ifndef K3THREAD_CLI_VIEW_FULL_DISK_H
#define K3THREAD_CLI_VIEW_FULL_DISK_H

#include <stdbool.h>

/* Returns true if the file system of PATH, a log or its directory, is full for this user. */
bool disk_is_full(const char *path);

/*
 * Prints a message on standard error, as COMMAND, if the file system of PATH is full. Returns true
 * if it is.
 */
bool disk_warn_full(const char *command, const char *path);

/* The message: a format that takes the path. */
#define DISK_FULL_MESSAGE "the file system of the logs is full: %s: output may be lost"

#endif
