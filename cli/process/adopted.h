/*
 * The processes that the supervisor has adopted: it is a subreaper, so that a process whose parent dies
 * becomes a child of the supervisor's main thread. (A command is a child of its worker instead, and so
 * is a process that a command makes by clone() with CLONE_PARENT.)
 *
 * Where many threads end at a time, each would have to look at all adopted processes. One of them takes
 * a census for all that wait for a look.
 */
#ifndef K3THREAD_CLI_PROCESS_ADOPTED_H
#define K3THREAD_CLI_PROCESS_ADOPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* An adopted process, or a child of a worker, as a look found it. */
struct member {
    pid_t    pid, session;
    uint64_t id; /* of the thread that the process belongs to by its mark; 0: none */
};

/* Makes this process the subreaper; call it in the main thread. Returns 0 or -errno. */
int adopted_open(void);

/* Reaps the adopted processes that have ended. The main thread only. */
void adopted_reap(void);

/* Returns true if no adopted process is left, dead or alive. One system call. */
bool adopted_is_empty(void);

/*
 * Ends every adopted process, when all threads have ended: no thread knew it to be its own. The main
 * thread only. Returns how many there were; *RET_LEFT is how many more this process may not kill.
 */
size_t adopted_end(size_t *ret_left);

/* While a thread holds this lock no child is reaped, and the processes' numbers stay theirs. */
void adopted_lock(void);
void adopted_unlock(void);

/* Returns the number of the newest census that was begun, for adopted_look(). */
uint64_t adopted_last_begun(void);

/* The processes that a census found alive. */
struct census {
    struct member *members;
    size_t         count;
    uint64_t       number;
    bool           found_dead; /* a process whose children may have been adopted too late for it */
};

/*
 * Makes sure of a census that was begun after the one with the number SEEN, and returns it, or NULL
 * with *RET_ERROR: -errno. The caller holds the lock, which is released meanwhile; the census is valid
 * while the caller holds it from then on.
 */
const struct census *adopted_look(uint64_t seen, int *ret_error);

/* Looks at one process. */
struct member adopted_member(pid_t pid);

/* Returns true if CHILD is a living child of this process. OPTIONS may be WNOWAIT: no reaping then. */
bool adopted_is_alive(pid_t child, int options);

#endif
