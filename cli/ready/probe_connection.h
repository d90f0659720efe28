/* The common part of the probes that connect: tcp, unix, http. */
#ifndef K3THREAD_CLI_READY_PROBE_CONNECTION_H
#define K3THREAD_CLI_READY_PROBE_CONNECTION_H

#include "cli/ready/address.h"
#include "cli/ready/probe.h"

/* The state of a connection. */
enum connecting { CONNECTING_FAILED, CONNECTING_GOES_ON, CONNECTING_DONE };

/*
 * Goes on with the connection in `poll`, or begins one to the next of the COUNT ADDRESSES. Returns
 * CONNECTING_FAILED when all have failed, with the next try set for after a pause. A connection that is made stays
 * in `poll`; `next` is the deadline for what the caller does with it.
 */
enum connecting probe_connection_step(struct ready *ready, const struct address *addresses,
                                      size_t count);

#endif
