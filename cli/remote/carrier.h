/*
 * The carrier: the process of a run that brings up the agents on the other machines, and relays between them and
 * the run's supervisor. It has a session of its own, so that a Ctrl-Z at the run does not stop it: its signs of life
 * tell the agents that the run lives.
 *
 * For each machine it listens at a socket, whose name carrier_socket() gives: a worker that connects there reaches
 * the supervisor of the machine's agent. The carrier tells the run's supervisor when an agent is up, and when a
 * machine is lost (the method "host"). It ends when the run's supervisor ends.
 */
#ifndef K3THREAD_CLI_REMOTE_CARRIER_H
#define K3THREAD_CLI_REMOTE_CARRIER_H

#include "cli/base/text.h"
#include "cli/place/place.h"
#include "cli/remote/host_list.h"

#include <sys/types.h>

/* The options of a carrier. */
struct carrier_options {
    const struct place     *place; /* of the run's supervisor */
    const struct host_list *hosts;

    /* For each machine the command that runs `sh` there: a list of words that ends with NULL. */
    char ***commands;
};

/* Returns the path of the socket for the machine at INDEX of the list, to be freed, or NULL without memory. */
char *carrier_socket(const struct place *place, size_t index);

/* Starts the carrier as a child of this process, which has one thread. Returns 0 or -errno. */
int carrier_start(const struct carrier_options *options, pid_t *ret_pid);

#endif
