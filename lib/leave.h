/* The end of a block of K3THREAD_TRY: of its body, and of all of it, also where it catches. */
#ifndef K3THREAD_LEAVE_H
#define K3THREAD_LEAVE_H

#include "k3thread.h"

/* Returns the time limit of BLOCK, which is a K3THREAD_TIMEOUT. */
struct k3thread_limit_ *k3t_leave_limit(struct k3thread_try_ *block);

/* Withdraws the time limit of BLOCK, whose body is left, if it has one. */
void k3t_leave_body(struct k3thread_try_ *block);

#endif
