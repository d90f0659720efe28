/*
 * The processes that a command leaves behind.
 *
 * The supervisor is a subreaper: a process whose parent dies becomes a child of the supervisor's
 * main thread (while a command is the child of its own thread). So /proc/self/task/MAIN/children
 * lists the tops of all such trees, and is empty in the usual case. Whose tree one is tells its mark
 * (see mark.h).
 *
 * When a command has ended and no marked child is left, nothing that descends from it is alive:
 * the topmost living descendant would be such a child. So a tree is ended from its top: kill a
 * child, and those below it appear in its place.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_TREE_H
#define K3THREAD_CLI_SUPERVISOR_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes this process the subreaper; call it in the main thread. Returns 0 or -errno. */
int tree_open(void);

/* Reaps what the main thread inherited and what has ended since; main thread only. */
void tree_reap(void);

/* Is a child left that the main thread inherited from anyone? One system call. Any thread. */
bool tree_is_empty(void);

/*
 * What one look at the tree found. PIDS are the living tops that belong to the thread, unordered;
 * free() them. They stay ours until tree_unlock(): nothing reaps them meanwhile, so no number in
 * the list can name another process.
 */
struct tree_tops {
    pid_t *pids;
    size_t count;
};

/*
 * Looks for what the thread ID left behind; LEADER is its command, which must not have been
 * waited for, so that its number still names its session. Any thread. Returns 0, with the lock
 * held that keeps the processes' numbers theirs, or -errno without it.
 */
int  tree_lock(uint64_t id, pid_t leader, struct tree_tops *ret);
void tree_unlock(struct tree_tops *tops);

/*
 * Ends what no thread knew to be its own, when all of them have ended; main thread only. Returns
 * how many processes there were.
 */
size_t tree_end(void);

#endif
