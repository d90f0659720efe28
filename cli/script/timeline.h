/*
 * The parts of the timeline on the page of a run: its data, and where things are on it. Horizontal positions are
 * percentages, so that the timeline is as wide as the window while its text stays as it is. For report_timeline.c and
 * the files timeline_*.c.
 */
#ifndef K3THREAD_CLI_SCRIPT_TIMELINE_H
#define K3THREAD_CLI_SCRIPT_TIMELINE_H

#include "cli/script/report_edges.h"
#include "cli/script/report_page.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* The heights of a row and of its bar in pixels. */
#define TIMELINE_ROW 22
#define TIMELINE_BAR 12

/* The least width of a bar, in percent. */
#define TIMELINE_LEAST_WIDTH 0.15

/* One timeline, and the chunk of it that is being written. */
struct timeline {
    const struct report_page *report;
    struct text              *text;
    json_int_t               *ids;  /* of the thread in each row */
    size_t                   *rows; /* of each thread, by its id */
    bool                     *on;   /* whether the thread in each row is on the critical path */
    struct edges              edges;
    size_t                    first, end; /* the rows of the chunk that is being written */
};

/* Returns the horizontal position of the moment SECONDS after the beginning of the run. */
static inline double timeline_percent(const struct timeline *timeline, double seconds)
{
    double share = 100 * seconds / timeline->report->total;

    return share < 0 ? 0 : fmin(share, 100);
}

/* Returns the vertical middle of ROW in the chunk, which may lie outside of the chunk. */
static inline int timeline_middle(const struct timeline *timeline, size_t row)
{
    return ((int) row - (int) timeline->first) * TIMELINE_ROW + TIMELINE_ROW / 2;
}

/* Returns true if ROW is in the chunk. */
static inline bool timeline_shows(const struct timeline *timeline, size_t row)
{
    return row >= timeline->first && row < timeline->end;
}

/* Add the marks of the axis, and a vertical line through the chunk for each mark. */
void timeline_add_axis(const struct timeline *timeline);
void timeline_add_grid(const struct timeline *timeline);

/* Adds the names of the threads in the chunk. */
void timeline_add_names(const struct timeline *timeline);

/* Add the bars of the thread in ROW, and its label, which is to be added behind all that it may cover. */
void timeline_add_row(const struct timeline *timeline, size_t row);
void timeline_add_label(const struct timeline *timeline, size_t row);

/*
 * Clears the place of a label of THREAD before its bar, where a line shows that the thread has waited: the line would
 * seem to strike out the words. OBJECT describes the thread.
 */
void timeline_clear_label(const struct timeline *timeline, const struct course_thread *thread,
                          const json_t *object, size_t row);

/* Adds a mark for each exception that was raised in a thread of the chunk. */
void timeline_add_raises(const struct timeline *timeline);

/* Adds the lines between rows. */
void timeline_add_edges(const struct timeline *timeline);

/* Adds the marks below the bars on the critical path. */
void timeline_add_path(const struct timeline *timeline);

#endif
