/*
 * A command's environment, in one mapping of its own: it is large, short-lived, and thousands of
 * them among small things that stay would leave the heap full of holes.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_ENVIRONMENT_H
#define K3THREAD_CLI_SUPERVISOR_ENVIRONMENT_H

#include <stddef.h>

/*
 * Copies STRINGS, a NULL-terminated list of NAME=VALUE, without the variables that OWN sets, and
 * then those of OWN, into a new mapping. Returns 0 or -ENOMEM.
 */
int environment_make(char *const *strings, char *const *own, char ***ret, size_t *ret_size);

/* NULL is fine. */
void environment_drop(char **environment, size_t size);

/* Frees a list of strings, and the strings; NULL is fine. */
void environment_free(char **strings);

#endif
