#include "cli/base/array.h"

#include <stdlib.h>
#include <string.h>

/* The least length of an array that grows up to an index. */
#define REACH_MIN 16

void *array_room(void *list, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return list;
    return reallocarray(list, count > 0 ? 2 * count : 1, size);
}

void *array_reach(void *list, size_t *count, size_t index, size_t size)
{
    size_t longer = *count > 0 ? *count : REACH_MIN;
    char  *grown;

    while (longer <= index)
        longer *= 2;
    if (longer == *count)
        return list;
    grown = reallocarray(list, longer, size);
    if (grown == NULL)
        return NULL;
    memset(grown + *count * size, 0, (longer - *count) * size);
    *count = longer;
    return grown;
}
