/*
 * The memory of a test: each block has a byte behind its end that is looked at, new memory is full of ones, and the
 * blocks that are in use are counted. The wrapped functions stand before those of the C library.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "tests/lib/test.h"

static int blocks;       /* in use */
static int failing = -1; /* how many allocations succeed before one fails; negative: all do */

#define BLOCK_HEAD 16
#define BLOCK_END  0x5A

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void  __real_free(void *block);
void  __wrap_free(void *block);

static inline size_t *block_size(char *block)
{
    return (size_t *) (void *) (block - BLOCK_HEAD);
}

void *__wrap_malloc(size_t size)
{
    char *memory = failing-- == 0 ? NULL : __real_malloc(BLOCK_HEAD + size + 1);
    char *block = memory != NULL ? memory + BLOCK_HEAD : NULL;

    if (block == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    *block_size(block) = size;
    memset(block, '1', size);
    block[size] = BLOCK_END;
    blocks++;
    return block;
}

void __wrap_free(void *block)
{
    char *memory = block;

    if (memory == NULL)
        return;
    CHECK_EQUAL(memory[*block_size(memory)], BLOCK_END);
    blocks--;
    __real_free(memory - BLOCK_HEAD);
}

void *__wrap_realloc(void *block, size_t size)
{
    char  *larger = __wrap_malloc(size);
    size_t kept = block != NULL ? *block_size(block) : 0;

    if (larger == NULL)
        return NULL;
    if (kept > 0)
        memcpy(larger, block, kept < size ? kept : size);
    __wrap_free(block);
    return larger;
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return __wrap_realloc(block, count * size);
}

#endif
