/* Carries out the requests of the supervisor to raise an exception in this process. */
#ifndef K3THREAD_ATTACH_RAISE_H
#define K3THREAD_ATTACH_RAISE_H

#include "attach_message.h"
#include "connection.h"

/*
 * Raises the exception that MESSAGE asks for, unless the supervisor has withdrawn it, and replies. Returns 0, or
 * -errno if the connection fails.
 */
int k3t_attach_raise(struct k3t_connection *connection, const struct k3t_message *message);

#endif
