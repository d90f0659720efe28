/* Selectors: reads words that name threads by an id, a name or a pattern. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_SELECT_H
#define K3THREAD_CLI_SERVER_SELECT_H

#include "cli/server/call.h"
#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>

/* One selector. */
struct selector {
    uint64_t id;      /* the id, if NAME is NULL */
    char    *name;    /* a name or a pattern, to be freed */
    bool     pattern; /* NAME is a pattern */
    char *inner; /* the word behind a '/', to be freed: a thread inside the process; NULL: none */
};

/* Reads WORD, an integer or bytes. Returns false, with CALL failed, if WORD is not a selector. */
bool select_parse(struct call *call, const json_t *word, struct selector *ret);
void select_release(struct selector *selector);

/*
 * Reads a WORD as select_parse() does. It may also name threads inside a process, as "web/worker-3" and "7/3" do.
 * Behind the '/' there may be a name, an id, a pattern, or nothing.
 */
bool select_parse_inner(struct call *call, const json_t *word, struct selector *ret);

/* Returns true if WORD is bytes with a '/', so that it names threads inside a process. */
bool select_is_inner(const json_t *word);

/* Returns true if RECORD matches a pattern or an id. For a name call select_one(). */
bool select_fits(const struct selector *selector, const struct record *record);

/* Returns the thread that a selector without a pattern means, live or ended, or NULL. */
struct record *select_one(const struct selector *selector);

/*
 * Fails CALL with InvalidThreadIdError, for a selector that no thread matches. KIND is "live" or
 * "", and says which threads were searched.
 */
void select_fail(struct call *call, const struct selector *selector, const char *kind);

/*
 * Returns the thread, live or ended, that THREAD means; if THREAD is NULL, the thread of the
 * client's last start. Returns NULL, with CALL failed, if there is none.
 */
struct record *select_for_call(struct call *call, const json_t *thread);

/* Returns a live thread as select_for_call() does. Returns NULL, with CALL failed, also if the thread has ended. */
struct record *select_live_for_call(struct call *call, const json_t *thread);

/*
 * Returns the thread that WORD, a name or an id, means, as select_for_call() does, and frees WORD. Adds ADVICE to
 * the message about a missing name.
 */
struct record *select_word_for_call(struct call *call, char *word, const char *advice);

#endif
