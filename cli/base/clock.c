#include "cli/base/clock.h"

#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void) clock_gettime(clock, &now); /* it cannot fail for these */
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

double clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}
