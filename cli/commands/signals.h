/*
 * The signals of a command that stays in the foreground until its threads have ended: `run` and
 * `start --wait`.
 *
 * No signal may end the process before its threads were asked to end. So all of them are blocked
 * and read from a descriptor, which works in process 1 too, and in the end the process ends itself
 * by the signal that ended its work: a shell's loop around it then stops as well.
 *
 * One press of Ctrl-C may arrive several times: npm and the like pass on what the terminal sent to
 * everybody. Such copies are dropped.
 */
#ifndef K3THREAD_CLI_COMMANDS_SIGNALS_H
#define K3THREAD_CLI_COMMANDS_SIGNALS_H

#include <signal.h>

struct signals {
    int      fd;     /* readable while there is something for signals_next(); -1: not taken */
    sigset_t before; /* what was blocked before */
    int      first;  /* the first that asked for the end, of those that were read; 0: none did */
    double   last;   /* when the last one came that did, by the monotonic clock */
};

/* Signals that are not taken yet. */
#define SIGNALS_NONE ((struct signals){.fd = -1})

/*
 * Takes all signals that would end the process, and SIGCHLD. One that is ignored stays ignored, as
 * nohup has it, except SIGINT and SIGQUIT, which a shell ignores for its background jobs, and
 * SIGTERM: whoever sends one of these to us means it. SIGPIPE is ignored from now on.
 *
 * Returns 0 or -errno.
 */
int signals_take(struct signals *signals);

/* Returns the next signal, SIGCHLD or one that asks for the end and is no copy; 0 if none is there. */
int signals_next(struct signals *signals);

/* Returns the first signal that asked for the end, be it only now that it came; 0: none did. */
int signals_first(struct signals *signals);

/* Closes the descriptor. The signals stay blocked. */
void signals_close(struct signals *signals);

/*
 * Ends the process by SIGNAL, without a core file. Returns the status to exit with where that
 * cannot be: in process 1, which the kernel protects from its own signals.
 */
int signals_end_by(int signal);

#endif
