/* Reads requests and runs the methods that they name. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_DISPATCH_H
#define K3THREAD_CLI_SERVER_DISPATCH_H

#include "cli/server/connection.h"

/* Serves the connections of peers: each line is a request. */
extern const struct connection_handler dispatch_handler;

#endif
