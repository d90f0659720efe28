/*
 * Executes a script: runs its commands one after the other, in a process of their own. The first
 * command that fails ends the script.
 *
 * Before a command, the script waits until the front (front.h) has printed all that the threads
 * have written until then: the output of a command like `list` comes after the output of the
 * threads that were joined before it.
 */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_H

#include "cli/place/place.h"
#include "cli/script/script_input.h"

#include <signal.h>
#include <sys/types.h>

/*
 * Starts SCRIPT as a child of this process. Its commands use the supervisor at PLACE, and its
 * signal mask becomes MASK. *RET_SYNC becomes a socket: the script sends a byte when it wants to go
 * on, and goes on when it gets a byte back. The child's exit status is the script's. HAS_LINE: this
 * process shows the line of cli/view/bottom_line.h, so its child must not.
 *
 * Returns 0 or -errno.
 */
int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 bool has_line, pid_t *ret_pid, int *ret_sync);

#endif
