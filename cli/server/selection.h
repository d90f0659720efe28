/* Which threads a list of THREADs means. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_SELECTION_H
#define K3THREAD_CLI_SERVER_SELECTION_H

#include "cli/server/select.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed it means all threads. */
struct selection {
    struct selector *selectors;
    size_t           count; /* of them; 0: all threads */
    bool             live;  /* only those that have not ended */
};

/* Reads WORDS, a list or NULL. Returns false, with CALL failed and nothing to release, if it is none. */
bool selection_parse(struct call *call, const json_t *words, struct selection *ret);
void selection_release(struct selection *selection);

/*
 * Turns each name into the id of the thread that it means now. Returns the first name or id that no
 * thread has, which is an error, or NULL; a pattern may fit nothing.
 */
const struct selector *selection_resolve(struct selection *selection);

/* Returns true if RECORD is one of the threads. */
bool selection_fits(const struct selection *selection, const struct record *record);

/* Returns the one thread that SELECTION, which is resolved, can mean; NULL if it may mean several. */
struct record *selection_only(const struct selection *selection);

#endif
