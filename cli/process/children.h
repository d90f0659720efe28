/* Lists, reaps and kills the children of one thread of a process, which /proc/PID/task/TID/children names. */
#ifndef K3THREAD_CLI_PROCESS_CHILDREN_H
#define K3THREAD_CLI_PROCESS_CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens the list of the thread TID of process PID; returns a descriptor or -errno. */
int children_open(pid_t pid, pid_t tid);

/*
 * Reads the list anew into a new array, which the caller frees. It includes dead children that were not
 * reaped. It is exact while no child is reaped; a child that is born or adopted during the call may be
 * missing. Returns 0 or -errno.
 */
int children_read(int fd, pid_t **ret, size_t *ret_count);

/* Opens, reads and closes the list of the thread TID of process PID. Returns likewise. */
int children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count);

/*
 * Calls VISIT for each process below PID, until VISIT returns false. The children of a process are listed before
 * VISIT is called for the process, so VISIT may kill it. Processes that are born meanwhile may be left out, and
 * others without memory or a free descriptor.
 */
void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context);

/*
 * Blocks SIGCHLD in the calling thread. The server takes that signal; in another thread it would only interrupt waits.
 */
void children_block_signal(void);

/* Reaps the dead children of the calling thread, and counts them to their threads: see account.h. */
void children_reap(void);

/*
 * Kills CHILD and its group. Returns 0, or -EPERM if CHILD may not be killed because it has become another user's.
 */
int children_kill_group(pid_t child);

/*
 * Kills the descendants of CHILD that carry a mark, and then CHILD and its group, in one pass. A process that is born
 * meanwhile may escape; it is found when it is adopted. Returns likewise.
 */
int children_kill(pid_t child);

#endif
