/*
 * The processes that a command leaves behind.
 *
 * The supervisor is a subreaper: a process whose parent dies becomes a child of the supervisor's
 * main thread (while a command is the child of its own thread, and so is what it makes by clone()
 * with CLONE_PARENT). The two lists of children have the tops of all such trees, and are empty in
 * the usual case. A process's mark says which thread it belongs to (see mark.h). One that threw its
 * mark away belongs to the thread whose mark is found below it: marks are only handed down.
 *
 * When a command has ended and no such child is left, nothing that descends from it is alive: the
 * topmost living descendant would be such a child. So a tree is ended from its top: kill a child, and
 * those below it appear in its place.
 *
 * Where many threads end at a time, each would have to look at the children of all. One takes a
 * census for all that wait for a look instead.
 */
#ifndef K3THREAD_CLI_PROCESS_TREE_H
#define K3THREAD_CLI_PROCESS_TREE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes this process the subreaper; call it in the main thread. Returns 0 or -errno. */
int tree_open(void);

/* Reaps what the main thread inherited and what has ended since; main thread only. */
void tree_reap(void);

/* Returns true if the main thread has inherited no child that is still there. One system call. */
bool tree_is_empty(void);

/*
 * Returns true if nothing can be left of the calling thread's command, which has ended: nobody was
 * inherited by the main thread, and no child of the calling thread lives. Two system calls.
 */
bool tree_is_gone(void);

/*
 * What one look at the tree found: the living tops that belong to the thread, unordered, each with a
 * descriptor to poll for its end (fd -1: none could be had).
 */
struct tree_tops {
    pid_t         *pids;
    struct pollfd *ends;
    size_t         count;
};

/*
 * Looks for what the thread ID left behind; LEADER is its command, which must not have been waited
 * for, so that its number still names its session. By the thread whose child LEADER is. Returns 0,
 * or -errno. After 0 the processes' numbers stay theirs until tree_unlock(): nothing is reaped. The
 * descriptors stay until tree_release().
 */
int  tree_lock(uint64_t id, pid_t leader, struct tree_tops *ret);
void tree_unlock(void);
void tree_release(struct tree_tops *tops);

/*
 * Ends what no thread knew to be its own, when all of them have ended; main thread only. Returns
 * how many processes there were; *RET_LEFT is how many more it may not kill.
 */
size_t tree_end(size_t *ret_left);

#endif
