#include "cli/base/clock.h"

#include <math.h>
#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now = {0};

    (void) clock_gettime(clock, &now); /* cannot fail for these clocks */
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

double clock_until(double deadline)
{
    double left;

    if (isinf(deadline))
        return -1;
    left = deadline - clock_monotonic();
    return left > 0 ? left : 0;
}

double clock_earlier(double a, double b)
{
    return a < b ? a : b;
}
