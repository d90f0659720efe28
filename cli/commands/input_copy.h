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
    bool ends_input;        /* the thread's input ends with standard input */

    char      *buffer;
    size_t     held;       /* the bytes in it */
    size_t     under_way;  /* how many of them were sent and are not taken yet */
    json_int_t request;    /* the request that sent them, or the end; 0: none */
    bool       at_end;     /* of standard input */
    bool       is_done;    /* all was taken */
    bool       is_refused; /* a piece was not taken, or not all of it */
    uint64_t   taken;
};

/*
 * Begins to copy to THREAD, a reference that it takes over (NULL: memory is lacking). The caller must have set
 * timeout, keeps_lines and ends_input. Returns 0 or -errno, as the functions of client.h do.
 */
int input_copy_open(struct input_copy *copy, struct client *client, json_t *thread);

/* Sends TEXT, as one piece of any size, instead of standard input. Returns as input_copy_step() does. */
int input_copy_send_text(struct input_copy *copy, const struct text *text);

/* Returns the descriptor to poll, or -1 while nothing is to be read. */
struct pollfd input_copy_poll(const struct input_copy *copy);

/* Returns the most milliseconds to poll: until a cut line is sent as it is, or -1 for no limit. */
int input_copy_patience(const struct input_copy *copy);

/*
 * Reads and sends, after a poll that reported REVENTS. Returns 0, or -errno with the reason in
 * client->failure, as the functions of client.h do.
 */
int input_copy_step(struct input_copy *copy, short revents);

/*
 * Goes on after input_copy_step() has failed to read standard input: sends the end of the input. If
 * input_copy_step() failed for another reason, returns that error.
 */
int input_copy_end(struct input_copy *copy);

/*
 * Takes REPLY if it answers a request of this copy. Returns 1 if it does, 0 if not, or -errno with the
 * reason in client->failure: the thread takes no more.
 */
int input_copy_take(struct input_copy *copy, const struct reply *reply);

/* If a piece was not taken, adds the numbers of taken and of other bytes to the client's failure. */
void input_copy_explain(const struct input_copy *copy);

void input_copy_close(struct input_copy *copy);

#endif
