/* Which threads a THREAD means: an id, a name, or a pattern. */
#ifndef K3THREAD_CLI_SERVER_SELECT_H
#define K3THREAD_CLI_SERVER_SELECT_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>

struct selector {
    uint64_t id;      /* if NAME is NULL */
    char    *name;    /* a name or a pattern, to be freed */
    bool     pattern; /* NAME is one */
};

/* Reads WORD (an integer or bytes). Returns false, with CALL failed, if it is no selector. */
bool select_parse(struct call *call, const json_t *word, struct selector *ret);
void select_release(struct selector *selector);

/* For a pattern or an id: a name means one thread, which select_one() finds. */
bool select_fits(const struct selector *selector, const struct record *record);

/* The one thread that a selector without pattern means, ended or not, or NULL. */
struct record *select_one(const struct selector *selector);

/* Fails CALL with InvalidThreadIdError: there is no such thread. KIND says more: "live" or "". */
void select_fail(struct call *call, const struct selector *selector, const char *kind);

/*
 * The one thread, ended or not, that THREAD means; NULL means the one that the last start of the
 * connection made. Returns NULL with CALL failed.
 */
struct record *select_for_call(struct call *call, const json_t *thread);

#endif
