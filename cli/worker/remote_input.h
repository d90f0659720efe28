/*
 * The input of a command on another machine: the worker reads the input here, from the file of --input or from the
 * pipe that `send` writes to, and sends it piece by piece. It sends a piece when the command has taken the last piece.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_INPUT_H
#define K3THREAD_CLI_WORKER_REMOTE_INPUT_H

#include "cli/worker/remote.h"

/* The input of one run. */
struct remote_input {
    int     fd;      /* -1: there is none, or it has ended */
    int64_t request; /* the piece that is under way; 0: none */
    bool    is_file;
};

/* Returns true if WORKER's command has an input. */
bool remote_input_is_wanted(const struct worker *worker);

/* Opens INPUT, whose descriptor is -1 and whose other members are 0. Returns 0 or -errno. */
int remote_input_open(struct remote_input *input, const struct worker *worker);

/* Returns the descriptor to poll (fd -1: none). */
struct pollfd remote_input_poll(const struct remote_input *input);

/* Sends the next piece to the agent's thread ID. Call it when the poll reports an event. */
void remote_input_send(struct remote_input *input, struct remote *remote, int64_t id);

/* Takes the reply with ID, if it is one to a piece. FAILED: the command reads no more. */
void remote_input_take_reply(struct remote_input *input, int64_t id, bool failed);

void remote_input_close(struct remote_input *input);

#endif
