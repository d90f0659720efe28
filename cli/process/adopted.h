/*
 * Lists, reaps and ends the processes that the supervisor has adopted. The supervisor is a subreaper: a process
 * whose parent dies becomes a child of the supervisor's main thread. (A command is a child of its worker instead,
 * and so is a process that a command makes by clone() with CLONE_PARENT.)
 *
 * If many threads end at a time, each has to look at all adopted processes. So one thread takes a census for all
 * threads that wait for a look.
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
    uint64_t id; /* of the thread that the mark of the process names; 0: none */
};

/* Makes this process a subreaper. Only the main thread calls it. Returns 0 or -errno. */
int adopted_open(void);

/* Reaps the adopted processes that have ended. Only the main thread calls it. */
void adopted_reap(void);

/* Returns true if no adopted process is left, dead or alive. It takes one system call. */
bool adopted_is_empty(void);

/*
 * Ends the adopted processes that are left when all threads have ended, because no thread knew them. Only the main
 * thread calls it. Returns the number of processes that it ended; *RET_LEFT is the number of others that this
 * process may not kill.
 */
size_t adopted_end(size_t *ret_left);

/* While a thread holds this lock no child is reaped, so that each pid keeps naming the same process. */
void adopted_lock(void);
void adopted_unlock(void);

/* Returns the number of the newest census that was begun, for adopted_look(). */
uint64_t adopted_last_begun(void);

/* One census: the processes that it found alive. */
struct census {
    struct member *members;
    size_t         count;
    uint64_t       number;
    bool           found_dead; /* the census may have missed the children of a dead process */
};

/*
 * Returns a census that was begun after the census with the number SEEN; it takes one if necessary. On
 * failure it returns NULL and sets *RET_ERROR to -errno. The caller holds the lock, which is released
 * during a wait. The census is valid until the caller releases the lock.
 */
const struct census *adopted_look(uint64_t seen, int *ret_error);

/* Returns the session and the owner of one process. */
struct member adopted_member(pid_t pid);

/* Returns true if CHILD is a living child of this process. */
bool adopted_is_alive(pid_t child);

#endif
