/* Memory for what cannot fail. */
#ifndef K3THREAD_MEMORY_H
#define K3THREAD_MEMORY_H

#include <stddef.h>

/* SIZE bytes of zeros, to be freed; waits until there are some. */
void *k3t_must_alloc(size_t size);

#endif
