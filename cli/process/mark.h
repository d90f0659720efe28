/*
 * The mark by which a process is known to belong to a thread. A command carries it and hands it on to
 * all that it starts, across setsid, double forks and an emptied environment: it is the value of a
 * resource limit that Linux has not looked at since 2.4.25, so that it limits nothing.
 */
#ifndef K3THREAD_CLI_PROCESS_MARK_H
#define K3THREAD_CLI_PROCESS_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Chooses the limit that carries the mark; before any other function here. */
void mark_open(void);

/* Returns the limit that carries the mark, or -1 where supervisors within supervisors used them up. */
int mark_resource(void);

/* Returns the mark of the thread ID. */
rlim_t mark_of(uint64_t id);

/* Returns the id of the thread with MARK. */
uint64_t mark_id(rlim_t mark);

/*
 * Returns the id by which the processes of the checks (--ready cmd:) of the thread ID are known, here
 * and in leftovers.h: they belong to the thread too, but can be told from the command's.
 */
uint64_t mark_check_id(uint64_t id);

/* Returns the id that the mark of the process names, a thread's or its checks'; 0 for no mark. */
uint64_t mark_read(pid_t pid);

/* Returns true if MARKED, which a mark names, is the thread ID or its checks. */
bool mark_is_of(uint64_t marked, uint64_t id);

/* Returns true if the process carries the mark of the thread ID or of its checks. */
bool mark_is(pid_t pid, uint64_t id);

#endif
