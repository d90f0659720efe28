/*
 * Copies this process's standard input to the input of a thread: for `send` and `start --wait --input`.
 *
 * One piece of at most 64 KiB is under way at a time, so a command that does not read holds up the
 * reading here, as in a pipe of a shell.
 */
#ifndef K3THREAD_CLI_COMMANDS_INPUT_COPY_H
#define K3THREAD_CLI_COMMANDS_INPUT_COPY_H

#include "cli/base/text.h"
#include "cli/client/client.h"

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One copy. Zeroed, it copies nothing. */
struct input_copy {
    struct client *client;  /* NULL: nothing is copied */
    json_t        *thread;  /* as a parameter of requests */
    double         timeout; /* seconds that a piece may wait; negative: any number */
    bool keeps_lines;       /* no line is cut, so that the lines of several senders do not mix */
    bool ends_input;        /* the thread's input ends with this one */

    char      *buffer;
    size_t     held;       /* the bytes in it */
    size_t     under_way;  /* so many of them were sent and are not taken yet */
    json_int_t request;    /* the request that sent them, or the end; 0: none */
    bool       at_end;     /* of standard input */
    bool       is_done;    /* all was taken */
    bool       is_refused; /* a piece was not taken, or not all of it */
    uint64_t   taken;
};

/*
 * Begins to copy to THREAD, a reference that it takes over (NULL: memory is lacking). The other members
 * that have a choice are the caller's to set before. Returns 0 or -errno, as client.h's functions do.
 */
int input_copy_open(struct input_copy *copy, struct client *client, json_t *thread);

/* Sends TEXT, as one piece of any size, instead of standard input. Returns as input_copy_step() does. */
int input_copy_send_text(struct input_copy *copy, const struct text *text);

/* Returns what to poll for, with the descriptor -1 while nothing is to be read. */
struct pollfd input_copy_poll(const struct input_copy *copy);

/* Returns for how many milliseconds to poll at most: -1, or until a cut line is sent as it is. */
int input_copy_patience(const struct input_copy *copy);

/*
 * Reads and sends, after a poll that reported REVENTS. Returns 0, or -errno as client.h's functions do:
 * client->failure says why then.
 */
int input_copy_step(struct input_copy *copy, short revents);

/*
 * Goes on after input_copy_step() has failed to read standard input: sends the end of the input. Returns
 * an error if it failed for another reason.
 */
int input_copy_end(struct input_copy *copy);

/*
 * Takes REPLY if it answers a request of this copy. Returns 1 if it did, 0 if not, or -errno: the
 * thread takes no more, and client->failure says why.
 */
int input_copy_take(struct input_copy *copy, const struct reply *reply);

/* If a piece was not taken, adds to the client's failure how many bytes were taken and how many not. */
void input_copy_explain(const struct input_copy *copy);

void input_copy_close(struct input_copy *copy);

#endif
