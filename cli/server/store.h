/*
 * All records: in order of id, by id, by name, by pattern. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_STORE_H
#define K3THREAD_CLI_SERVER_STORE_H

#include "cli/server/record.h"

#include <stddef.h>

TAILQ_HEAD(record_list, record);

/* All records, oldest first; for reading. */
const struct record_list *store_all(void);

/*
 * A walk over all records, oldest first, or over the one record ONLY, if that is not NULL. Records may
 * come and go between two steps.
 */
struct store_cursor {
    struct record *next;
    bool           only;
    size_t         seen; /* how many it has given out */
    LIST_ENTRY(store_cursor) link;
};
void           store_open(struct store_cursor *cursor, struct record *only);
struct record *store_next(struct store_cursor *cursor); /* NULL at the end */
void           store_close(struct store_cursor *cursor);

/* Return how many threads are live, and how many of them are no daemons. */
size_t store_live(void);
size_t store_live_normal(void);

/*
 * Adds a live record, which takes over JOB. A name that is NULL becomes "Thread-ID"; no live thread may
 * have the name. An output that is NULL becomes a log in the directory LOGS. Returns NULL without
 * memory, with JOB untouched.
 */
struct record *store_add(struct job *job, const char *logs);

struct record *store_find_id(uint64_t id);

/* Returns the live thread of that name, or else the newest ended one, or NULL. */
struct record *store_find_name(const char *name);

/* Notes that RECORD has ended, which RECORD->now shows. */
void store_ended(struct record *record);

/* Notes that RECORD, which has ended, was joined. */
void store_joined(struct record *record);

/* Forgets the oldest joined threads that are too many. No caller may hold a record meanwhile. */
void store_evict(void);

/*
 * Keeps RECORD, which has no keeper yet, from being forgotten until KEEPER lets it go. A kept record
 * does not count towards the limit. Only its keeper can release it: for another, store_let_go() does
 * nothing.
 */
void store_keep(struct record *record, struct kept_list *keeper);
void store_let_go(struct record *record, const struct kept_list *keeper);

/* Has TO keep RECORD in place of FROM, if that keeps it. */
void store_hand_on(struct record *record, const struct kept_list *from, struct kept_list *to);

/* Forgets RECORD, which is not live nor kept, and removes its log (not an --output file). */
void store_forget(struct record *record);

/* Return true if TEXT is a pattern rather than a name, and if NAME fits PATTERN. */
bool store_is_pattern(const char *text);
bool store_fits(const char *pattern, const char *name);

/* Returns true if NAME may be a thread's, live namesakes aside; WHY says otherwise why not. */
bool store_is_name(const char *name, struct text *why);

#endif
