/*
 * Matches extended regular expressions that may come from any user. The C library's matcher is not safe for them:
 * it calls itself as often as the expression is long, can take all time and memory for a short expression, and
 * cannot be interrupted. Libraries that go back over a line (PCRE2) can only bound that by giving up a line, and
 * then a thread may never become ready.
 *
 * Here a match takes at most REGEX_NODES (regex_nodes.h) steps for each byte, memory that is allocated beforehand,
 * and nearly no stack. So there are no back references. A match is by bytes, as in the C locale.
 */
#ifndef K3THREAD_CLI_READY_REGEX_H
#define K3THREAD_CLI_READY_REGEX_H

#include <stdbool.h>
#include <stddef.h>

struct regex;

/*
 * Compiles TEXT. Returns 0; or -EINVAL if TEXT is not an expression, -E2BIG if it is too large, -ENOTSUP if it has
 * a back reference, -ENOMEM.
 */
int regex_new(const char *text, struct regex **ret);

/* Returns true if any part of the LENGTH bytes of LINE matches. */
bool regex_matches(struct regex *regex, const char *line, size_t length);

void regex_free(struct regex *regex);

#endif
