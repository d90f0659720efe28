#include "cli/top/arrange.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The deepest level of the tree that is drawn. Deeper rows are drawn at this level. */
#define DEPTH_SHOWN 16

/* The columns that each level of the tree takes. */
#define LINES_WIDTH 3

static const char *const words[] = {
#define X(name, word) word,
    ARRANGE_ORDERS(X)
#undef X
};

const char *arrange_word(enum arrange_order order)
{
    return words[order];
}

/* The filter */

static bool fits(const struct arrangement *arrangement, const struct row *row)
{
    const char *filter = arrangement->filter;

    if (arrangement->hides_ended && row->state == STATE_ENDED)
        return false;
    if (filter == NULL || filter[0] == '\0')
        return true;
    if (strpbrk(filter, "*?[") != NULL && fnmatch(filter, row->name, FNM_PATHNAME) == 0)
        return true;
    return strcasestr(row->name, filter) != NULL || strcasestr(row->command, filter) != NULL ||
           strcasestr(row_state(row), filter) != NULL;
}

/* The tree */

/*
 * Finds the parent of ROW, the deepest of the threads that it needs, among all rows. The depths of all rows with
 * smaller ids must be known.
 */
static void find_parent(const struct rows *rows, struct row *row)
{
    for (size_t i = 0; i < row->needs_count; i++) {
        struct row *needed = row->needs[i] < row->id ? rows_find(rows, row->needs[i]) : NULL;

        if (needed == NULL || needed->depth < row->depth)
            continue;
        row->parent = needed;
        row->depth = needed->depth + 1;
    }
}

/* Puts ROW, which is shown, below its nearest ancestor that is shown too. */
static void link_row(struct row *row)
{
    struct row *parent = row->parent;

    while (parent != NULL && !parent->is_shown)
        parent = parent->parent;
    row->parent = parent;
    row->depth = parent != NULL ? parent->depth + 1 : 0;
    row->is_last = true;
    if (parent == NULL)
        return;
    if (parent->last_child != NULL) {
        parent->last_child->next_sibling = row;
        parent->last_child->is_last = false;
    } else {
        parent->first_child = row;
    }
    parent->last_child = row;
}

/* Adds ROOT and all rows below it. */
static void add_tree(struct arrangement *arrangement, struct row *root)
{
    struct row *row = root;

    while (row != NULL) {
        arrangement->shown[arrangement->count++] = row;
        if (row->first_child != NULL) {
            row = row->first_child;
            continue;
        }
        while (row != root && row->next_sibling == NULL)
            row = row->parent;
        row = row == root ? NULL : row->next_sibling;
    }
}

static void arrange_tree(struct arrangement *arrangement, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        find_parent(rows, rows->by_id[i]);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->by_id[i]->is_shown)
            link_row(rows->by_id[i]);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->by_id[i]->is_shown && rows->by_id[i]->parent == NULL)
            add_tree(arrangement, rows->by_id[i]);
}

/* The sorted list */

/* One row with the number that it is sorted by. */
struct sorted {
    struct row *row;
    double      number; /* the larger, the earlier */
};

static int compare_ids(const struct row *a, const struct row *b)
{
    return (a->id > b->id) - (a->id < b->id);
}

static int compare_names(const void *a, const void *b)
{
    const struct row *one = ((const struct sorted *) a)->row,
                     *two = ((const struct sorted *) b)->row;
    int order = strcasecmp(one->name, two->name);

    return order != 0 ? order : compare_ids(one, two);
}

static int compare_numbers(const void *a, const void *b)
{
    const struct sorted *one = a, *two = b;
    int                  order = (one->number < two->number) - (one->number > two->number);

    return order != 0 ? order : compare_ids(one->row, two->row);
}

/* Returns the number that ROW is sorted by; -1 if there is none, so that the row comes last. */
static double number_of(const struct row *row, enum arrange_order order, double time)
{
    double number;

    if (order == ARRANGE_STATE) /* later states come first, but ended threads come last */
        return row->state == STATE_ENDED ? -1 : (double) row->state;
    if (order == ARRANGE_MEMORY)
        return row_runs(row) ? (double) row->live.memory : -1;
    number = order == ARRANGE_TIME ? row_seconds(row, time) : row->live.percent;
    return isnan(number) ? -1 : number;
}

static int arrange_sorted(struct arrangement *arrangement, const struct rows *rows, double time)
{
    struct sorted *sorted = calloc(rows->count + 1, sizeof(*sorted));
    size_t         count = 0;

    if (sorted == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->by_id[i]->is_shown)
            sorted[count++] = (struct sorted){rows->by_id[i],
                                              number_of(rows->by_id[i], arrangement->order, time)};
    if (arrangement->order != ARRANGE_ID)
        qsort(sorted, count, sizeof(*sorted),
              arrangement->order == ARRANGE_NAME ? compare_names : compare_numbers);
    for (size_t i = 0; i < count; i++)
        arrangement->shown[i] = sorted[arrangement->is_reversed ? count - 1 - i : i].row;
    arrangement->count = count;
    free(sorted);
    return 0;
}

/* Finds the width of the column with the names. */
static void measure(struct arrangement *arrangement)
{
    arrangement->name_width = 0;
    for (size_t i = 0; i < arrangement->count; i++) {
        const struct row *row = arrangement->shown[i];
        size_t            depth = row->depth < DEPTH_SHOWN ? row->depth : DEPTH_SHOWN;
        size_t            width = text_width(row->name, strlen(row->name)) + depth * LINES_WIDTH;

        if (arrangement->name_width < width)
            arrangement->name_width = width;
    }
}

int arrange(struct arrangement *arrangement, const struct rows *rows, double time)
{
    struct row **shown = reallocarray(arrangement->shown, rows->count + 1, sizeof(struct row *));
    int          error = 0;

    if (shown == NULL)
        return -ENOMEM;
    arrangement->shown = shown;
    arrangement->count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = rows->by_id[i];

        row->is_shown = fits(arrangement, row);
        row->parent = row->first_child = row->last_child = row->next_sibling = NULL;
        row->depth = 0;
    }
    if (arrangement->order == ARRANGE_TREE)
        arrange_tree(arrangement, rows);
    else
        error = arrange_sorted(arrangement, rows, time);
    measure(arrangement);
    return error;
}

ssize_t arrange_find(const struct arrangement *arrangement, int64_t id)
{
    for (size_t i = 0; i < arrangement->count; i++)
        if (arrangement->shown[i]->id == id)
            return (ssize_t) i;
    return -1;
}

void arrange_add_lines(struct text *text, const struct row *row, bool is_utf8)
{
    const struct row *above[DEPTH_SHOWN] = {NULL}; /* the row, its parent, and so on */
    size_t            count = 0;

    for (; row->parent != NULL && count < DEPTH_SHOWN; row = row->parent)
        above[count++] = row;
    for (size_t i = count; i-- > 1;)
        text_add(text, above[i]->is_last ? "   " : is_utf8 ? "│  " : "|  ");
    if (count > 0 && above[0]->is_last)
        text_add(text, is_utf8 ? "└─ " : "`- ");
    else if (count > 0)
        text_add(text, is_utf8 ? "├─ " : "|- ");
}

void arrange_release(struct arrangement *arrangement)
{
    free(arrangement->shown);
    *arrangement = (struct arrangement){0};
}
