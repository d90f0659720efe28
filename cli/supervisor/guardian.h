/*
 * The guardian: the supervisor's parent, which does nothing but wait, and outlives it by a moment.
 *
 * It is a subreaper above the supervisor. When the supervisor dies, also by SIGKILL, the kernel kills
 * the commands (each dies with its worker) and hands every process that they started to the guardian,
 * which kills it. When the guardian dies, the supervisor gets a signal and ends everything in order.
 * The guardian's name and arguments are not the program's, so that a kill by name does not hit both.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_GUARDIAN_H
#define K3THREAD_CLI_SUPERVISOR_GUARDIAN_H

#include <sys/types.h>

/* What the guardian is to look after. */
struct guardian_options {
    const char *socket;    /* removed when the supervisor died without doing so */
    const char *lock_path; /* the file that lock is on, or was: see lock.h */
    int         lock;      /* LOCK_LIFE; SIGUSR1 asks to take it again, of a new file */
    const char *directory; /* NULL, or removed at the end if the lifeline's other end is closed */
    const char *state;     /* NULL, or removed with it */
    int         listener;  /* of no use here: closed */
    int         lifeline;  /* the same without a directory; -1: none */
};

/*
 * Splits this process, which has one thread, in two. The child returns 0 with its parent's pid in
 * *RET_GUARDIAN: it is the supervisor. The parent never returns; it exits as the supervisor did,
 * or with 128+N. A process that has children, and is not process 1, becomes three processes: the first
 * one keeps those children, which are not ended, and exits as the guardian does. Returns -errno if no
 * child could be made.
 */
int guardian_fork(const struct guardian_options *options, pid_t *ret_guardian);

#endif
