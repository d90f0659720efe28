/* Measures the heap of the calling process. */
#ifndef HEAP_H
#define HEAP_H

#include <malloc.h>
#include <stddef.h>

/*
 * Returns the number of bytes that are allocated. glibc before 2.33 counts them in ints. Other C libraries do not
 * tell the number, and there a test finds no leak.
 */
static inline size_t heap_allocated(void)
{
#ifndef __GLIBC__
    return 0;
#elif __GLIBC_PREREQ(2, 33)
    return mallinfo2().uordblks;
#else
    return (size_t) mallinfo().uordblks;
#endif
}

#endif
