/*
 * All records: in order of id, by id, by name, by pattern. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_STORE_H
#define K3THREAD_CLI_SERVER_STORE_H

#include "cli/server/record.h"

#include <stddef.h>

/* Ended threads that were joined stay until there are more than these. */
#define STORE_JOINED_MAX 1000

TAILQ_HEAD(record_list, record);

/* All records, oldest first; for reading. */
const struct record_list *store_all(void);

/*
 * A walk over all records, oldest first, in which others may come and go between two steps; or over
 * the one record ONLY, if it is not NULL.
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

/* How many are live, and how many of them are no daemons. */
size_t store_live(void);
size_t store_live_normal(void);

/*
 * A new live record that takes over JOB, whose name is NULL (it becomes "Thread-ID") or that of no
 * live thread, and whose output is NULL for the log. LOGS is the directory of logs. Returns NULL
 * without memory, with JOB untouched.
 */
struct record *store_add(struct job *job, const char *logs);

struct record *store_find_id(uint64_t id);

/* The live thread of that name, or else the newest ended one, or NULL. */
struct record *store_find_name(const char *name);

/* Call it when RECORD->now says that it ended. */
void store_ended(struct record *record);

/* Notes that somebody joined RECORD, which has ended. */
void store_joined(struct record *record);

/* Forgets the oldest of those that were joined, if they are too many: when nobody looks at one. */
void store_evict(void);

/*
 * Keeps RECORD, which nobody keeps yet, from being forgotten until KEEPER lets it go; meanwhile it
 * is none of the too many. Another's is not let go.
 */
void store_keep(struct record *record, struct kept_list *keeper);
void store_let_go(struct record *record, const struct kept_list *keeper);

/* Has TO keep RECORD in place of FROM, if that keeps it. */
void store_hand_on(struct record *record, const struct kept_list *from, struct kept_list *to);

/* Forgets RECORD, which is not live nor kept, and removes its log (not an --output file). */
void store_forget(struct record *record);

/* Is TEXT a pattern rather than a name? Does NAME fit it? */
bool store_is_pattern(const char *text);
bool store_fits(const char *pattern, const char *name);

/* Why NAME is no name for a thread, or NULL if it is one (live namesakes aside). */
const char *store_name_fault(const char *name);

#endif
