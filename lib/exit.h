/* The exit rule: the process waits for the threads that are not daemons. */
#ifndef K3THREAD_EXIT_H
#define K3THREAD_EXIT_H

#include <stdbool.h>

/* Makes exit wait. Any number of times. */
void k3t_exit_install(void);

/* From now on exit waits until as many have been discounted as were counted. */
void k3t_exit_count(void);
void k3t_exit_discount(void);

/* In the child of fork: only the calling thread is left. */
void k3t_exit_recount(bool counted);

#endif
