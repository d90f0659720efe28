#include "cli/worker/origin.h"

#include <stdlib.h>

void origin_free(struct origin *origin)
{
    if (origin == NULL)
        return;
    free(origin->name);
    free(origin->host);
    free(origin);
}
