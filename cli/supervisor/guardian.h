/*
 * Runs the guardian, the supervisor's parent, which only waits, and lives a moment longer than the supervisor.
 *
 * The guardian is a subreaper above the supervisor. When the supervisor dies, also by SIGKILL, the kernel kills the
 * commands (each dies with its worker) and hands all processes that they started to the guardian, which kills them.
 * When the guardian dies, the supervisor gets a signal and ends all threads in order. The guardian has another name
 * and other arguments than the program, so that a kill by name does not hit both.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_GUARDIAN_H
#define K3THREAD_CLI_SUPERVISOR_GUARDIAN_H

#include <sys/types.h>

/* The data that the guardian has of its supervisor. */
struct guardian_options {
    const char *socket;    /* removed if the supervisor died without removing it */
    const char *lock_path; /* the file that LOCK is on, or was: see lock.h */
    int         lock;      /* holds LOCK_LIFE; SIGUSR1 asks to take it on the new file */
    const char *directory; /* NULL, or removed at the end if the lifeline's other end is closed */
    const char *state;     /* NULL, or removed together with DIRECTORY */
    int         listener;  /* the guardian closes it, because it does not use it */
    int         lifeline;  /* the guardian closes it if DIRECTORY is NULL; -1: none */
};

/*
 * Splits this process, which has one thread, in two. The child is the supervisor: there the
 * function returns 0 with the parent's pid in *RET_GUARDIAN. In the parent it never returns; the
 * parent exits as the supervisor did, or with 128+N if signal N killed the supervisor. A process
 * that has children, and is not process 1, becomes three processes: the first one keeps these
 * children alive and exits as the guardian does. Returns -errno if no child could be made.
 */
int guardian_fork(const struct guardian_options *options, pid_t *ret_guardian);

#endif
