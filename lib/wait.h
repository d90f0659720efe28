/* The ground of the interruptible waits. */
#ifndef K3THREAD_WAIT_H
#define K3THREAD_WAIT_H

#include <time.h>

/* The instant SECONDS from now on the monotonic clock; beyond every other one if SECONDS < 0. */
struct timespec k3t_deadline(double seconds);

/* k3thread_sleep until an instant on the monotonic clock, but for k3t_finish. */
long k3t_sleep_until(const struct timespec *deadline);

/*
 * One system call that a raise ends. The kernel's result, where -EINTR says: another signal came,
 * call again; or what k3t_claim says.
 */
long k3t_wait(long number, long a, long b, long c, long d, long e, long f);

#endif
