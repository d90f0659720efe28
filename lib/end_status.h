/*
 * Tells the supervisor of an exception that no block has caught and that ends the process, and knows the exit
 * status for it.
 */
#ifndef K3THREAD_END_STATUS_H
#define K3THREAD_END_STATUS_H

#include "exc.h"

/*
 * Returns the exit status of the process, whose main thread EXC ends. If EXC came through the attachment, tells the
 * supervisor first.
 */
int k3t_end_status(const struct k3thread_exception_ *exc);

#endif
