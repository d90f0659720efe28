/* Passes bytes on between this process's standard input and output and the socket of a supervisor. */
#ifndef K3THREAD_CLI_COMMANDS_RELAY_H
#define K3THREAD_CLI_COMMANDS_RELAY_H

#include <stdbool.h>
#include <stddef.h>

/* One direction. */
struct relay_flow {
    char  *data; /* the bytes that were read and not written yet, to be freed */
    size_t start, end, size;
    bool   has_ended; /* nothing more comes in */
};

/* One relay. Zeroed but for the socket, it is ready. */
struct relay {
    int               socket; /* connected */
    struct relay_flow in, out;
    bool              is_answered; /* the supervisor has sent something */
    bool              is_cut;      /* the supervisor closed the socket and left bytes unread */
};

/* Reads from standard input into relay->in. Returns 1, 0 at its end, or -errno. */
int relay_read_input(struct relay *relay);

/*
 * Puts SIZE bytes in front of the bytes that were read from standard input, of which none were sent yet. Returns 0
 * or -ENOMEM.
 */
int relay_insert(struct relay *relay, const char *data, size_t size);

/*
 * Passes bytes on until either side has ended. When standard input has ended, the supervisor has another second for
 * its replies, but no longer: the client may be gone, and a reply that waits for the end of a thread must not keep
 * this process. Returns 0 or -errno.
 */
int relay_run(struct relay *relay);

void relay_release(struct relay *relay);

#endif
