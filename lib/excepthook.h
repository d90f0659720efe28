/* Calls the hook for an exception that ends a thread. */
#ifndef K3THREAD_EXCEPTHOOK_H
#define K3THREAD_EXCEPTHOOK_H

#include "record.h"

/* Calls the user's hook, or the default one, unless E, which ends T, is a SystemExit. Never throws. */
void k3t_excepthook_call(struct k3thread *t, const struct k3thread_exc *e);

#endif
