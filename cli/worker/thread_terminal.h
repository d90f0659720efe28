/*
 * The terminal of a thread (start --tty), which all runs of the thread share.
 *
 * The server makes and frees the terminal. While a command runs, its worker copies the terminal's output to
 * the log, and to the screen, from which the server copies it for the attached clients. During the run the
 * worker waits neither for the log nor for the server. A lock guards the screen; it is taken alone.
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
    int             master, slave; /* -1: the terminal itself is on another machine */
    atomic_uint     size;          /* of a terminal on another machine: rows * 65536 + columns */
    atomic_bool     size_is_told;  /* the worker was told of a new size, and has not taken it yet */
    int             news; /* an eventfd that tells the server of new output, while is_watched */
    atomic_bool     is_watched;
    pthread_mutex_t lock;
    struct screen   screen;

    /* The worker's part. */
    int    log;              /* -1: no log is open, or writing to it has failed */
    size_t pending, written; /* the bytes in `piece`, and how many of them the log has */
    char   piece[TERMINAL_PIECE];
};

/*
 * Makes a terminal of SIZE. If IS_FAR, the terminal itself is on another machine, and this makes only its screen.
 * Returns 0 or -errno. The server's thread only.
 */
int thread_terminal_new(const struct pty_size *size, bool is_far, struct thread_terminal **ret);

/* Frees TERMINAL, which may be NULL. No worker may use it any more. */
void thread_terminal_free(struct thread_terminal *terminal);

/* The server calls these; see screen.h. */
ssize_t  thread_terminal_copy(struct thread_terminal *terminal, uint64_t *position, char *data,
                              size_t size);
void     thread_terminal_replay(struct thread_terminal *terminal, struct text *text,
                                uint64_t *ret_position);
uint64_t thread_terminal_end(struct thread_terminal *terminal);

/* Sets the size. Returns true if the worker is to be told, as the terminal is on another machine. */
bool thread_terminal_resize(struct thread_terminal *terminal, const struct pty_size *size);

/* The worker calls these. */

/* Makes the terminal ready for a run of JOB and opens the log. Returns 0 or -errno. */
int thread_terminal_begin(struct thread_terminal *terminal, const struct job *job);

/* Returns the descriptor and the events to poll for. */
struct pollfd thread_terminal_poll(const struct thread_terminal *terminal);

/* Copies the output that is there, but not more than some pieces, so that the worker can go on. */
void thread_terminal_copy_output(struct thread_terminal *terminal);

/* Returns the size of a terminal on another machine. */
struct pty_size thread_terminal_size(const struct thread_terminal *terminal);

/* Shows output that has come from another machine. */
void thread_terminal_show(struct thread_terminal *terminal, const char *data, size_t size);

/* Copies the rest of the output of a run that has ended, and closes the log. */
void thread_terminal_end_run(struct thread_terminal *terminal);

#endif
