/* Adds what the system needs of a stack to the size that the caller of k3thread_start wants. */
#ifndef K3THREAD_STACK_H
#define K3THREAD_STACK_H

#include <stddef.h>

/* Returns the size of a stack of which the target gets SIZE bytes. */
size_t k3t_stack_size(size_t size);

#endif
