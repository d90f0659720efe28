#include "cli/worker/origin.h"

#include <stdlib.h>

struct own_variables origin_variables(const struct origin *origin, uint64_t id, const char *name,
                                      int slot)
{
    if (origin == NULL)
        return (struct own_variables){.id = id, .name = name, .slot = slot};
    return (struct own_variables){
        .id = origin->id, .name = origin->name, .slot = origin->slot, .host = origin->host};
}

void origin_free(struct origin *origin)
{
    if (origin == NULL)
        return;
    free(origin->name);
    free(origin->host);
    free(origin);
}
