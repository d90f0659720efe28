/*
 * A script while it runs: its commands are executed one after the other, in a process of their
 * own. The first that fails ends it.
 *
 * Before each command the script waits for the front (front.h), which prints all that the threads
 * have written by then: the output of a command like `list` comes after that of the threads that
 * were joined before it.
 */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_H

#include "cli/place/place.h"
#include "cli/script/line_scanner.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct script {
    const char        *name;  /* in messages */
    int                fd;    /* what is read */
    struct words_scope scope; /* the environment is the process's, whatever this says */

    const struct procfile *procfile; /* is run instead; NULL: none */
};

/*
 * Starts SCRIPT, whose commands use the supervisor at PLACE, as a child of this process; the signal
 * mask becomes MASK in it. *RET_SYNC is a socket: a byte comes when the script wants to go on, and
 * it does when it gets one back. The child's exit status is the script's.
 *
 * Returns 0 or -errno.
 */
int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 pid_t *ret_pid, int *ret_sync);

#endif
