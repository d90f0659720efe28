/*
 * Finds the leftovers of a command: the processes that it left behind.
 *
 * When a command has ended, every process that descends from it is below an adopted process (see
 * adopted.h), or below a child of its worker that the command made by clone() with CLONE_PARENT: these
 * are the roots of the leftovers. Usually there are none. A process's mark says which thread it belongs
 * to (see mark.h). If a process has removed its mark, its descendants may still carry one, and then
 * it belongs to their thread: a process gets its mark from its parent only.
 *
 * When no root is left, nothing that descends from the command is alive: its topmost living descendant
 * would be a root. So a worker ends leftovers from the roots on: when a root has died, the processes below it
 * become roots.
 */
#ifndef K3THREAD_CLI_PROCESS_LEFTOVERS_H
#define K3THREAD_CLI_PROCESS_LEFTOVERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Returns true if the calling worker's command, which has ended, can have no leftovers: there is no
 * adopted process, and no child of the worker lives. It takes two system calls.
 */
bool leftovers_are_gone(void);

/*
 * The result of one look: the living roots that belong to the thread, unordered, each with a descriptor to poll for
 * its end (fd -1: the descriptor could not be opened).
 */
struct leftovers {
    pid_t         *pids;
    struct pollfd *ends;
    size_t         count;
};

/*
 * Looks for the leftovers of the thread ID. LEADER is its command, a child of the calling worker, and
 * must not have been reaped: then its pid still names its session. Returns 0 or -errno. After 0 no
 * process is reaped until leftovers_unlock(), so that each pid keeps naming the same process. The
 * descriptors stay open until leftovers_release().
 */
int  leftovers_find_and_lock(uint64_t id, pid_t leader, struct leftovers *ret);
void leftovers_unlock(void);
void leftovers_release(struct leftovers *leftovers);

#endif
