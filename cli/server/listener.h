/*
 * The socket that clients connect to: accepts clients, and refuses other users. The server's thread
 * only.
 */
#ifndef K3THREAD_CLI_SERVER_LISTENER_H
#define K3THREAD_CLI_SERVER_LISTENER_H

#include "cli/server/connection.h"

#include <stdbool.h>

/*
 * Makes the loop accept clients from FD, a bound socket, for HANDLER, and answer the door's bell.
 * Returns 0 or -errno.
 */
int listener_open(int fd, const struct connection_handler *handler);

/*
 * Serves a client that another process has sent through SOCKET as a descriptor. Returns false if that process has
 * closed its end of SOCKET.
 */
bool listener_take_sent(int socket);

/*
 * Removes the socket, and accepts the clients that have already connected, so that they get an
 * reply. A later client finds no supervisor and starts one.
 */
void listener_shut(void);

#endif
