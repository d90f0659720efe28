/* A list of variables, and the environment that results from it. */
#ifndef K3THREAD_CLI_BASE_VARIABLES_H
#define K3THREAD_CLI_BASE_VARIABLES_H

#include <stddef.h>

/* Words that set variables, in order: the last word for a name counts. Zeroed: none. */
struct variables {
    char **list; /* NAME=VALUE */
    size_t count;
    size_t size; /* of all words together, with a NUL behind each */
};

/* Adds a copy of WORD, which sets a variable. Returns 0 or -ENOMEM. */
int variables_add(struct variables *variables, const char *word);

/* Returns the value of the variable NAME, or NULL. */
const char *variables_find(const struct variables *variables, const char *name);

/*
 * Returns the words of ENVIRONMENT, up to its NULL, and of the COUNT lists behind it. The last word for a name counts,
 * so the result has each name once. The words are borrowed, and the caller frees the list, which ends with a NULL.
 * Returns NULL if memory is lacking.
 */
char **variables_merge(char *const *environment, const struct variables *const *lists,
                       size_t count);

void variables_release(struct variables *variables);

#endif
