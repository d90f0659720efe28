/* The clock says what the test wants, and the events of the loop are counted. */
#ifndef CLOCK_AND_LOOP_H
#define CLOCK_AND_LOOP_H

#include "tests/lib/test.h"

#include "cli/base/clock.h"

#include <sys/epoll.h>

static double now = 1000;

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

/* The number of events that the loop has got. */
static int events;

int __real_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout)
{
    int count = __real_epoll_wait(fd, ret, most, timeout);

    events += count > 0 ? count : 0;
    return count;
}

#endif
