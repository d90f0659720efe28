/* Selectors: words that name threads, by an id, a name, or a pattern. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_SELECT_H
#define K3THREAD_CLI_SERVER_SELECT_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>

/* One such word. */
struct selector {
    uint64_t id;      /* if NAME is NULL */
    char    *name;    /* a name or a pattern, to be freed */
    bool     pattern; /* NAME is one */
};

/* Reads WORD (an integer or bytes). Returns false, with CALL failed, if it is no selector. */
bool select_parse(struct call *call, const json_t *word, struct selector *ret);
void select_release(struct selector *selector);

/* Returns true if RECORD is meant by a pattern or an id. A name means one thread, see select_one(). */
bool select_fits(const struct selector *selector, const struct record *record);

/* Returns the one thread that a selector without pattern means, ended or not, or NULL. */
struct record *select_one(const struct selector *selector);

/* Fails CALL with InvalidThreadIdError: there is no such thread. KIND says more: "live" or "". */
void select_fail(struct call *call, const struct selector *selector, const char *kind);

/*
 * Returns the one thread, ended or not, that THREAD means; a THREAD that is NULL means the one that the
 * client's last start made. Returns NULL, with CALL failed, if there is none.
 */
struct record *select_for_call(struct call *call, const json_t *thread);

#endif
