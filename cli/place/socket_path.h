/*
 * Finds the path of a supervisor's socket, as -S, -L or the environment give it. The quick way
 * calls this before the C library has begun: see QUICK_SHARED in the Makefile.
 */
#ifndef K3THREAD_CLI_PLACE_SOCKET_PATH_H
#define K3THREAD_CLI_PLACE_SOCKET_PATH_H

#include "cli/base/text.h"

#include <stdbool.h>

/* The end of a socket's name behind its label. */
#define SOCKET_SUFFIX ".sock"

/*
 * The label of the supervisor if neither an option nor the environment names a supervisor.
 */
#define SOCKET_DEFAULT_LABEL "default"

/*
 * Appends the path for LABEL, the argument of -L, or SOCKET, the argument of -S, to PATH, with a
 * NUL behind it. Each may be NULL; without either, K3THREAD_SOCKET and then the default label
 * decide.
 *
 * Returns 0, -EINVAL (both given, a bad label or path, a path too long for a socket) or -errno,
 * with a sentence appended to WHY.
 */
int socket_path_find(struct text *path, const char *label, const char *socket, struct text *why);

/* Appends the directory in which the sockets of this user's labels are. */
void socket_path_add_directory(struct text *path);

/* Returns true if LABEL can name a supervisor. */
bool socket_path_is_label(const char *label);

#endif
