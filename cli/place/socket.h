/* The socket of a supervisor as a file: connecting to it, listening at it, and removing a dead one. */
#ifndef K3THREAD_CLI_PLACE_SOCKET_H
#define K3THREAD_CLI_PLACE_SOCKET_H

/* Each takes a path that fits into an address: place_resolve() sees to that. */

/* Returns a descriptor that is connected to PATH, or -errno. */
int socket_connect(const char *path);

/* Returns a descriptor that listens at PATH, where nothing is yet, or -errno. */
int socket_listen(const char *path);

/* Removes a socket that a dead supervisor left; nothing else is ever removed. Returns 0 or -errno. */
int socket_remove_stale(const char *path);

#endif
