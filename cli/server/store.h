/* All records: in order of id, by id, by name, by pattern. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_STORE_H
#define K3THREAD_CLI_SERVER_STORE_H

#include "cli/server/record.h"

#include <stddef.h>

TAILQ_HEAD(record_list, record);

/* Returns all records, oldest first, for reading. */
const struct record_list *store_all(void);

/*
 * A walk over all records, oldest first, or over the single record ONLY, if that is not NULL.
 * Records may be added and removed between two steps.
 */
struct store_cursor {
    struct record *next;
    bool           only;
    size_t         seen; /* how many records it has returned */
    LIST_ENTRY(store_cursor) link;
};
void           store_open(struct store_cursor *cursor, struct record *only);
struct record *store_next(struct store_cursor *cursor); /* NULL at the end */
void           store_close(struct store_cursor *cursor);

/* Return how many threads are live, and how many of these are not daemons. */
size_t store_live(void);
size_t store_live_normal(void);

/*
 * Adds a live record, which takes over JOB. If the job's name is NULL, the thread is named
 * "Thread-ID"; a given name must not be a live thread's. If the job's output is NULL, it becomes a
 * log in the directory LOGS. Returns NULL if memory is lacking, with JOB untouched.
 */
struct record *store_add(struct job *job, const char *logs);

struct record *store_find_id(uint64_t id);

/*
 * Returns the live thread of that name; if there is none, the newest ended thread of that name, or
 * NULL.
 */
struct record *store_find_name(const char *name);

/* Notes that RECORD has ended, as RECORD->now shows. */
void store_ended(struct record *record);

/* Notes that RECORD, which had ended, is live again. No live thread has its name. */
void store_revived(struct record *record);

/* Notes that RECORD, which has ended, was joined. */
void store_joined(struct record *record);

/*
 * Forgets the oldest joined threads above the limit, and calls TELL with each one before that. No caller may
 * hold a record meanwhile.
 */
void store_evict(void (*tell)(const struct record *record));

/*
 * Keeps RECORD, which has no keeper yet, from being forgotten until KEEPER releases it. A kept
 * record does not count towards the limit. Only its keeper can release it: store_let_go() with
 * another keeper does nothing.
 */
void store_keep(struct record *record, struct kept_list *keeper);
void store_let_go(struct record *record, const struct kept_list *keeper);

/* Makes TO the keeper of RECORD, which has another keeper. */
void store_hand_on(struct record *record, struct kept_list *to);

/*
 * Forgets RECORD, which is neither live nor kept, and removes its log (but not a file of --output).
 */
void store_forget(struct record *record);

/* Returns true if TEXT is a pattern rather than a name. */
bool store_is_pattern(const char *text);
bool store_fits(const char *pattern, const char *name);

#endif
