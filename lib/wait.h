/* The parts of which the interruptible waits are made. calls.c, sockets.c, locks.c and others have the waits. */
#ifndef K3THREAD_WAIT_H
#define K3THREAD_WAIT_H

#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

#define K3T_SIGSET_SIZE 8 /* of the kernel */

/*
 * Begins a wait that may have to take several calls. Returns 0, with the deadline stored; K3THREAD_VALUE_ERROR if
 * TIMEOUT is NaN; or the result of k3t_claim.
 */
long k3t_wait_begin(double timeout, struct timespec *ret_deadline);

/* Sleeps until DEADLINE, on the monotonic clock. Returns 0 or the result of k3t_claim. */
long k3t_sleep_until(const struct timespec *deadline);

/*
 * Makes one system call that a raise ends. Returns the kernel's result, where -EINTR means that another signal came
 * and the caller has to call again; or the result of k3t_claim.
 */
long k3t_wait(long number, long a, long b, long c, long d, long e, long f);

/* Makes a system call as k3t_wait() does, and repeats it after -EINTR. For calls that can simply be made again. */
long k3t_wait_again(long number, long a, long b, long c, long d, long e, long f);

/*
 * Waits for events, as k3thread_poll does, until DEADLINE. Inlined, to have no frame of its own: threads that wait
 * use as little of their stacks as possible.
 */
static inline __attribute__((always_inline)) long k3t_poll_until(struct pollfd *fds, nfds_t n,
                                                                 const struct timespec *deadline)
{
    struct timespec left;
    long            result;

    do {
        left = k3t_time_left(deadline);
        result = k3t_wait(SYS_ppoll, (long) fds, (long) n, (long) &left, 0, K3T_SIGSET_SIZE, 0);
    } while (result == -EINTR);
    return result;
}

/* Waits until *WORD, a futex between the threads of any process, may differ from VALUE. */
long k3t_wait_word(const unsigned *word, unsigned value, const struct timespec *deadline);

/*
 * Prepares a wait inside the C library, whose system calls are out of reach. Returns the deadline to pass to the C
 * library. The wake signal's handler sets this deadline to the past. If the signal comes before the C library's
 * system call, the call ends at once; if it comes during the call, the C library calls again, and that call ends at
 * once. For a raise that came earlier still, the caller asks k3t_wait_must_end after this function.
 *
 * A C library that copies the deadline before its system call can miss the signal in between. With REPEATED the
 * signal comes again until k3t_until_result ends the wait; k3t_wake_make_timer has returned true to the caller.
 *
 * The deadline is in the thread's record, not on its stack: a wait that is left by pthread_cancel or siglongjmp
 * leaves no pointer to a frame that is gone.
 */
const struct timespec *k3t_until(const struct timespec *deadline, bool repeated);

/*
 * Turns RESULT, 0 or the error number of such a wait, into the result of the public function, where -EINTR means to
 * wait again. Any result but ETIMEDOUT and EINTR is an effect of the wait: then it is returned, and a pending
 * exception stays pending.
 */
long k3t_until_result(int result, const struct timespec *deadline);

#endif
