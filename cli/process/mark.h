/*
 * Sets and reads the mark of a process, which says which thread the process belongs to. The mark is the value of a
 * resource limit. A process inherits it from its parent, across setsid, double forks and an emptied environment.
 * Linux has not enforced that limit since 2.4.25, so the mark limits nothing.
 */
#ifndef K3THREAD_CLI_PROCESS_MARK_H
#define K3THREAD_CLI_PROCESS_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Chooses the limit that carries the mark. Call it before any other function of this file. */
void mark_open(void);

/* Returns the limit that carries the mark, or -1 if both limits that could carry it are set already. */
int mark_resource(void);

/* Returns the mark of the thread ID. */
rlim_t mark_of(uint64_t id);

/* Returns the id of the thread with MARK. */
uint64_t mark_id(rlim_t mark);

/*
 * Returns an id that no thread has, and another one at each call: for processes that belong to no thread, such as
 * the checks of join --until. Any thread may call it.
 */
uint64_t mark_new_id(void);

/*
 * Returns the id that names the checks (--ready cmd:) of the thread ID, here and in leftovers.h. Their
 * processes belong to the thread too, but can be told apart from the command's.
 */
uint64_t mark_check_id(uint64_t id);

/* Returns the id that the mark of PID names, of a thread or of its checks; 0: PID has no mark. */
uint64_t mark_read(pid_t pid);

/* Returns true if MARKED, an id from mark_read(), names the thread ID or its checks. */
bool mark_is_of(uint64_t marked, uint64_t id);

/* Returns true if PID carries the mark of the thread ID or of its checks. */
bool mark_is(pid_t pid, uint64_t id);

#endif
