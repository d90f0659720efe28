/* Warns of a full disk (cli/place/disk.h) in the commands that show output. */
#ifndef K3THREAD_CLI_VIEW_FULL_DISK_H
#define K3THREAD_CLI_VIEW_FULL_DISK_H

#include <stdbool.h>

/*
 * Prints a message on standard error, as COMMAND, if the file system of PATH is full. Returns true
 * if it is.
 */
bool disk_warn_full(const char *command, const char *path);

/* The message: a format that takes the path. */
#define DISK_FULL_MESSAGE "the file system of the logs is full: %s: output may be lost"

#endif
