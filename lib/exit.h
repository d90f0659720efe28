/* The exit rule: the process waits for the threads that are not daemons. */
#ifndef K3THREAD_EXIT_H
#define K3THREAD_EXIT_H

#include <time.h>

/*
 * Registers the wait that exit does, if it is not registered. To be called for each thread that exit
 * may have to wait for; it costs next to nothing.
 */
void k3t_exit_install(void);

/*
 * Begins the exit of the process in the calling thread. If another thread exits already, it ends the
 * calling thread alone, without unwinding, as exit would: the first thread's status stands.
 */
void k3t_exit_begin(void);

/*
 * Waits until at most OWN threads are counted, and those that are counted no more are gone. With a
 * DEADLINE it is an interruptible wait; with NULL it goes on without end, whatever is pending.
 */
long k3t_exit_wait(unsigned own, const struct timespec *deadline);

#endif
