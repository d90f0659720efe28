/*
 * The output of a command on another machine, as its worker writes it here: to the log, or to the file of --output. A
 * FIFO or a terminal may be slower than the command. The bytes that it does not take at once are kept, and the worker
 * reads no more from the agent until it has taken them.
 */
#ifndef K3THREAD_CLI_WORKER_REMOTE_OUTPUT_H
#define K3THREAD_CLI_WORKER_REMOTE_OUTPUT_H

#include "cli/base/byte_queue.h"
#include "cli/worker/job.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct remote_output {
    int               fd; /* -1: closed */
    struct byte_queue unwritten;
    bool              is_broken; /* its reader has gone */
};

/* Opens the output, and makes the directory of the logs again if that was removed. Returns 0 or -errno. */
int remote_output_open(struct remote_output *output, const struct job *job);

/*
 * Writes SIZE bytes, or keeps them. Bytes that a full disk does not take are lost, as they are for a command on this
 * machine. Returns false if this write has shown that the reader has gone.
 */
bool remote_output_write(struct remote_output *output, const char *data, size_t size);

/* Writes what is kept, as far as the file takes it. Returns as remote_output_write() does. */
bool remote_output_flush(struct remote_output *output);

/* Returns the descriptor and the event to poll for, while something is kept. */
struct pollfd remote_output_poll(const struct remote_output *output);

/* Returns true if something is kept. */
static inline bool remote_output_is_full(const struct remote_output *output)
{
    return byte_queue_size(&output->unwritten) > 0;
}

/* Closes the output. Bytes that are still kept are lost. */
void remote_output_close(struct remote_output *output);

#endif
