/* Paths that name a descriptor of whoever opens them, as /dev/stdout: to another process they mean another file. */
#ifndef K3THREAD_CLI_DESCRIPTOR_H
#define K3THREAD_CLI_DESCRIPTOR_H

#include <stdbool.h>

bool descriptor_is_named(const char *path);

/* The path of the file that the descriptor is, to be freed; NULL if it has none, as a pipe. */
char *descriptor_file(const char *path);

#endif
