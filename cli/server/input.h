/*
 * The input of a thread that stays open (start --input): a pipe, whose writing end is the server's, and
 * the clients that send bytes to it.
 *
 * The pipe belongs to the thread and not to a run: what one run has not read, the next one reads. The
 * server writes without waiting. It queues what the pipe does not take, and writes on when the command
 * has read; it writes the bytes of one call together, and those of the next call after them. The worker
 * opens the pipe for each run by itself, through the descriptor in its assignment. A thread with a
 * terminal (--tty) has that as its input. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_INPUT_H
#define K3THREAD_CLI_SERVER_INPUT_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <stdbool.h>
#include <stddef.h>

/* What a client sends. */
struct input_bytes {
    char  *data; /* on the heap; NULL: none */
    size_t size;
    bool   eof; /* the input ends behind them */
};

/*
 * Opens RECORD's input, if its job asks for one and none is open, or opens an input that was ended for
 * writing again. Returns 0 or -errno.
 */
int input_open(struct record *record);

/* Does what follows from the begin of a run: only the command reads the pipe from now on. */
void input_run_begun(const struct record *record);

/* Fails the calls that still send to RECORD, which has ended, and closes its input, if it has one. */
void input_close(struct record *record);

/*
 * Ends CALL when the input of RECORD has taken all BYTES, with an error after SECONDS (negative: any
 * number). Takes over the data. RECORD is live.
 */
void input_send(struct call *call, struct record *record, struct input_bytes *bytes,
                double seconds);

#endif
