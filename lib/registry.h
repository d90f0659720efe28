/*
 * The live threads, by id and by name. Any thread may call; each takes the registry's lock, unless it
 * says otherwise.
 */
#ifndef K3THREAD_REGISTRY_H
#define K3THREAD_REGISTRY_H

#include "thread.h"

/* Gives T its id, and the name PREFIX-ID (it has the room) if it has none; from then on it is found. */
void k3t_registry_add(struct k3thread *t, const char *prefix);

/* From then on it is not found. Caller holds the registry's lock. */
void k3t_registry_remove(struct k3thread *t);

void k3t_registry_lock(void);
void k3t_registry_unlock(void);

/*
 * In the child of fork, which was made under the lock: ends every record but SURVIVOR's (may be
 * NULL), for their threads have gone, and unlocks.
 */
void k3t_registry_keep(struct k3thread *survivor);

#endif
