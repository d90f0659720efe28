/*
 * The input of a thread that stays open (start --input): a pipe whose writing end the server has, and the
 * calls of `send`, whose bytes the server writes to it.
 *
 * The pipe belongs to the thread and not to a run: the next run reads what one run has not read. The server
 * never waits for the pipe. If the pipe is full, the server keeps the rest of the bytes, and writes it when
 * the command has read. It finishes one call before it writes the bytes of the next. The worker opens the
 * pipe anew for each run, through the descriptor in its assignment. If the thread has a terminal (--tty), the
 * server writes to that instead of a pipe. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_INPUT_H
#define K3THREAD_CLI_SERVER_INPUT_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <stdbool.h>
#include <stddef.h>

/* The bytes that a client sends. */
struct input_bytes {
    char  *data; /* on the heap; NULL: none */
    size_t size;
    bool   eof; /* the input ends after these bytes */
};

/*
 * Opens RECORD's input if its job asks for one and it is not open. If the input was ended, opens it for
 * writing again. Returns 0 or -errno.
 */
int input_open(struct record *record);

/* Notes that a run has begun. Closes the server's own reading end, as the command has one, and writes on. */
void input_run_begun(const struct record *record);

/* Closes the input of RECORD, which has ended, if it has one. The calls that still send to it fail. */
void input_close(struct record *record);

/*
 * Sends BYTES, whose data it takes over, to the input of RECORD, which is live. Ends CALL when the input has
 * taken all BYTES. Fails CALL after SECONDS; negative: never.
 */
void input_send(struct call *call, struct record *record, struct input_bytes *bytes,
                double seconds);

#endif
