/* Carries out the exit rule: the process waits for the threads that are not daemons. exit_count.h counts them. */
#ifndef K3THREAD_EXIT_H
#define K3THREAD_EXIT_H

#include <time.h>

/*
 * Registers the wait that exit does, if it is not registered. Call this for each thread that exit may have to wait
 * for; it costs next to nothing.
 */
void k3t_exit_install(void);

/*
 * Begins the exit of the process in the calling thread. If another thread exits already, ends the calling thread
 * alone, without unwinding, as exit does not unwind either. The status of the first exit stands.
 */
void k3t_exit_begin(void);

/*
 * Waits until at most OWN threads are counted, and every thread that is no longer counted is gone. With a DEADLINE
 * this is an interruptible wait. Without one (NULL) it does not end before, whatever is pending.
 */
long k3t_exit_wait(unsigned own, const struct timespec *deadline);

#endif
