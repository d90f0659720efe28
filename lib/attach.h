/* Attaching to the supervisor that has started this process; attach_serve.h has what happens then. */
#ifndef K3THREAD_ATTACH_H
#define K3THREAD_ATTACH_H

#include "record.h"

/*
 * Does what k3thread_attach() does. Exceptions that name no thread will go to MAIN; NULL: to the main thread of the
 * process.
 */
int k3t_attach_to(struct k3thread *main);

#endif
