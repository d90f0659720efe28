/* The handlers of fork. */
#ifndef K3THREAD_FORK_H
#define K3THREAD_FORK_H

/* Registers the handlers with the C library, if that has not been done. */
void k3t_fork_install(void);

#endif
