/*
 * The execution of a script: its commands run one after the other, in a process of their own. The
 * first command that fails ends the script.
 *
 * Before a command the script waits until the front (front.h) has printed all that the threads have
 * written by then: the output of a command like `list` comes after that of the threads that were
 * joined before it.
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
    int                fd;    /* which the script is read from */
    struct words_scope scope; /* its environment is not used: the process's own is */

    const struct procfile *procfile; /* which is run instead of a script; NULL: none */
    struct each           *each;     /* the same, open */
};

/*
 * Starts SCRIPT, whose commands use the supervisor at PLACE, as a child of this process; the signal
 * mask becomes MASK in it. *RET_SYNC is a socket: the script sends a byte when it
 * wants to go on, and goes on when it gets one back. The child's exit status is the script's.
 *
 * Returns 0 or -errno.
 */
int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 pid_t *ret_pid, int *ret_sync);

#endif
