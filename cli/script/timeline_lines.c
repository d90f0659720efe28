/* The lines of the timeline from thread to thread, and the marks of the critical path. */
#include "cli/script/timeline.h"

/* Adds a line of CLASS, which ATTRIBUTES end. */
static void add_line(struct text *text, const char *class, double x1, double x2, int y1, int y2,
                     const char *attributes)
{
    text_printf(text, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"%s/>",
                class, x1, x2, y1, y2, attributes);
}

/*
 * Adds the part of EDGE that is in the chunk. PASSES: if EDGE only crosses the chunk, another line has drawn that
 * part already.
 */
static void add_edge(const struct timeline *timeline, const struct edge *edge, bool passes)
{
    const char *class = edge->is_critical ? "c" : "n";
    bool   is_down = edge->to >= edge->from;
    int    height = (int) (timeline->end - timeline->first) * TIMELINE_ROW;
    int    from = timeline_middle(timeline, edge->from), to = timeline_middle(timeline, edge->to);
    int    begin = from < 0 ? 0 : from > height ? height : from;
    int    tip = to + (is_down ? -1 : 1) * (TIMELINE_BAR / 2 + 1);
    double x = timeline_percent(timeline, edge->time);
    double left = timeline_percent(timeline, edge->left);

    if (timeline_shows(timeline, edge->from) && left < x)
        add_line(timeline->text, class, left, x, from, from, "");
    if (timeline_shows(timeline, edge->to)) {
        add_line(timeline->text, class, x, x, begin, tip,
                 edge->is_critical ? " marker-end=\"url(#arrow-c)\""
                                   : " marker-end=\"url(#arrow-n)\"");
        text_add(timeline->text, "\n");
    } else if (!passes) {
        add_line(timeline->text, class, x, x, begin, is_down ? height : 0, "");
    }
}

static bool meets_chunk(const struct timeline *timeline, const struct edge *edge)
{
    return edge->from != edge->to && (edge->from < timeline->end || edge->to < timeline->end) &&
           (edge->from >= timeline->first || edge->to >= timeline->first);
}

/* Adds all lines. Lines that leave the same thread at the same time are one line where they only cross a chunk. */
void timeline_add_edges(const struct timeline *timeline)
{
    const struct edge *last = NULL;

    for (size_t i = 0; i < timeline->edges.count; i++) {
        const struct edge *edge = &timeline->edges.list[i];
        bool               passes;

        if (!meets_chunk(timeline, edge))
            continue;
        passes =
            last != NULL && last->from == edge->from && last->is_critical == edge->is_critical &&
            fabs(timeline_percent(timeline, last->time) - timeline_percent(timeline, edge->time)) <
                0.01;
        add_edge(timeline, edge, passes);
        if (!timeline_shows(timeline, edge->to))
            last = edge;
    }
}

/* Adds the marks below the bars on the critical path. */
void timeline_add_path(const struct timeline *timeline)
{
    const struct critical_path *path = &timeline->report->path;

    for (size_t i = 0; i < path->count; i++) {
        const struct path_part *part = &path->parts[i];
        double                  from = timeline_percent(timeline, part->began);

        if (part->id == 0 || !timeline_shows(timeline, timeline->rows[part->id]))
            continue;
        text_printf(timeline->text,
                    "<rect class=\"b\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"3\"/>", from,
                    timeline_middle(timeline, timeline->rows[part->id]) + TIMELINE_BAR / 2 + 1,
                    fmax(timeline_percent(timeline, part->ended) - from, TIMELINE_LEAST_WIDTH));
    }
}
