/* Writes sizes in bytes as people read them: powers of 1,024 with a suffix. */
#ifndef K3THREAD_CLI_BASE_SIZE_H
#define K3THREAD_CLI_BASE_SIZE_H

#include "cli/base/text.h"

#include <stdint.h>

/* Appends a size for a table: 512, 1.7M, 23M, 4.0G. */
void size_add(struct text *text, uint64_t bytes);

#endif
