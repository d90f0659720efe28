/*
 * Describes the failure of a client's request in words for the user: client->failure. A function that takes a client
 * and returns an int puts the failure there, and returns -errno. For client.c.
 */
#ifndef K3THREAD_CLI_CLIENT_CLIENT_FAILURE_H
#define K3THREAD_CLI_CLIENT_CLIENT_FAILURE_H

#include "cli/client/client_state.h"

/* Puts a failure into client->failure. TYPE is the name of an exception, or NULL. Returns ERROR. */
__attribute__((format(printf, 5, 6))) int client_fail(struct client *client, int error, int status,
                                                      const char *type, const char *format, ...);

int client_fail_memory(struct client *client);

/* Reports that there is no connection to the supervisor of client->place because of ERROR. */
int client_fail_open(struct client *client, int error);

/* Reports that a reply was not valid. Drops the connection. */
int client_fail_garbage(struct client *client);

/* Reports ERROR, of a function of wire.h. Drops a connection that has ended. May return a more exact error. */
int client_fail_wire(struct client *client, int error);

/* Returns Python's name for the exception of a failed system call. */
const char *client_name_of_error(int error);

/* Returns the exit status for ERROR, an error in a reply. */
int client_status_of_error(const json_t *error);

#endif
