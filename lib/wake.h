/* Sends the wake signal, and handles it. The handler only wakes a thread; it throws nothing. */
#ifndef K3THREAD_WAKE_H
#define K3THREAD_WAKE_H

#include <stdbool.h>
#include <sys/types.h>

/* The state of the calling thread's wait, for the wake signal's handler. */
enum k3t_waiting {
    K3T_NOT_WAITING,
    K3T_WAITING,  /* the thread is in k3t_wait, around its system call */
    K3T_DEFERRED, /* the handler has blocked the signal, and sent it again for later */
    K3T_REPEATED /* in a wait of the C library; the handler makes the kernel send the signal again later */
};

/* Installs the wake signal's handler. */
void k3t_wake_install(void);

/* Sends the wake signal. The caller makes sure that TID is still the same thread. */
void k3t_wake_send(pid_t tid);

/* Adapts to the child of fork. */
void k3t_wake_in_child(void);

/*
 * Makes the timer by which the wake signal's handler makes the kernel send the signal to the calling thread again
 * (K3T_REPEATED), unless the thread has one. Returns true if there is one, and false if the user's queue of signals is
 * full.
 */
bool k3t_wake_make_timer(void);

/* Frees the timer that k3t_wake_make_timer has made for the calling thread, which is ending. */
void k3t_wake_free_timer(void);

/* Unblocks the wake signal in the calling thread. */
void k3t_wake_unblock(void);

#endif
