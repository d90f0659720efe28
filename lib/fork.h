/* Registers the handlers of fork, which lock and adapt the data of the other files. */
#ifndef K3THREAD_FORK_H
#define K3THREAD_FORK_H

/* Registers the handlers, if they are not registered. */
void k3t_fork_install(void);

#endif
