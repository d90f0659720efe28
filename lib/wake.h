/* The wake signal: its handler, which only wakes a thread, and how the signal is sent. */
#ifndef K3THREAD_WAKE_H
#define K3THREAD_WAKE_H

#include <sys/types.h>

/* Where the calling thread is, for the wake signal's handler. */
enum k3t_waiting {
    K3T_NOT_WAITING,
    K3T_WAITING, /* in k3t_wait, around its system call */
    K3T_DEFERRED /* the handler has blocked the signal, and sent it again for later */
};

/* Installs the wake signal's handler. */
void k3t_wake_install(void);

/* Sends the wake signal. The caller makes sure that TID is still the same thread. */
void k3t_wake_send(pid_t tid);

/* Adapts to the child of fork. */
void k3t_wake_in_child(void);

/* Unblocks the wake signal in the calling thread. */
void k3t_wake_unblock(void);

#endif
