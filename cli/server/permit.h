/*
 * The permit of an attached process. The server gives the permit with each exception. If the process is late, the
 * server tries to take the permit back: whichever of the two takes it first has the exception.
 *
 * The process may do anything to its descriptor, for example make it block. So the permit is a message in a pair
 * of sockets, which the server reads and writes without blocking in any case. With an eventfd the server could
 * block.
 */
#ifndef K3THREAD_CLI_SERVER_PERMIT_H
#define K3THREAD_CLI_SERVER_PERMIT_H

#include <stdbool.h>

struct permit {
    int server;  /* the permit is given here */
    int process; /* and taken here; the process has a copy of this descriptor */
};

/* Opens a permit that is not given yet. Returns 0 or -errno. */
int permit_open(struct permit *ret);

void permit_close(const struct permit *permit);

/* Gives the permit. Returns false if that is not possible, because the process has made its descriptor unusable. */
bool permit_give(const struct permit *permit);

/* Takes the permit. Returns false if the process has taken it. */
bool permit_take(const struct permit *permit);

#endif
