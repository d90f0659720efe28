#include "cli/server/published.h"

#include "cli/base/array.h"

#include <stdlib.h>
#include <string.h>

#define PUBLISHED_MAX 256

const k3thread_exctype *published_find(const struct published *published, const char *name)
{
    for (size_t i = 0; i < published->count; i++)
        if (strcmp(published->types[i]->name, name) == 0)
            return published->types[i];
    return NULL;
}

bool published_add(struct published *published, const k3thread_exctype *type)
{
    const k3thread_exctype **types;

    if (published_find(published, type->name) != NULL)
        return true;
    if (published->count >= PUBLISHED_MAX)
        return false;
    types = array_room(published->types, published->count, sizeof(const k3thread_exctype *));
    if (types == NULL)
        return false;
    types[published->count++] = type;
    published->types = types;
    return true;
}

void published_release(struct published *published)
{
    free(published->types);
    *published = (struct published){0};
}
