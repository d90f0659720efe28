#include "clock.h"

#define FOREVER ((time_t) 1 << 40) /* seconds; the kernel accepts it, and can add to it */

int64_t k3t_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * K3T_NANOSECONDS + now.tv_nsec;
}

struct timespec k3t_deadline(double seconds)
{
    struct timespec now;
    time_t          whole;

    if (seconds < 0 || seconds >= (double) FOREVER)
        return (struct timespec){FOREVER, 0};
    whole = (time_t) seconds;
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec += whole;
    now.tv_nsec += (long) ((seconds - (double) whole) * (double) K3T_NANOSECONDS) + 1;
    if (now.tv_nsec >= K3T_NANOSECONDS) {
        now.tv_sec++;
        now.tv_nsec -= K3T_NANOSECONDS;
    }
    return now;
}

struct timespec k3t_time_left(const struct timespec *deadline)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_sec = deadline->tv_sec - now.tv_sec;
    now.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (now.tv_nsec < 0) {
        now.tv_sec--;
        now.tv_nsec += K3T_NANOSECONDS;
    }
    return now.tv_sec >= 0 ? now : (struct timespec){0, 0};
}

bool k3t_has_passed(const struct timespec *deadline)
{
    const struct timespec left = k3t_time_left(deadline);

    return left.tv_sec == 0 && left.tv_nsec == 0;
}
