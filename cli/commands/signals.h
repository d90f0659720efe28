/*
 * The signals of a command that stays in the foreground until its threads have ended: `run` and
 * `start --wait`.
 *
 * No signal may end the process before its threads were asked to end. So all signals are blocked
 * and read from a descriptor, which works in process 1 too. In the end the process ends itself by
 * the signal that ended its work: a shell's loop around it then stops as well.
 *
 * One press of Ctrl-C may arrive several times: npm and similar wrappers pass on a signal that the
 * terminal has sent to all processes already. Such copies are dropped.
 */
#ifndef K3THREAD_CLI_COMMANDS_SIGNALS_H
#define K3THREAD_CLI_COMMANDS_SIGNALS_H

#include <signal.h>

struct signals {
    int      fd;     /* readable while signals_next() has one to return; -1: not taken */
    sigset_t before; /* the signals that were blocked before */
    int      first;  /* the first signal that was read and asks for the end; 0: none */
    double   last;   /* when the last such signal came, on the monotonic clock */
};

/* Signals that are not taken yet. */
#define SIGNALS_NONE ((struct signals){.fd = -1})

/*
 * Takes all signals that would end the process, and SIGCHLD. An ignored signal stays ignored, as
 * nohup(1) wants it. SIGINT, SIGQUIT (which a shell ignores for its background jobs) and SIGTERM are
 * taken even so: their sender means this process. SIGPIPE is ignored from now on.
 *
 * Returns 0 or -errno.
 */
int signals_take(struct signals *signals);

/* Returns the next signal: SIGCHLD, or a signal that asks for the end and is no copy; 0 if none has come. */
int signals_next(struct signals *signals);

/* Reads all signals that have come. Returns the first one ever that asks for the end; 0: none. */
int signals_first(struct signals *signals);

/* Closes the descriptor. The signals stay blocked. */
void signals_close(struct signals *signals);

/*
 * Ends the process by SIGNAL, without a core file. In process 1, which the kernel protects from its
 * own signals, returns the status to exit with instead.
 */
int signals_end_by(int signal);

#endif
