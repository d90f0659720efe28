/*
 * Finds the word that a user may have meant.
 *
 *     struct suggestion suggestion = {.word = "strat"};
 *     suggest_consider(&suggestion, "start");      for each known word
 *     suggestion.nearest                           "start", or NULL if none is near
 */
#ifndef K3THREAD_CLI_BASE_SUGGEST_H
#define K3THREAD_CLI_BASE_SUGGEST_H

#include <stddef.h>

/* An unknown word, and the known word that is nearest to it so far. */
struct suggestion {
    const char *word;
    const char *nearest; /* borrowed from suggest_consider()'s caller */
    size_t      distance;
};

/* Makes CANDIDATE the nearest if it is nearer than the nearest so far, and near enough at all. */
void suggest_consider(struct suggestion *suggestion, const char *candidate);

#endif
