/* Memory of arrays that grow by one element at a time, or up to an index. */
#ifndef K3THREAD_CLI_BASE_ARRAY_H
#define K3THREAD_CLI_BASE_ARRAY_H

#include <stddef.h>

/*
 * Returns LIST, an array of COUNT elements of SIZE bytes, with room for one more. An array that has grown only by
 * this function, from NULL, has room up to the next power of two, so LIST moves only when COUNT is a power of two.
 *
 * Returns NULL without memory; LIST then stays as it is.
 */
void *array_room(void *list, size_t count, size_t size);

/*
 * Returns LIST, an array of *COUNT elements of SIZE bytes, made longer if INDEX is not in it. New elements are zeroed,
 * and *COUNT is the new length.
 *
 * Returns NULL without memory; LIST and *COUNT then stay as they are.
 */
void *array_reach(void *list, size_t *count, size_t index, size_t size);

#endif
