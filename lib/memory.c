#include "memory.h"

#include <stdlib.h>
#include <time.h>

void *k3t_must_alloc(size_t size)
{
    const struct timespec pause = {0, 1000000};
    void                 *memory;

    while ((memory = calloc(1, size)) == NULL)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    return memory;
}
