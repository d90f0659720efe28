/*
 * Paths that name a descriptor of the process that opens them, as /dev/stdout does: in another process
 * they mean another file.
 */
#ifndef K3THREAD_CLI_BASE_DESCRIPTOR_PATH_H
#define K3THREAD_CLI_BASE_DESCRIPTOR_PATH_H

#include <stdbool.h>

/* Returns true if PATH is such a path. */
bool descriptor_path_is(const char *path);

/* Returns the path of the descriptor's file, to be freed; NULL if the file has no path, as a pipe. */
char *descriptor_path_file(const char *path);

/* Returns the number of the descriptor that PATH names, or -1: /proc/self/cwd/in names none. */
int descriptor_path_number(const char *path);

/*
 * Sets O_APPEND on FD if it is a file: from now on every write to it appends, also a write of another
 * process that has the same open file. So nothing is overwritten when a further process opens the file
 * by itself and appends to it. Returns 0, or -errno; -EBADF: FD is not open for writing.
 */
int descriptor_append(int fd);

/* Calls descriptor_append() for the descriptor that PATH names; another path is left alone. */
int descriptor_path_append(const char *path);

#endif
