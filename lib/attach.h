/* Attaching to the supervisor that has started this process; attach_serve.h has what happens then. */
#ifndef K3THREAD_ATTACH_H
#define K3THREAD_ATTACH_H

#include "record.h"

/*
 * Does what k3thread_attach does. MAIN, if it is not NULL, gets the exceptions that are for no thread in particular,
 * in place of the main thread.
 */
int k3t_attach_to(struct k3thread *main);

#endif
