/* Starts the threads of the library's own. */
#ifndef K3THREAD_HIDDEN_THREAD_H
#define K3THREAD_HIDDEN_THREAD_H

#include <stddef.h>

/*
 * Starts a detached thread that calls RUN(NULL), with all signals blocked, because it must handle none. STACK_SIZE: how
 * much stack RUN needs; 0: as much as a thread has by default. Returns 0, or a positive errno.
 */
int k3t_hidden_thread_start(void *(*run)(void *arg), size_t stack_size);

#endif
