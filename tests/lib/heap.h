/* The heap of the calling process. */
#ifndef HEAP_H
#define HEAP_H

#include <malloc.h>
#include <stddef.h>

/* Returns how many bytes are allocated. glibc before 2.33 counts them in ints. */
static inline size_t heap_allocated(void)
{
#if __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#else
    return (size_t) mallinfo().uordblks;
#endif
}

#endif
