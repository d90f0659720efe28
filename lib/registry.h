/*
 * Keeps the live threads, by id and by name. Any thread may call these functions. Each takes the registry's lock,
 * unless its comment says otherwise.
 */
#ifndef K3THREAD_REGISTRY_H
#define K3THREAD_REGISTRY_H

#include "record.h"

/* Gives T its id, and the name PREFIX-ID if T has none (its record has room for that). From then on T can be found. */
void k3t_registry_add(struct k3thread *t, const char *prefix);

/* Removes T, which can no longer be found then. Caller holds the registry's lock. */
void k3t_registry_remove(struct k3thread *t);

/* Return a reference to the thread with ID, or to the oldest thread with NAME; or NULL. */
struct k3thread *k3t_registry_find_id(k3thread_id id);
struct k3thread *k3t_registry_find_name(const char *name);

/* Returns a reference to a foreign thread that is gone but was not removed, or NULL. */
struct k3thread *k3t_registry_find_gone(void);

/* Stores references to at most CAPACITY threads, in order of id; returns how many there are. */
size_t k3t_registry_list(struct k3thread **threads, size_t capacity);

/* Returns a reference to the process's main thread, or NULL if it has ended or never used the library. */
struct k3thread *k3t_registry_find_main(void);

/* Returns true if no thread that the library knows is live. */
bool k3t_registry_is_empty(void);

/* Calls VISIT for each thread, in order of id. Caller holds the registry's lock. */
void k3t_registry_each(void (*visit)(struct k3thread *t));

void k3t_registry_lock(void);
void k3t_registry_unlock(void);

/*
 * Adapts to the child of fork, which was made under the lock: ends every record but SURVIVOR's, because the threads
 * of the others are not in this process. SURVIVOR may be NULL. Releases the lock.
 */
void k3t_registry_keep(struct k3thread *survivor);

#endif
