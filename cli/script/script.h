/*
 * Executes a script: runs its commands one after the other, in a process of their own. The first
 * command that fails ends the script.
 *
 * Before a command, the script waits until the front (front.h) has printed all output that the threads
 * have written until then: the output of a command like `list` comes after the output of the
 * threads that were joined before it.
 */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_H

#include "cli/place/place.h"
#include "cli/script/script_input.h"

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* A message of the script to the front. The script waits until it gets a byte back. */
struct script_message {
    enum {
        SCRIPT_WAITS_FOR_OUTPUT, /* until all output is printed */
        SCRIPT_WAITS_FOR_ROOM,   /* until fewer threads wait (pace.h) */
    } kind;
    size_t
        rest; /* of a script that waits for room: how many starts are left; 0: that is not known */
};

enum script_flags {
    SCRIPT_HAS_LINE =
        1 << 0, /* the parent shows the line of cli/view/bottom_line.h, so its child must not */
    SCRIPT_IS_PACED = 1 << 1, /* the script may have to wait for room */
};

/*
 * Starts SCRIPT as a child of this process. Its commands use the supervisor at PLACE, and its
 * signal mask becomes MASK. *RET_SYNC becomes a socket: the script sends a message when it wants to go
 * on, and goes on when it gets a byte back. The child's exit status is the script's. FLAGS: enum script_flags.
 *
 * Returns 0 or -errno.
 */
int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 unsigned flags, pid_t *ret_pid, int *ret_sync);

#endif
