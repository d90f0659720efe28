/* The socket of a supervisor as a file: connects to it, listens at it, removes a stale one. */
#ifndef K3THREAD_CLI_PLACE_SOCKET_H
#define K3THREAD_CLI_PLACE_SOCKET_H

#include <sys/socket.h>

/* As many connections may wait as Linux allows by default, which is glibc's SOMAXCONN; musl's is 128. */
#define SOCKET_BACKLOG 4096

/* The paths fit into an address: socket_path_find() checks that. */

/* Returns a descriptor that is connected to PATH, or -errno. */
int socket_connect(const char *path);

/* Returns a descriptor that listens at PATH, where nothing is yet, and does not block; or -errno. */
int socket_listen(const char *path);

/*
 * Fills *RET with the process and the user at the other end of FD, a connection. Returns 0 or
 * -errno.
 */
int socket_find_peer(int fd, struct ucred *ret);

/* Removes a socket that a dead supervisor left, and nothing else. Returns 0 or -errno. */
int socket_remove_stale(const char *path);

#endif
