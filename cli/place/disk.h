/*
 * Detects a full disk. A command writes its log itself, and may not report a failed write. So k3thread
 * reports a full disk wherever it shows output.
 */
#ifndef K3THREAD_CLI_PLACE_DISK_H
#define K3THREAD_CLI_PLACE_DISK_H

#include <stdbool.h>

/* Returns true if the file system of PATH, a log or its directory, is full for this user. */
bool disk_is_full(const char *path);

#endif
