/*
 * Counts the threads that the exit rule waits for, and notes which thread exits. exit.h has the rule itself; this
 * file is apart because the start and the end of a thread, which count, stand below exit.h.
 */
#ifndef K3THREAD_EXIT_COUNT_H
#define K3THREAD_EXIT_COUNT_H

#include <stdatomic.h>
#include <stdbool.h>

/* Counts one thread more to wait for. */
void k3t_exit_count(void);

/* Counts one thread less. By then k3t_reap_next_awaited can find the record of that thread. */
void k3t_exit_discount(void);

/* Returns the count, a futex that each k3t_exit_discount from now on wakes. */
const atomic_uint *k3t_exit_await_count(void);

/*
 * Makes the calling thread the one that exits, if there is none. Returns false if another thread
 * exits.
 */
bool k3t_exit_take_turn(void);

/* Adapts to the child of fork, where only the calling thread is left. COUNTED: the exit rule counts that thread. */
void k3t_exit_in_child(bool counted);

#endif
