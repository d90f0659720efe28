/*
 * The connection to the supervisor of another machine: `ssh HOST k3thread proxy`, a child process with one end of
 * a socket pair as its input and output. The configuration of ssh says what HOST means, and how ssh gets there.
 *
 * The child ends by itself when this process closes its end, or is gone. It does not take part in Ctrl-C: a
 * command that catches the signal may still need the connection to pass it on.
 */
#ifndef K3THREAD_CLI_CLIENT_SSH_H
#define K3THREAD_CLI_CLIENT_SSH_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <sys/types.h>

/* The process. Zeroed: there is none. */
struct ssh {
    pid_t pid;       /* 0: none, or it has ended */
    int   status;    /* as waitpid() has it */
    bool  has_ended; /* STATUS is known */
};

/*
 * Returns true if HOST can be given to ssh as a name: an option would make it do other things. If not, WHY gets
 * the reason.
 */
bool ssh_is_host(const char *host, struct text *why);

/*
 * Starts ssh for HOST. ASKS: ssh may ask for a password at the terminal. Returns 0 with this end of the connection
 * in *RET_FD, or -errno with a sentence in WHY.
 */
int ssh_start(struct ssh *ssh, const char *host, bool asks, int *ret_fd, struct text *why);

/* Sends ssh the signal that it would get at the death of this process: an ssh that is still connecting ends. */
void ssh_cut_off(const struct ssh *ssh);

/*
 * Waits until ssh, whose connection is closed, has ended, at most SECONDS: an ssh that serves other sessions too does
 * not end before them. Returns true if it has ended.
 */
bool ssh_finish(struct ssh *ssh, double seconds);

#endif
