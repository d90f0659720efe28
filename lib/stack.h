/* Computes the size of a thread's stack. */
#ifndef K3THREAD_STACK_H
#define K3THREAD_STACK_H

#include <stddef.h>

/* Returns the size of a stack of which the target gets SIZE bytes. */
size_t k3t_stack_size(size_t size);

#endif
