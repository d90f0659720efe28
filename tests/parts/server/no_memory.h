/*
 * Calls methods of the server that have no memory for their state. __wrap_calloc() stands before calloc(): see
 * rules.mk.
 */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include "tests/parts/server/asked.h"

/* How many calls of calloc() succeed before one fails; negative: all do. */
static int callocs = -1;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return callocs-- == 0 ? NULL : __real_calloc(count, size);
}

/* Calls METHOD with PARAMS, and checks that it is refused without memory for its state. */
static inline void check_no_memory(const struct method *method, const char *params)
{
    callocs = 1; /* for the call */
    (void) ask(method, params);
    callocs = -1;
    CHECK_SEEN("-32603 out of memory\n");
    CHECK(LIST_EMPTY(&peer.calls));
}

#endif
