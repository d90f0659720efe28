/*
 * The timeline on the page of a run: a row for each thread, as SVG. It consists of chunks of rows, none of which is
 * higher than a sheet of paper; lines between threads go on in the next chunk. Horizontal positions are percentages, so
 * that the timeline is as wide as the window while its text stays as it is.
 */
#include "cli/base/duration.h"
#include "cli/script/outcome.h"
#include "cli/script/report_edges.h"
#include "cli/script/report_page.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The number of rows in a chunk, and the heights of a row and of its bar in pixels. */
#define CHUNK 36
#define ROW   22
#define BAR   12

/* The least width of a bar, in percent. */
#define LEAST_WIDTH 0.15

/* A label stands behind a bar that ends before LABEL_BEHIND percent, or before a bar from LABEL_BEFORE on. */
#define LABEL_BEHIND 84
#define LABEL_BEFORE 16

/* The width of a letter of a label, in pixels, rounded up. */
#define LABEL_LETTER 7

/* The most marks of the axis. */
#define MARKS 8

struct timeline {
    const struct report_page *report;
    struct text              *text;
    json_int_t               *ids;  /* of the thread in each row */
    size_t                   *rows; /* of each thread, by its id */
    bool                     *on;   /* whether the thread in each row is on the critical path */
    struct edges              edges;
    size_t                    first, end; /* the rows of the chunk that is being written */
};

static double percent(const struct timeline *timeline, double seconds)
{
    double share = 100 * seconds / timeline->report->total;

    return share < 0 ? 0 : fmin(share, 100);
}

/* Returns the vertical middle of ROW in the chunk, which may lie outside of the chunk. */
static int middle(const struct timeline *timeline, size_t row)
{
    return ((int) row - (int) timeline->first) * ROW + ROW / 2;
}

/* The axis */

/* Returns the seconds between two marks of the axis. */
static double mark_step(double total)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                   600, 900, 1800, 3600, 7200, 14400, 28800, 86400};
    double              step = 0.001;

    if (total > MARKS / 2.0)
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
            if (total / steps[i] <= MARKS)
                return steps[i];
    while (total / step > MARKS)
        step *= total / (2 * step) <= MARKS ? 2 : total / (5 * step) <= MARKS ? 5 : 10;
    return step;
}

static void add_mark(struct text *text, double mark)
{
    if (mark > 0 && mark < 0.9995)
        text_printf(text, "%gms", round(mark * 1e3));
    else if (mark < 60)
        text_printf(text, "%gs", round(mark * 1e3) / 1e3);
    else
        duration_add(text, mark);
}

static void add_axis(const struct timeline *timeline)
{
    double step = mark_step(timeline->report->total);

    text_add(timeline->text,
             "<div class=\"corner\"></div><svg class=\"axis\" width=\"100%\" height=\"24\" "
             "aria-hidden=\"true\">");
    for (double mark = 0; mark <= timeline->report->total; mark += step) {
        double at = percent(timeline, mark);

        text_printf(timeline->text, "<text x=\"%.2f%%\" y=\"16\" dx=\"%d\"%s>", at,
                    at > 95 ? -3 : 3, at > 95 ? " class=\"e\"" : "");
        add_mark(timeline->text, mark);
        text_add(timeline->text, "</text>");
    }
    text_add(timeline->text, "</svg>\n");
}

static void add_grid(const struct timeline *timeline)
{
    double step = mark_step(timeline->report->total);

    for (double mark = 0; mark <= timeline->report->total; mark += step)
        text_printf(timeline->text, "<line class=\"g\" x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>",
                    percent(timeline, mark), percent(timeline, mark));
    text_add(timeline->text, "\n");
}

/* Rows */

static void add_names(const struct timeline *timeline)
{
    text_add(timeline->text, "<ol class=\"names\">\n");
    for (size_t row = timeline->first; row < timeline->end; row++) {
        const json_t *object = report_thread(timeline->report, timeline->ids[row]);

        text_printf(timeline->text, "<li class=\"%s%s\">", report_class(timeline->report, object),
                    timeline->on[row] ? " on" : "");
        report_add_link(timeline->text, object);
        text_add(timeline->text, "</li>\n");
    }
    text_add(timeline->text, "</ol>\n");
}

/* Adds the words that a pointer shows at PHASE. */
static void add_phase_title(struct text *text, const struct course_phase *phase)
{
    text_printf(text, "<title>%s for ", phase->word);
    report_add_duration(text, phase->ended - phase->began);
    text_add(text, ", from ");
    report_add_duration(text, phase->began);
    text_add(text, " to ");
    report_add_duration(text, phase->ended);
    if (phase->run > 1)
        text_printf(text, ", run %" JSON_INTEGER_FORMAT, phase->run);
    text_add(text, "</title>");
}

static const char *phase_class(const struct course_phase *phase, bool failed)
{
    if (strcmp(phase->word, "stopping") == 0)
        return "s";
    if (course_is_of_run(phase))
        return failed ? "f" : strcmp(phase->word, "ready") == 0 ? "y" : "r";
    return strcmp(phase->word, "queued") == 0    ? "q"
           : strcmp(phase->word, "delayed") == 0 ? "d"
                                                 : "w";
}

/* Returns true if the run of phase I has failed: the last run of a failed thread, or a run before a restart. */
static bool has_failed(const struct course_thread *thread, size_t i, bool failed)
{
    size_t last = i;

    while (last + 1 < thread->count && thread->phases[last + 1].run == thread->phases[i].run)
        last++;
    if (last + 1 == thread->count)
        return failed;
    return thread->phases[last].end.exit_code > 0 || thread->phases[last].end.signal != 0;
}

/* Adds a phase as a bar if the command runs in it, or else as a line. */
static void add_phase(const struct timeline *timeline, const struct course_phase *phase,
                      bool failed, int y)
{
    double from = percent(timeline, phase->began);
    double width = percent(timeline, phase->ended) - from;

    if (width < LEAST_WIDTH)
        width = LEAST_WIDTH;
    if (course_is_of_run(phase))
        text_printf(timeline->text,
                    "<rect class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\">",
                    phase_class(phase, failed), from, y - BAR / 2, width, BAR);
    else
        text_printf(timeline->text,
                    "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\">",
                    phase_class(phase, failed), from, from + width, y, y);
    add_phase_title(timeline->text, phase);
    text_add(timeline->text, course_is_of_run(phase) ? "</rect>" : "</line>");
}

/* The place of a label: behind the last bar, before it, or inside at its end. */
enum label_place { BEHIND, BEFORE, INSIDE };

/* The label of a row. */
struct label {
    enum label_place place;
    bool             is_on_line; /* only lines, and no other bars, lead up to the last bar */
    double           at;         /* in percent */
    struct text      words;
};

/* Sets the words of LABEL: the result and the duration of the thread OBJECT, whose class is CLASS. */
static void describe(struct label *label, const json_t *object, const char *class)
{
    const json_t *seconds = json_object_get(object, "seconds");

    if (strcmp(class, "ok") != 0) {
        outcome_add_result(&label->words, object);
        text_add(&label->words, json_is_number(seconds) ? ", " : "");
    }
    if (json_is_number(seconds))
        report_add_duration(&label->words, json_number_value(seconds));
}

/* Makes the label of THREAD, which is described by OBJECT. The caller releases its words. */
static struct label make_label(const struct timeline *timeline, const struct course_thread *thread,
                               const json_t *object)
{
    size_t       first = thread->count - 1;
    double       to = percent(timeline, thread->phases[thread->count - 1].ended), from;
    struct label label = {.place = BEHIND, .at = to};

    while (first > 0 && thread->phases[first - 1].run == thread->phases[first].run)
        first--;
    from = percent(timeline, thread->phases[first].began);
    label.is_on_line = true;
    for (size_t i = 0; i < first; i++)
        label.is_on_line &= !course_is_of_run(&thread->phases[i]);
    if (to >= LABEL_BEHIND && from >= LABEL_BEFORE) {
        label.place = BEFORE;
        label.at = from;
    } else if (to >= LABEL_BEHIND) {
        label.place = INSIDE;
    }
    describe(&label, object, report_class(timeline->report, object));
    return label;
}

/* Adds the label of the thread in ROW. */
static void add_label(const struct timeline *timeline, size_t row)
{
    static const char *const    classes[] = {[BEHIND] = "", [BEFORE] = " e", [INSIDE] = " e i"};
    json_int_t                  id = timeline->ids[row];
    const json_t               *object = report_thread(timeline->report, id);
    const struct course_thread *thread = course_find(timeline->report->result->course, id);
    bool         failed = strcmp(report_class(timeline->report, object), "failed") == 0;
    struct label label;

    if (thread == NULL)
        return;
    label = make_label(timeline, thread, object);
    text_printf(timeline->text, "<text class=\"l%s%s\" x=\"%.2f%%\" dx=\"%d\" y=\"%d\">",
                failed ? " lf" : "", classes[label.place], label.at, label.place == BEHIND ? 6 : -6,
                middle(timeline, row) + 4);
    report_add_text(timeline->text, label.words.data, label.words.size);
    text_add(timeline->text, "</text>\n");
    timeline->text->failed |= label.words.failed;
    text_release(&label.words);
}

/*
 * Clears the place of a label before the bar, where a line shows that the thread has waited: the line would seem to
 * strike out the words. The width is estimated, as only the reader's browser knows the font.
 */
static void clear_label(const struct timeline *timeline, const struct course_thread *thread,
                        const json_t *object, size_t row)
{
    struct label label = make_label(timeline, thread, object);
    int width = (int) text_width(label.words.data, label.words.size) * LABEL_LETTER + LABEL_LETTER;
    int y = middle(timeline, row) - BAR / 2;

    for (int i = 0; label.place == BEFORE && label.is_on_line && i < (timeline->on[row] ? 2 : 1);
         i++)
        text_printf(timeline->text,
                    "<rect class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "transform=\"translate(-%d)\"/>",
                    i == 0 ? "k" : "t", label.at, y, width, BAR, width + 1);
    text_release(&label.words);
}

static void add_row(const struct timeline *timeline, size_t row)
{
    json_int_t                  id = timeline->ids[row];
    const json_t               *object = report_thread(timeline->report, id);
    const struct course_thread *thread = course_find(timeline->report->result->course, id);
    bool failed = strcmp(report_class(timeline->report, object), "failed") == 0;
    int  y = middle(timeline, row);

    if (timeline->on[row])
        text_printf(timeline->text, "<rect class=\"t\" y=\"%d\" width=\"100%%\" height=\"%d\"/>",
                    y - ROW / 2, ROW);
    if (thread == NULL)
        return;
    for (size_t i = 0; i < thread->count; i++)
        add_phase(timeline, &thread->phases[i], has_failed(thread, i, failed), y);
    clear_label(timeline, thread, object, row);
}

static bool is_in_chunk(const struct timeline *timeline, size_t row)
{
    return row >= timeline->first && row < timeline->end;
}

/* Adds a mark for each exception that was raised in a thread of the chunk. */
static void add_raises(const struct timeline *timeline)
{
    const struct course *course = timeline->report->result->course;
    struct text         *text = timeline->text;

    for (size_t i = 0; i < course->raise_count; i++) {
        const struct course_raise *raise = &course->raises[i];

        if (report_thread(timeline->report, raise->id) == NULL ||
            !is_in_chunk(timeline, timeline->rows[raise->id]))
            continue;
        text_printf(text, "<use href=\"#raise\" x=\"%.2f%%\" y=\"%d\"><title>",
                    percent(timeline, raise->time),
                    middle(timeline, timeline->rows[raise->id]) - ROW / 2);
        report_add_bytes(text, raise->exception);
        text_add(text, " was raised at ");
        report_add_duration(text, raise->time);
        if (!json_is_null(raise->message)) {
            text_add(text, ": ");
            report_add_bytes(text, raise->message);
        }
        text_add(text, "</title></use>\n");
    }
}

/* Lines between rows */

/*
 * Adds the part of EDGE that is in the chunk. PASSES: if EDGE only crosses the chunk, another line has drawn that
 * part already.
 */
static void add_edge(const struct timeline *timeline, const struct edge *edge, bool passes)
{
    const char *class = edge->is_critical ? "c" : "n";
    bool   is_down = edge->to >= edge->from;
    int    height = (int) (timeline->end - timeline->first) * ROW;
    int    from = middle(timeline, edge->from), to = middle(timeline, edge->to);
    int    tip = to + (is_down ? -1 : 1) * (BAR / 2 + 1);
    double x = percent(timeline, edge->time);

    if (is_in_chunk(timeline, edge->from) && percent(timeline, edge->left) < x)
        text_printf(timeline->text,
                    "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>", class,
                    percent(timeline, edge->left), x, from, from);
    if (!is_in_chunk(timeline, edge->to)) {
        if (!passes)
            text_printf(timeline->text,
                        "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
                        class, x, x,
                        from < 0        ? 0
                        : from > height ? height
                                        : from,
                        is_down ? height : 0);
        return;
    }
    text_printf(timeline->text,
                "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\" "
                "marker-end=\"url(#%s)\"/>\n",
                class, x, x,
                from < 0        ? 0
                : from > height ? height
                                : from,
                tip, edge->is_critical ? "arrow-c" : "arrow-n");
}

static bool meets_chunk(const struct timeline *timeline, const struct edge *edge)
{
    size_t top = edge->from < edge->to ? edge->from : edge->to;
    size_t bottom = edge->from < edge->to ? edge->to : edge->from;

    return edge->from != edge->to && top < timeline->end && bottom >= timeline->first;
}

/* Adds all lines. Lines that leave the same thread at the same time are one line where they only cross a chunk. */
static void add_edges(const struct timeline *timeline)
{
    const struct edge *last = NULL;

    for (size_t i = 0; i < timeline->edges.count; i++) {
        const struct edge *edge = &timeline->edges.list[i];
        bool               passes;

        if (!meets_chunk(timeline, edge))
            continue;
        passes = last != NULL && last->from == edge->from &&
                 last->is_critical == edge->is_critical &&
                 fabs(percent(timeline, last->time) - percent(timeline, edge->time)) < 0.01;
        add_edge(timeline, edge, passes);
        if (!is_in_chunk(timeline, edge->to))
            last = edge;
    }
}

/* Adds the marks below the bars on the critical path. */
static void add_path(const struct timeline *timeline)
{
    const struct critical_path *path = &timeline->report->path;

    for (size_t i = 0; i < path->count; i++) {
        const struct path_part *part = &path->parts[i];
        double                  from = percent(timeline, part->began);

        if (part->id == 0 || !is_in_chunk(timeline, timeline->rows[part->id]))
            continue;
        text_printf(timeline->text,
                    "<rect class=\"b\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"3\"/>", from,
                    middle(timeline, timeline->rows[part->id]) + BAR / 2 + 1,
                    fmax(percent(timeline, part->ended) - from, LEAST_WIDTH));
    }
}

/* The section */

static void add_chunk(const struct timeline *timeline)
{
    text_add(timeline->text, "<div class=\"chunk\">");
    add_axis(timeline);
    add_names(timeline);
    text_printf(timeline->text,
                "<svg width=\"100%%\" height=\"%zu\" role=\"img\" aria-label=\"Timeline of the "
                "threads %zu to %zu; "
                "the tables below have the same times\">\n",
                (timeline->end - timeline->first) * ROW, timeline->first + 1, timeline->end);
    add_grid(timeline);
    for (size_t row = timeline->first; row < timeline->end; row++)
        add_row(timeline, row);
    add_path(timeline);
    add_edges(timeline);
    add_raises(timeline);
    for (size_t row = timeline->first; row < timeline->end; row++)
        add_label(timeline, row);
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

    timeline->ids = calloc(timeline->report->count + 1, sizeof(*timeline->ids));
    timeline->on = calloc(timeline->report->count + 1, sizeof(*timeline->on));
    timeline->rows = calloc(threads->size + 1, sizeof(*timeline->rows));
    if (timeline->ids == NULL || timeline->on == NULL || timeline->rows == NULL)
        return false;
    for (size_t id = 1; id < threads->size; id++)
        if (run_threads_get(threads, id) != NULL) {
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
