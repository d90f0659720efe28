/* The exceptions that an attached process has published: types that can be raised in it by name. */
#ifndef K3THREAD_CLI_SERVER_PUBLISHED_H
#define K3THREAD_CLI_SERVER_PUBLISHED_H

#include "k3thread.h"

#include <stdbool.h>
#include <stddef.h>

/* The types of one process. All zeros: none. */
struct published {
    const k3thread_exctype **types;
    size_t                   count;
};

/* Adds TYPE, unless a type of its name is there. Returns false if there are too many, or without memory. */
bool published_add(struct published *published, const k3thread_exctype *type);

/* Returns the type NAME, or NULL. */
const k3thread_exctype *published_find(const struct published *published, const char *name);

void published_release(struct published *published);

#endif
