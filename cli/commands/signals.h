/*
 * The signals of a command that stays in the foreground until its threads have ended: `run` and
 * `start --wait`.
 *
 * No signal may end this process before its threads were asked to end. So all signals are blocked
 * and read from a descriptor, which works in process 1 too. At the end the process ends itself by
 * the signal that ended its work, so that a loop of a shell around it stops as well.
 *
 * One press of Ctrl-C may arrive several times: the terminal sends the signal to all processes, and
 * npm and similar wrappers also pass on the signal that they get. The copies are dropped.
 */
#ifndef K3THREAD_CLI_COMMANDS_SIGNALS_H
#define K3THREAD_CLI_COMMANDS_SIGNALS_H

#include <signal.h>

/* The signals of this process. */
struct signals {
    int      fd;     /* readable if signals_next() may return a signal; -1: not taken */
    sigset_t before; /* the signals that were blocked before */
    int      first;  /* the first signal that asked for the end; 0: none */
    double   last;   /* when the last such signal arrived, on the monotonic clock */
};

/* The value before signals_take(). */
#define SIGNALS_NONE ((struct signals){.fd = -1})

/*
 * Takes all signals that would end the process, and SIGCHLD. A signal that is ignored stays
 * ignored, for nohup(1). But SIGINT, SIGQUIT (both ignored by a shell's background jobs) and
 * SIGTERM are taken even if they are ignored, because their sender means this process. SIGPIPE, and
 * the SIGXFSZ of a write of this process, are ignored from now on.
 *
 * Returns 0 or -errno.
 */
int signals_take(struct signals *signals);

/*
 * Returns the next signal: SIGCHLD, or a signal that asks for the end and is not a copy. Returns 0
 * if there is none.
 */
int signals_next(struct signals *signals);

/* Reads all signals that have arrived. Returns the first that ever asked for the end, or 0. */
int signals_first(struct signals *signals);

/* Closes the descriptor. The signals stay blocked. */
void signals_close(struct signals *signals);

/*
 * Ends the process by SIGNAL, without a core file. The kernel protects process 1 from its own
 * signals; there, returns the exit status instead.
 */
int signals_end_by(int signal);

#endif
