/*
 * Returns the record of the calling thread, and adopts a thread that the library did not start: such a thread gets
 * a record when it first needs one. end.h ends it.
 */
#ifndef K3THREAD_ADOPT_H
#define K3THREAD_ADOPT_H

#include "record.h"

/* Adopts the calling thread. Cannot fail: without memory, waits until there is some. */
struct k3thread *k3t_adopt(void);

/* Returns the calling thread's record, borrowed. */
static inline struct k3thread *k3t_self(void)
{
    return __builtin_expect(k3t_local.self != NULL, 1) ? k3t_local.self : k3t_adopt();
}

#endif
