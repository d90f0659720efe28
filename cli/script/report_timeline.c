/*
 * The timeline on the page of a run: a row for each thread, as SVG. It consists of chunks of rows, none of which is
 * higher than a sheet of paper; lines between threads go on in the next chunk.
 */
#include "cli/script/timeline.h"

#include <stdlib.h>

/* The number of rows in a chunk. */
#define CHUNK 36

static void add_chunk(const struct timeline *timeline)
{
    text_add(timeline->text, "<div class=\"chunk\">");
    timeline_add_axis(timeline);
    timeline_add_names(timeline);
    text_printf(timeline->text,
                "<svg width=\"100%%\" height=\"%zu\" role=\"img\" aria-label=\"Timeline of the "
                "threads %zu to %zu; "
                "the tables below have the same times\">\n",
                (timeline->end - timeline->first) * TIMELINE_ROW, timeline->first + 1,
                timeline->end);
    timeline_add_grid(timeline);
    for (size_t row = timeline->first; row < timeline->end; row++)
        timeline_add_row(timeline, row);
    timeline_add_path(timeline);
    timeline_add_edges(timeline);
    timeline_add_raises(timeline);
    for (size_t row = timeline->first; row < timeline->end; row++)
        timeline_add_label(timeline, row);
    text_add(timeline->text, "</svg>\n</div>\n");
}

static void add_legend(struct text *text)
{
    static const char *const items[][2] = {
        {"<rect class=\"r\" y=\"2\" width=\"26\" height=\"10\"/>", "running"},
        {"<rect class=\"y\" y=\"2\" width=\"26\" height=\"10\"/>", "ready"},
        {"<rect class=\"f\" y=\"2\" width=\"26\" height=\"10\"/>", "has failed"},
        {"<rect class=\"s\" y=\"2\" width=\"26\" height=\"10\"/>", "being ended"},
        {"<line class=\"w\" x2=\"26\" y1=\"7\" y2=\"7\"/>", "waits for a thread"},
        {"<line class=\"q\" x2=\"26\" y1=\"7\" y2=\"7\"/>", "waits for a slot"},
        {"<line class=\"d\" x2=\"26\" y1=\"7\" y2=\"7\"/>", "waits for its time"},
        {"<line class=\"n\" x1=\"13\" x2=\"13\" y2=\"8\" marker-end=\"url(#arrow-n)\"/>",
         "is needed by"},
        {"<rect class=\"b\" y=\"10\" width=\"26\" height=\"3\"/>", "critical path"},
        {"<use href=\"#raise\" x=\"13\" y=\"2\"/>", "exception raised"},
    };

    text_add(text, "<svg class=\"defs\" aria-hidden=\"true\"><defs>"
                   "<marker id=\"arrow-n\" class=\"an\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
                   "markerWidth=\"7\" "
                   "markerHeight=\"7\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M0 "
                   "0L8 4L0 8z\"/></marker>"
                   "<marker id=\"arrow-c\" class=\"ac\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
                   "markerWidth=\"10\" "
                   "markerHeight=\"10\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path "
                   "d=\"M0 0L8 4L0 8z\"/></marker>"
                   "<path id=\"raise\" class=\"m\" d=\"M-4 0H4L0 7z\"/></defs></svg>\n<ul "
                   "class=\"legend\">\n");
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        text_printf(text, "<li><svg aria-hidden=\"true\">%s</svg>%s</li>\n", items[i][0],
                    items[i][1]);
    text_add(text, "</ul>\n");
}

/* Gives each thread its row. Returns false without memory. */
static bool find_rows(struct timeline *timeline)
{
    const struct run_threads *threads = timeline->report->result->threads;
    size_t                    row = 0;

    timeline->ids = calloc(timeline->report->count, sizeof(*timeline->ids));
    timeline->on = calloc(timeline->report->count, sizeof(*timeline->on));
    timeline->rows = calloc(threads->size, sizeof(*timeline->rows));
    if (timeline->ids == NULL || timeline->on == NULL || timeline->rows == NULL)
        return false;
    for (size_t id = 0; run_threads_next(threads, &id) != NULL;) {
        timeline->rows[id] = row;
        timeline->ids[row++] = (json_int_t) id;
    }
    for (size_t i = 0; i < timeline->report->path.count; i++)
        if (timeline->report->path.parts[i].id != 0)
            timeline->on[timeline->rows[timeline->report->path.parts[i].id]] = true;
    return true;
}

static void add_chunks(struct timeline *timeline)
{
    size_t count = timeline->report->count;

    edges_find(&timeline->edges, timeline->report, timeline->rows);
    text_add(timeline->text, "<section id=\"timeline\" aria-labelledby=\"timeline-h\">\n"
                             "<h2 id=\"timeline-h\">Timeline</h2>\n");
    add_legend(timeline->text);
    text_add(
        timeline->text,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"timeline-h\">\n");
    for (timeline->first = 0; timeline->first < count; timeline->first = timeline->end) {
        timeline->end = timeline->first + CHUNK < count ? timeline->first + CHUNK : count;
        add_chunk(timeline);
    }
    text_add(timeline->text, "</div>\n</section>\n");
    timeline->text->failed |= timeline->edges.failed;
}

void report_add_timeline(const struct report_page *report)
{
    struct timeline timeline = {.report = report, .text = report->text};

    if (report->count == 0)
        return;
    if (find_rows(&timeline))
        add_chunks(&timeline);
    else
        report->text->failed = true;
    edges_release(&timeline.edges);
    free(timeline.ids);
    free(timeline.on);
    free(timeline.rows);
}
