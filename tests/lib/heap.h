/* The heap of the calling process. */
#ifndef HEAP_H
#define HEAP_H

#include <malloc.h>
#include <stddef.h>

/*
 * Returns how many bytes are allocated. glibc before 2.33 counts them in ints. Another C library does not tell, and
 * there a test finds no leak.
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
