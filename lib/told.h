/* The end by an exception that nobody has caught: what the supervisor is told, and the exit status. */
#ifndef K3THREAD_TOLD_H
#define K3THREAD_TOLD_H

#include "exc.h"

/*
 * Returns the exit status of the process, whose main thread EXC ends. If EXC came through the attachment, it tells
 * the supervisor first.
 */
int k3t_told_status(const struct k3thread_exception_ *exc);

#endif
