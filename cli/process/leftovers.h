/*
 * How the processes that a command left behind are found.
 *
 * When a command has ended, every process that descends from it is below an adopted process (see
 * adopted.h), or below a child of its worker that the command made by clone() with CLONE_PARENT: these
 * are the tops of what is left. Usually there are none. A process's mark says which thread it belongs
 * to (see mark.h). A process that threw its mark away belongs to the thread whose mark is found below
 * it: marks are only handed down.
 *
 * When no top is left, nothing that descends from the command is alive: its topmost living descendant
 * would be a top. So leftovers are ended from the top: kill a top, and the processes below it become
 * tops.
 */
#ifndef K3THREAD_CLI_PROCESS_LEFTOVERS_H
#define K3THREAD_CLI_PROCESS_LEFTOVERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Returns true if nothing can be left of the calling worker's command, which has ended: there is no
 * adopted process, and no child of the worker lives. Two system calls.
 */
bool leftovers_are_gone(void);

/*
 * What one look found: the living tops that belong to the thread, unordered, each with a descriptor to
 * poll for its end (fd -1: none could be had).
 */
struct leftovers {
    pid_t         *pids;
    struct pollfd *ends;
    size_t         count;
};

/*
 * Looks for what the thread ID left behind; LEADER is its command, which must not have been reaped, so
 * that its number still names its session. The caller is the worker whose child LEADER is. Returns 0 or
 * -errno. After 0 the processes' numbers stay theirs until leftovers_unlock(): nothing is reaped. The
 * descriptors stay until leftovers_release().
 */
int  leftovers_lock(uint64_t id, pid_t leader, struct leftovers *ret);
void leftovers_unlock(void);
void leftovers_release(struct leftovers *leftovers);

#endif
