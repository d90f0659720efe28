/*
 * Keeps the exception types that the supervisor can raise by name: those of the library, and those that the program
 * publishes.
 */
#ifndef K3THREAD_PUBLISHED_H
#define K3THREAD_PUBLISHED_H

#include "k3thread.h"

#define K3T_PUBLISHED_MAX 64 /* types of the program */

/*
 * Publishes TYPE. Returns 0, also if it was published before; -EEXIST if another type has its name; -ENOSPC; or
 * K3THREAD_VALUE_ERROR if a shell could not write its name.
 */
int k3t_published_add(const k3thread_exctype *type);

/* Returns the type NAME, or NULL. */
const k3thread_exctype *k3t_published_find(const char *name);

/* Returns the type of the program with the number INDEX, in the order of their publication; NULL past the last. */
const k3thread_exctype *k3t_published_at(size_t index);

/* Returns the nearest base of TYPE that the supervisor knows. */
const k3thread_exctype *k3t_published_base(const k3thread_exctype *type);

#endif
