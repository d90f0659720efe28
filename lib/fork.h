/* What fork does to the library. */
#ifndef K3THREAD_FORK_H
#define K3THREAD_FORK_H

/* Registers it with the C library, if that has not been done. */
void k3t_fork_install(void);

#endif
