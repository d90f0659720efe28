/* The axis of the timeline: its marks, and the lines of the marks through the rows. */
#include "cli/base/duration.h"
#include "cli/script/timeline.h"

/* The most marks of the axis. */
#define MARKS 8

/* Returns the seconds between two marks of the axis. */
static double mark_step(double total)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                   600, 900, 1800, 3600, 7200, 14400, 28800, 86400};
    double              step = total > MARKS / 2.0 ? 86400 : 0.001;

    for (size_t i = 0; total > MARKS / 2.0 && i < sizeof(steps) / sizeof(steps[0]); i++)
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

void timeline_add_axis(const struct timeline *timeline)
{
    double step = mark_step(timeline->report->total);

    text_add(timeline->text,
             "<div class=\"corner\"></div><svg class=\"axis\" width=\"100%\" height=\"24\" "
             "aria-hidden=\"true\">");
    for (double mark = 0; mark <= timeline->report->total; mark += step) {
        double at = timeline_percent(timeline, mark);

        text_printf(timeline->text, "<text x=\"%.2f%%\" y=\"16\" dx=\"%d\"%s>", at,
                    at > 95 ? -3 : 3, at > 95 ? " class=\"e\"" : "");
        add_mark(timeline->text, mark);
        text_add(timeline->text, "</text>");
    }
    text_add(timeline->text, "</svg>\n");
}

void timeline_add_grid(const struct timeline *timeline)
{
    double step = mark_step(timeline->report->total);

    for (double mark = 0; mark <= timeline->report->total; mark += step)
        text_printf(timeline->text, "<line class=\"g\" x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>",
                    timeline_percent(timeline, mark), timeline_percent(timeline, mark));
    text_add(timeline->text, "\n");
}
