/*
 * The rows of all threads: by id, and in the order of their ids.
 *
 * A list from the supervisor is taken as a whole: rows_begin(), rows_take() for each thread of it,
 * rows_finish(). Events change single rows.
 */
#ifndef K3THREAD_CLI_TOP_ROWS_H
#define K3THREAD_CLI_TOP_ROWS_H

#include "cli/top/row.h"

/* All rows. Zeroed, it is empty. */
struct rows {
    struct row **by_id; /* in ascending order */
    size_t       count;
    size_t       states[STATE_ENDED + 1]; /* how many rows have each state */
    size_t       failed;                  /* how many have failed */
    struct row  *gone; /* rows whose threads were forgotten, but which may still be on the screen */
};

/* Returns the row of the thread ID, or NULL. */
struct row *rows_find(const struct rows *rows, int64_t id);

/* Takes the data of THREAD into its row or a new row. Returns 0 or -ENOMEM. */
int rows_take(struct rows *rows, const json_t *thread, double time);

/* Begin and end a list. rows_finish() forgets all threads that the list did not have. */
void rows_begin(struct rows *rows);
void rows_finish(struct rows *rows);

/* Forgets the thread ID, if it is known. */
void rows_forget(struct rows *rows, int64_t id);

/*
 * Frees the rows of threads that were forgotten. Until then, pointers to them are valid, although the
 * functions above do not find them.
 */
void rows_free_gone(struct rows *rows);

void rows_release(struct rows *rows);

#endif
