/*
 * Chooses the rows that the screen shows, and their order: all rows or the rows that fit a filter, sorted, or as the
 * tree of the needs.
 *
 * In the tree, a thread is below the deepest of the threads that it needs. If the filter hides that thread, the row is
 * below its nearest ancestor that is shown.
 */
#ifndef K3THREAD_CLI_TOP_ARRANGE_H
#define K3THREAD_CLI_TOP_ARRANGE_H

#include "cli/base/text.h"
#include "cli/top/rows.h"

/* X(name, word). The key for the order goes through the orders as they are listed here. */
#define ARRANGE_ORDERS(X)                                                                          \
    X(TREE, "tree")                                                                                \
    X(ID, "id")                                                                                    \
    X(NAME, "name")                                                                                \
    X(STATE, "state")                                                                              \
    X(TIME, "time")                                                                                \
    X(CPU, "cpu")                                                                                  \
    X(MEMORY, "memory")

enum arrange_order {
#define X(name, word) ARRANGE_##name,
    ARRANGE_ORDERS(X)
#undef X
        ARRANGE_COUNT
};

/* The choice of threads and their order. Zeroed: all threads, as a tree. */
struct arrangement {
    enum arrange_order order;
    bool               is_reversed;
    bool               hides_ended;
    const char
        *filter; /* a part of a name, a command or a state, or a pattern of a name; NULL: none */

    struct row **shown; /* the chosen rows in order, made by arrange() */
    size_t       count;
    size_t name_width; /* the columns that the widest name takes, with the lines that lead to it */
};

/* Returns true if ORDER depends on figures that a look at each process gives. */
static inline bool arrange_is_by_usage(enum arrange_order order)
{
    return order == ARRANGE_CPU || order == ARRANGE_MEMORY;
}

/* Returns the word for ORDER. */
const char *arrange_word(enum arrange_order order);

/* Makes ARRANGEMENT->shown, and the members behind it. Returns 0 or -ENOMEM. TIME: now, on the monotonic clock. */
int arrange(struct arrangement *arrangement, const struct rows *rows, double time);

/* Returns the index of the thread ID in ->shown, or -1. */
ssize_t arrange_find(const struct arrangement *arrangement, int64_t id);

/*
 * Adds the lines that lead to ROW in a tree: "├─ ", "│  └─ "; if not IS_UTF8, in ASCII. Adds nothing for a
 * row without a parent.
 */
void arrange_add_lines(struct text *text, const struct row *row, bool is_utf8);

void arrange_release(struct arrangement *arrangement);

#endif
