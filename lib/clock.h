/* Instants on the monotonic clock: as nanoseconds for time limits, as struct timespec for waits. */
#ifndef K3THREAD_CLOCK_H
#define K3THREAD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define K3T_NANOSECONDS 1000000000L /* in a second */
#define K3T_NO_INSTANT  INT64_MAX   /* later than any instant */

/* Returns the present instant in nanoseconds. */
int64_t k3t_now(void);

/*
 * Returns the instant SECONDS from now, rounded up, so that no wait is too short. For negative SECONDS returns an
 * instant that never comes.
 */
struct timespec k3t_deadline(double seconds);

/* Returns the time from now until DEADLINE, or 0 if DEADLINE has passed. */
struct timespec k3t_time_left(const struct timespec *deadline);

bool k3t_has_passed(const struct timespec *deadline);

#endif
