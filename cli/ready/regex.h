/*
 * Extended regular expressions that are safe to take from anybody. The C library's matcher is not:
 * it calls itself as often as the expression is long, can take all time and memory for a short
 * one, and is not to be interrupted. Libraries that go back over a line (PCRE2) bound that only by
 * giving the line up, and a line that is given up is a thread that is never ready.
 *
 * Here a match takes at most REGEX_NODES steps for each byte, memory that is allocated
 * beforehand, and next to no stack. So there are no back references. Bytes are matched, as in the
 * C locale.
 */
#ifndef K3THREAD_CLI_READY_REGEX_H
#define K3THREAD_CLI_READY_REGEX_H

#include <stdbool.h>
#include <stddef.h>

/* An expression has at most so many parts, with what is repeated written out. */
#define REGEX_NODES 1000

/* And so many open parentheses at once: the parser calls itself for each. */
#define REGEX_DEPTH 20

struct regex;

/*
 * Returns 0; or -EINVAL if TEXT is no expression, -E2BIG if it is too large, -ENOTSUP for a back
 * reference, -ENOMEM.
 */
int regex_new(const char *text, struct regex **ret);

/* Does something in the LENGTH bytes of LINE match? */
bool regex_matches(struct regex *regex, const char *line, size_t length);

void regex_free(struct regex *regex);

#endif
