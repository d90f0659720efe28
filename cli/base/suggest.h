/*
 * The word that somebody may have meant.
 *
 *     struct suggestion suggestion = {.word = "strat"};
 *     suggest_consider(&suggestion, "start");      for each word there is
 *     suggestion.nearest                           "start", or NULL if none is near
 */
#ifndef K3THREAD_CLI_BASE_SUGGEST_H
#define K3THREAD_CLI_BASE_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word;
    const char *nearest; /* borrowed from suggest_consider()'s caller */
    size_t      distance;
};

/* CANDIDATE becomes the nearest if it is nearer than those before it, and near enough at all. */
void suggest_consider(struct suggestion *suggestion, const char *candidate);

#endif
