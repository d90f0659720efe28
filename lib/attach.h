/* Attaches this process to the supervisor that has started it. attach_serve.h serves the attachment. */
#ifndef K3THREAD_ATTACH_H
#define K3THREAD_ATTACH_H

#include "record.h"

/*
 * Does what k3thread_attach() does. An exception for which the supervisor names no thread goes to MAIN or, if MAIN
 * is NULL, to the main thread of the process.
 */
int k3t_attach_to(struct k3thread *main);

#endif
