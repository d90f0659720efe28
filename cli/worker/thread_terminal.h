/*
 * The terminal of a thread (start --tty): all its runs have the same.
 *
 * The server makes and frees it. While a command runs, its worker copies the terminal's output to the
 * log, and to the screen, from which the server takes it for the clients that are attached. The worker
 * never waits for the log, nor for the server. A lock guards the screen; it is taken alone.
 */
#ifndef K3THREAD_CLI_WORKER_THREAD_TERMINAL_H
#define K3THREAD_CLI_WORKER_THREAD_TERMINAL_H

#include "cli/terminal/pty.h"
#include "cli/terminal/screen.h"
#include "cli/worker/job.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_PIECE ((size_t) 16 * 1024)

/* One terminal. */
struct thread_terminal {
    int             master, slave;
    int             news; /* an eventfd: the screen has changed, if the server watches */
    atomic_bool     is_watched;
    pthread_mutex_t lock;
    struct screen   screen;

    /* The worker's part. */
    int    log;              /* -1: none is open, or it can be written no more */
    size_t pending, written; /* the bytes that the log has to get, and how many of them it has */
    char   piece[TERMINAL_PIECE];
};

/* Makes a terminal of SIZE. Returns 0 or -errno. The server's thread only. */
int thread_terminal_new(const struct pty_size *size, struct thread_terminal **ret);

/* Frees TERMINAL, which may be NULL. No worker may use it any more. */
void thread_terminal_free(struct thread_terminal *terminal);

/* What the server does; see screen.h. */
ssize_t  thread_terminal_copy(struct thread_terminal *terminal, uint64_t *position, char *data,
                              size_t size);
void     thread_terminal_replay(struct thread_terminal *terminal, struct text *text,
                                uint64_t *ret_position);
uint64_t thread_terminal_end(struct thread_terminal *terminal);

/* What a worker does */

/* Makes the terminal ready for a run of JOB and opens the log. Returns 0 or -errno. */
int thread_terminal_begin(struct thread_terminal *terminal, const struct job *job);

/* Returns what to poll for. */
struct pollfd thread_terminal_poll(const struct thread_terminal *terminal);

/* Copies the output that is there, a part of it if there is much. */
void thread_terminal_copy_output(struct thread_terminal *terminal);

/* Copies what is left of a run that has ended, and closes the log. */
void thread_terminal_end_run(struct thread_terminal *terminal);

#endif
