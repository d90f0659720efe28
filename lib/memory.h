/* Allocates memory for functions that cannot fail. */
#ifndef K3THREAD_MEMORY_H
#define K3THREAD_MEMORY_H

#include <stddef.h>

/* Returns SIZE bytes of zeros, to be freed. Waits until there is memory for them. */
void *k3t_must_alloc(size_t size);

#endif
