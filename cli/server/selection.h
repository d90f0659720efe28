/* The set of threads that a request's list of selectors means. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_SELECTION_H
#define K3THREAD_CLI_SERVER_SELECTION_H

#include "cli/server/select.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A set of threads. Zeroed it means all threads. */
struct selection {
    struct selector *selectors;
    size_t           count;  /* how many selectors; 0: all threads */
    bool             live;   /* only threads that have not ended */
    bool             ended;  /* only threads that have ended */
    bool             failed; /* only threads that have ended and failed */
};

/*
 * Reads WORDS, the parameter NAME of CALL: a list or NULL. Returns false, with CALL failed and nothing to release, if
 * WORDS is not a list of selectors.
 */
bool selection_parse(struct call *call, const char *name, const json_t *words,
                     struct selection *ret);
void selection_release(struct selection *selection);

/*
 * Replaces each name by the id of the thread that the name means now. Returns the first name or id
 * that no thread has, or NULL. A pattern may match nothing.
 */
const struct selector *selection_resolve(struct selection *selection);

/* Returns true if SELECTION, which is resolved, names each of its threads: it has no pattern. */
bool selection_is_named(const struct selection *selection);

/* Returns true if RECORD belongs to the selection. */
bool selection_fits(const struct selection *selection, const struct record *record);

/*
 * Returns the only thread that SELECTION, which is resolved, can mean; NULL if it can mean several.
 */
struct record *selection_only(const struct selection *selection);

#endif
