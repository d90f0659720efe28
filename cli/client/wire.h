/*
 * Sends requests over a socket, and receives lines. The quick way calls these functions before the C
 * library has begun: see QUICK_SHARED in the Makefile.
 *
 * Functions return a negative errno on failure, and otherwise what their comment says.
 */
#ifndef K3THREAD_CLI_CLIENT_WIRE_H
#define K3THREAD_CLI_CLIENT_WIRE_H

#include "cli/base/line_buffer.h"
#include "cli/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The state of one socket. Zeroed, with the descriptor set, it is ready. */
struct wire {
    int                fd;       /* a connected socket */
    struct text        unsent;   /* requests that the socket has not taken yet */
    struct line_buffer received; /* the lines that were read and not taken */
    bool               cut; /* the other side closed the socket before it got all that was queued */
};

/*
 * Queues the request ID for METHOD with PARAMS, a JSON object. Returns 0, -ENOMEM, or -E2BIG for a
 * request that is longer than any supervisor takes.
 */
int wire_queue(struct wire *wire, int64_t id, const char *method, const struct text *params);

/*
 * Sends what the socket takes without waiting. Returns 0, also if the kernel lacks memory for now, and if the other
 * side has closed the socket: it may have replied before that, and reading shows whether it did.
 */
int wire_flush(struct wire *wire);

/*
 * Reads what the socket has, without waiting. Returns 1, or 0 if there is nothing now. Returns
 * -ECONNRESET if the other side has closed the socket, and -EMSGSIZE for a line longer than a
 * supervisor sends.
 */
int wire_read(struct wire *wire);

/*
 * Waits until something can be read, and reads it. Sends meanwhile: two sides that only send, or
 * only read, could wait for each other for ever. Returns 0 or more, or -ETIMEDOUT after SECONDS;
 * negative: it waits for ever.
 */
int wire_wait(struct wire *wire, double seconds);

/* Closes the socket and drops what is queued and what was read. */
void wire_close(struct wire *wire);

#endif
