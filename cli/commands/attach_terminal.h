/* Attaches this process's terminal to the terminal of a thread: for `attach` and `start --wait --tty`. */
#ifndef K3THREAD_CLI_COMMANDS_ATTACH_TERMINAL_H
#define K3THREAD_CLI_COMMANDS_ATTACH_TERMINAL_H

#include "cli/commands/attach_start.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* The end of an attachment to a thread's terminal. */
struct attach_end {
    bool has_ended; /* the thread has ended; otherwise the user has detached */
    int  signal;    /* the signal that asked this process to end; 0: none */
};

/* Returns true if standard input and output are a terminal. */
bool attach_is_possible(void);

/*
 * Attaches to the terminal of THREAD, a reference that it takes over, until the user detaches or the thread ends, and
 * tells the user which of the two has happened. START, if not NULL, has started the thread and attached this process;
 * when the thread has ended, START->end is known. Returns the exit status, and reports a failure.
 */
int attach_terminal(const struct invocation *invocation, json_t *thread, bool read_only,
                    struct attach_start *start, struct attach_end *ret);

#endif
