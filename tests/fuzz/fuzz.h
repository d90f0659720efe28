/* A fuzzer is one file with this function, which returns 0; libFuzzer or driver.c calls it. */
#ifndef K3THREAD_TESTS_FUZZ_H
#define K3THREAD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless the condition holds, also in a build without assertions. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* Returns the input as a string, to be freed. A NUL ends the string. */
static inline char *fuzz_string(const uint8_t *data, size_t size)
{
    char *string = malloc(size + 1);

    MUST(string != NULL);
    if (size > 0)
        memcpy(string, data, size);
    string[size] = '\0';
    return string;
}

#endif
