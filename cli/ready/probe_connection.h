/* The common part of the probes that connect: tcp, unix, http. */
#ifndef K3THREAD_CLI_READY_PROBE_CONNECTION_H
#define K3THREAD_CLI_READY_PROBE_CONNECTION_H

#include "cli/ready/address.h"
#include "cli/ready/probe.h"

/* A kind's struct begins with this. */
struct connection_probe {
    struct ready ready;
    unsigned     turn; /* which of the addresses comes next */
};

enum connecting { CONNECTING_FAILED, CONNECTING_GOES_ON, CONNECTING_DONE };

/*
 * Goes on with the connection that is under way in `poll`, or else begins one, to the COUNT ADDRESSES in
 * turn. When all have failed, the next try is set for after a pause, and it says CONNECTING_FAILED.
 * When one is made it stays in `poll`; the deadline for what comes next is `next`.
 */
enum connecting probe_connection_step(struct ready *ready, const struct address *addresses,
                                      size_t count);

#endif
