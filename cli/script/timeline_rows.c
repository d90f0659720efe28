/* The rows of the timeline: the names, the bars and lines of a thread's phases, and the exceptions. */
#include "cli/script/timeline.h"

#include <string.h>

void timeline_add_names(const struct timeline *timeline)
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
    double from = timeline_percent(timeline, phase->began);
    double width = timeline_percent(timeline, phase->ended) - from;

    if (width < TIMELINE_LEAST_WIDTH)
        width = TIMELINE_LEAST_WIDTH;
    if (course_is_of_run(phase))
        text_printf(timeline->text,
                    "<rect class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\">",
                    phase_class(phase, failed), from, y - TIMELINE_BAR / 2, width, TIMELINE_BAR);
    else
        text_printf(timeline->text,
                    "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\">",
                    phase_class(phase, failed), from, from + width, y, y);
    add_phase_title(timeline->text, phase);
    text_add(timeline->text, course_is_of_run(phase) ? "</rect>" : "</line>");
}

void timeline_add_row(const struct timeline *timeline, size_t row)
{
    json_int_t                  id = timeline->ids[row];
    const json_t               *object = report_thread(timeline->report, id);
    const struct course_thread *thread = course_find(timeline->report->result->course, id);
    bool failed = strcmp(report_class(timeline->report, object), "failed") == 0;
    int  y = timeline_middle(timeline, row);

    if (timeline->on[row])
        text_printf(timeline->text, "<rect class=\"t\" y=\"%d\" width=\"100%%\" height=\"%d\"/>",
                    y - TIMELINE_ROW / 2, TIMELINE_ROW);
    if (thread == NULL)
        return;
    for (size_t i = 0; i < thread->count; i++)
        add_phase(timeline, &thread->phases[i], has_failed(thread, i, failed), y);
    timeline_clear_label(timeline, thread, object, row);
}

/* Adds a mark for each exception that was raised in a thread of the chunk. */
void timeline_add_raises(const struct timeline *timeline)
{
    const struct course *course = timeline->report->result->course;
    struct text         *text = timeline->text;

    for (size_t i = 0; i < course->raise_count; i++) {
        const struct course_raise *raise = &course->raises[i];

        if (report_thread(timeline->report, raise->id) == NULL ||
            !timeline_shows(timeline, timeline->rows[raise->id]))
            continue;
        text_printf(text, "<use href=\"#raise\" x=\"%.2f%%\" y=\"%d\"><title>",
                    timeline_percent(timeline, raise->time),
                    timeline_middle(timeline, timeline->rows[raise->id]) - TIMELINE_ROW / 2);
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
