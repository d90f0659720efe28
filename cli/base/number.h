/* Whole numbers that a user writes. */
#ifndef K3THREAD_CLI_BASE_NUMBER_H
#define K3THREAD_CLI_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads TEXT, which must be decimal digits alone, into *RET. Returns false, and leaves *RET as it is, if TEXT is no
 * number from LEAST to MOST.
 */
bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret);

#endif
