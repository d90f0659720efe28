/* Joins this process's terminal to the terminal of a thread: for `attach` and `start --wait --tty`. */
#ifndef K3THREAD_CLI_COMMANDS_ATTACH_TERMINAL_H
#define K3THREAD_CLI_COMMANDS_ATTACH_TERMINAL_H

#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* The way in which the user left the thread's terminal. */
struct attach_end {
    bool has_ended; /* the thread has; otherwise the user has detached */
    int  signal;    /* that asked this process to end; or 0 */
};

/* Returns true if standard input and output are a terminal. */
bool attach_is_possible(void);

/*
 * Joins the terminal of THREAD, a reference that it takes over, until the user leaves it or the thread
 * ends, and then says which. Returns the exit status, and reports a failure.
 */
int attach_terminal(const struct invocation *invocation, json_t *thread, bool read_only,
                    struct attach_end *ret);

#endif
