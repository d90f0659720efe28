/* The time, in seconds. Any thread. */
#ifndef K3THREAD_CLI_BASE_CLOCK_H
#define K3THREAD_CLI_BASE_CLOCK_H

/* For durations and deadlines: it never jumps. */
double clock_monotonic(void);

/* Since the epoch, as people have it. */
double clock_wall(void);

#endif
