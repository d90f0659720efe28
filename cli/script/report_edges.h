/*
 * Finds the lines between threads in the timeline of a run, which show the needs of threads, and the critical path. A
 * line begins at a time in one row, and leads down or up to another row. For report_timeline.c.
 */
#ifndef K3THREAD_CLI_SCRIPT_REPORT_EDGES_H
#define K3THREAD_CLI_SCRIPT_REPORT_EDGES_H

#include "cli/script/report_page.h"

/* One line. */
struct edge {
    size_t from, to; /* rows */
    double left;     /* the seconds at which the line begins */
    double time;     /* the seconds at which it leads to the other row */
    bool   is_critical;
};

/* All lines. Zeroed it is empty. */
struct edges {
    struct edge *list; /* the critical path comes last, so that it is drawn over the others */
    size_t       count;
    bool         failed; /* memory was lacking */
};

/* Finds all lines. ROWS has the row of each thread, by its id. */
void edges_find(struct edges *edges, const struct report_page *report, const size_t *rows);
void edges_release(struct edges *edges);

#endif
