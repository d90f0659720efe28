/*
 * A full disk. Commands write their logs themselves, and may not say that a write has failed: so a
 * command that shows output checks whether the file system of the logs is full.
 */
#ifndef K3THREAD_CLI_VIEW_FULL_DISK_H
#define K3THREAD_CLI_VIEW_FULL_DISK_H

#include <stdbool.h>

/* Returns true if the file system of PATH, a log or its directory, is full for this user. */
bool disk_is_full(const char *path);

/* Says on standard error, as COMMAND, if that file system is full. Returns true if it is. */
bool disk_warn_full(const char *command, const char *path);

/* The message, a format for the path. */
#define DISK_FULL_MESSAGE "the file system of the logs is full: %s: output may be lost"

#endif
