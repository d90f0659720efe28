/* Reads and writes durations as people do: seconds, or a number with a suffix: 200ms, 1.5s, 2m, 1h, 1d. */
#ifndef K3THREAD_CLI_BASE_DURATION_H
#define K3THREAD_CLI_BASE_DURATION_H

#include "cli/base/text.h"

/*
 * Reads TEXT, all of it, into *RET, in seconds. Returns 0, or -EINVAL if TEXT is not a duration: empty,
 * negative, not finite, with an unknown suffix, or with other bytes behind it.
 */
int duration_parse(const char *text, double *ret);

/* Appends a duration for a table: 0.2s, 59.9s, 3m05s, 2h13m, 4d02h. */
void duration_add(struct text *text, double seconds);

#endif
