/* The time, in seconds. Any thread. */
#ifndef K3THREAD_CLI_BASE_CLOCK_H
#define K3THREAD_CLI_BASE_CLOCK_H

/* Returns the time for durations and deadlines, which never jumps. */
double clock_monotonic(void);

/* Returns the time since the epoch. It can be set back. */
double clock_wall(void);

/* Returns the seconds until DEADLINE on the monotonic clock, 0 if it has passed, -1 for INFINITY. */
double clock_until(double deadline);

/* Returns the earlier of two times. */
double clock_earlier(double a, double b);

#endif
