/*
 * Keeps a connection to the supervisor that has started this process: sends and receives lines, and receives the
 * permit (see k3thread-protocol(7)). attach_message.h reads what a line means. Only one thread at a time may use a
 * connection.
 */
#ifndef K3THREAD_CONNECTION_H
#define K3THREAD_CONNECTION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes of a line to the supervisor, with its newline. */
#define K3T_LINE_SIZE 4096

/* One connection. The k3t_put functions write a line into it, and k3t_connection_send sends the line. */
struct k3t_connection {
    int    socket; /* -1: none */
    int    permit; /* -1: none yet */
    char  *in;     /* the received bytes, from the start of a line on */
    size_t used, capacity;
    size_t line; /* the size of the line that was returned last; IN still has it */
    size_t out_used;
    bool   out_full; /* a line was too long for the buffer */
    char   out[K3T_LINE_SIZE];
};

/* Connects to PATH, within SECONDS. Returns 0 or -errno. */
int k3t_connection_open(struct k3t_connection *connection, const char *path, int seconds);

/* Closes CONNECTION, if it is open. */
void k3t_connection_close(struct k3t_connection *connection);

/*
 * Returns the next line, which ends with a NUL and is valid until the next call; *RET_SIZE is its size. Returns
 * NULL if no line is complete: then *RET_ERROR is -EAGAIN if more bytes may come, else the reason why none will.
 * Does not block.
 */
char *k3t_connection_line(struct k3t_connection *connection, size_t *ret_size, int *ret_error);

/* The seconds that the supervisor has to take a line, and to reply to an attach. */
#define K3T_ATTACH_PATIENCE 10

/* Begins a line with the members that each message has, with ID if it is not 0, and with REST. */
void k3t_put_begin(struct k3t_connection *connection, uint64_t id, const char *rest);

/* Append TEXT, or the digits of NUMBER, to the line that is being written. */
void k3t_put(struct k3t_connection *connection, const char *text);
void k3t_put_integer(struct k3t_connection *connection, uint64_t number);

/* Appends BYTES as a string, or as an object with "base64" if they are not UTF-8. */
void k3t_put_bytes(struct k3t_connection *connection, const char *bytes);

/* Returns how many more bytes the line has room for. */
size_t k3t_put_room(const struct k3t_connection *connection);

/* Sends the line, with a newline. Waits up to SECONDS while the supervisor does not read. Returns 0 or -errno. */
int k3t_connection_send(struct k3t_connection *connection, int seconds);

#endif
