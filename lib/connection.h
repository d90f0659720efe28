/*
 * A connection to the supervisor that has started this process: lines in both directions, and the permit (see
 * k3thread-protocol(7)). It knows what lines are, and not what they mean. One thread at a time.
 */
#ifndef K3THREAD_CONNECTION_H
#define K3THREAD_CONNECTION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines are written by k3t_put functions and sent by k3t_connection_send. */
#define K3T_LINE_SIZE 4096

struct k3t_connection {
    int    socket; /* -1: none */
    int    permit; /* -1: none yet */
    char  *in;     /* what has been received; from the start of a line */
    size_t used, capacity;
    size_t line; /* the size of the line that was returned last, which is still there */
    size_t out_used;
    bool   out_full; /* a line was too long for the buffer */
    char   out[K3T_LINE_SIZE];
};

/* Connects to PATH, within SECONDS. Returns 0 or -errno. */
int k3t_connection_open(struct k3t_connection *connection, const char *path, int seconds);

/* Closes it, if it is open. */
void k3t_connection_close(struct k3t_connection *connection);

/*
 * Returns the next line, which ends with a NUL and is valid until the next call; *RET_SIZE is its size. Returns NULL
 * if none is complete: *RET_ERROR is -EAGAIN if more may come, or says why no more will. Does not block.
 */
char *k3t_connection_line(struct k3t_connection *connection, size_t *ret_size, int *ret_error);

/* The seconds that the supervisor has to take a line, and to reply to an attach. */
#define K3T_ATTACH_PATIENCE 10

/* Begins a line: what each message has, with ID if it is not 0, and then REST. */
void k3t_put_begin(struct k3t_connection *connection, uint64_t id, const char *rest);

/* Appends to the line that is being written. */
void k3t_put(struct k3t_connection *connection, const char *text);
void k3t_put_integer(struct k3t_connection *connection, uint64_t number);

/* Appends BYTES as a string, or as an object with "base64" if they are not UTF-8. */
void k3t_put_bytes(struct k3t_connection *connection, const char *bytes);

/* Returns how many more bytes the line has room for. */
size_t k3t_put_room(const struct k3t_connection *connection);

/* Sends the line, with a newline. Waits while the supervisor does not read, for SECONDS. Returns 0 or -errno. */
int k3t_connection_send(struct k3t_connection *connection, int seconds);

#endif
