/* Paths that name a descriptor of whoever opens them, as /dev/stdout: to another process they mean another file. */
#ifndef K3THREAD_CLI_BASE_DESCRIPTOR_PATH_H
#define K3THREAD_CLI_BASE_DESCRIPTOR_PATH_H

#include <stdbool.h>

bool descriptor_path_is(const char *path);

/* The path of the file that the descriptor is, to be freed; NULL if it has none, as a pipe. */
char *descriptor_path_file(const char *path);

/*
 * Lets FD, where it is a file, be appended to from now on, by everybody who has it from the same
 * open. Another process that appends to the file by an open of its own then overwrites nothing of
 * theirs, nor they of its. Returns 0, or -errno; -EBADF: FD is not open for writing.
 */
int descriptor_append(int fd);

/* Calls descriptor_append() for the descriptor that PATH names; another path is left alone. */
int descriptor_path_append(const char *path);

#endif
