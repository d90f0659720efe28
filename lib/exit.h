/* The exit rule: the process waits for the threads that are not daemons. */
#ifndef K3THREAD_EXIT_H
#define K3THREAD_EXIT_H

#include <stdbool.h>

/* Has exit wait. To be called for each thread that it may have to wait for; it costs next to nothing. */
void k3t_exit_install(void);

/* Counts one thread more to wait for. */
void k3t_exit_count(void);

/* Counts one less: it has ended, and its record is where the exit rule waits for it to be gone. */
void k3t_exit_discount(void);

/*
 * Makes the calling thread the one that exits, if there is none. If there is another one, it ends the
 * calling thread alone, without unwinding, as exit would: the first one's status stands.
 */
void k3t_exit_claim(void);

/* In the child of fork only the calling thread is left. */
void k3t_exit_in_child(bool counted);

#endif
