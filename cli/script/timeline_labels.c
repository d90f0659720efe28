/* The labels of the timeline: the result and the duration of each thread, beside its last bar or in it. */
#include "cli/script/outcome.h"
#include "cli/script/timeline.h"

#include <string.h>

/* A label stands behind a bar that ends before LABEL_BEHIND percent, or before a bar from LABEL_BEFORE on. */
#define LABEL_BEHIND 84
#define LABEL_BEFORE 16

/* The width of a letter of a label, in pixels, rounded up. */
#define LABEL_LETTER 7

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
    double       to = timeline_percent(timeline, thread->phases[thread->count - 1].ended), from;
    struct label label = {.place = BEHIND, .at = to};

    while (first > 0 && thread->phases[first - 1].run == thread->phases[first].run)
        first--;
    from = timeline_percent(timeline, thread->phases[first].began);
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
void timeline_add_label(const struct timeline *timeline, size_t row)
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
                timeline_middle(timeline, row) + 4);
    report_add_words(timeline->text, &label.words);
    text_add(timeline->text, "</text>\n");
}

void timeline_clear_label(const struct timeline *timeline, const struct course_thread *thread,
                          const json_t *object, size_t row)
{
    struct label label = make_label(timeline, thread, object);
    /* Estimated, as only the reader's browser knows the font. */
    int width = (int) text_width(label.words.data, label.words.size) * LABEL_LETTER + LABEL_LETTER;
    int y = timeline_middle(timeline, row) - TIMELINE_BAR / 2;

    for (int i = 0; label.place == BEFORE && label.is_on_line && i < (timeline->on[row] ? 2 : 1);
         i++)
        text_printf(timeline->text,
                    "<rect class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "transform=\"translate(-%d)\"/>",
                    i == 0 ? "k" : "t", label.at, y, width, TIMELINE_BAR, width + 1);
    text_release(&label.words);
}
