#include "cli/top/rows.h"

#include "cli/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Returns the index of the first row whose id is not below ID. */
static size_t find_index(const struct rows *rows, int64_t id)
{
    size_t low = 0, high = rows->count;

    if (high > 0 && rows->by_id[high - 1]->id < id) /* a new thread */
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows->by_id[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct row *rows_find(const struct rows *rows, int64_t id)
{
    size_t index = find_index(rows, id);

    return index < rows->count && rows->by_id[index]->id == id ? rows->by_id[index] : NULL;
}

/* Adds ROW to the counts of its state and of failures if IS_MORE, or else takes it out of them. */
static void count(struct rows *rows, const struct row *row, bool is_more)
{
    size_t change = is_more ? 1 : (size_t) -1;

    rows->states[row->state] += change;
    if (row->has_failed)
        rows->failed += change;
}

/* Makes room for one more row. */
static bool reserve(struct rows *rows)
{
    struct row **by_id = array_room(rows->by_id, rows->count, sizeof(struct row *));

    if (by_id == NULL)
        return false;
    rows->by_id = by_id;
    return true;
}

static int add(struct rows *rows, const json_t *thread, double time)
{
    struct row *row = reserve(rows) ? row_new(thread, time) : NULL;
    size_t      index;

    if (row == NULL)
        return -ENOMEM;
    index = find_index(rows, row->id);
    memmove(rows->by_id + index + 1, rows->by_id + index,
            (rows->count - index) * sizeof(struct row *));
    rows->by_id[index] = row;
    rows->count++;
    row->is_seen = true;
    count(rows, row, true);
    return 0;
}

int rows_take(struct rows *rows, const json_t *thread, double time)
{
    struct row *row = rows_find(rows, json_integer_value(json_object_get(thread, "id")));
    bool        is_taken;

    if (row == NULL)
        return add(rows, thread, time);
    count(rows, row, false);
    is_taken = row_update(row, thread, time);
    count(rows, row, true);
    row->is_seen = true;
    return is_taken ? 0 : -ENOMEM;
}

/* Takes ROW out of the counts, and keeps it until rows_free_gone(). The caller takes it out of by_id. */
static void bury(struct rows *rows, struct row *row)
{
    count(rows, row, false);
    row->next_gone = rows->gone;
    rows->gone = row;
}

void rows_free_gone(struct rows *rows)
{
    while (rows->gone != NULL) {
        struct row *row = rows->gone;

        rows->gone = row->next_gone;
        row_free(row);
    }
}

void rows_begin(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        rows->by_id[i]->is_seen = false;
}

void rows_finish(struct rows *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = rows->by_id[i];

        if (row->is_seen)
            rows->by_id[kept++] = row;
        else
            bury(rows, row);
    }
    rows->count = kept;
}

void rows_forget(struct rows *rows, int64_t id)
{
    size_t index = find_index(rows, id);

    if (index == rows->count || rows->by_id[index]->id != id)
        return;
    bury(rows, rows->by_id[index]);
    rows->count--;
    memmove(rows->by_id + index, rows->by_id + index + 1,
            (rows->count - index) * sizeof(struct row *));
}

void rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        row_free(rows->by_id[i]);
    rows_free_gone(rows);
    free(rows->by_id);
    *rows = (struct rows){0};
}
