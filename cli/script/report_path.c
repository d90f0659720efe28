/* The critical path on the page of a run, as a table. */
#include "cli/script/report_page.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

/* Of a path with more parts than this, only the longest are shown. */
#define PARTS_MAX 25

static double length_of(const struct path_part *part)
{
    return part->ended - part->began;
}

/* Orders parts by their lengths, the longest first. */
static int compare_lengths(const void *a, const void *b)
{
    double one = length_of(*(const struct path_part *const *) a);
    double other = length_of(*(const struct path_part *const *) b);

    return one < other ? 1 : -(one > other);
}

/* Orders parts as they are on the path. */
static int compare_places(const void *a, const void *b)
{
    const struct path_part *one = *(const struct path_part *const *) a;
    const struct path_part *other = *(const struct path_part *const *) b;

    return one < other ? -1 : one > other;
}

/* Adds the description of PART. */
static void add_what(const struct report_page *report, const struct path_part *part)
{
    static const char *const words[] = {
        [PATH_SCRIPT] = "The script had not started the next thread",
        [PATH_DELAY] = " waited for its time",
        [PATH_QUEUE] = " waited",
        [PATH_RUN] = " ran",
        [PATH_STOP] = " was being ended",
    };
    const json_t *object = report_thread(report, part->id);

    if (object != NULL)
        report_add_link(report->text, object);
    if (part->kind == PATH_SCRIPT && report->result->is_each)
        text_add(report->text, "The next word had not been read");
    else
        text_add(report->text, words[part->kind]);
}

/* Adds the reason why PART began when BEFORE, which may be NULL, ended. */
static void add_why(const struct report_page *report, const struct path_part *before,
                    const struct path_part *part)
{
    static const char *const before_words[] = {
        [CAUSE_NEED] = "needs ",      [CAUSE_SLOT] = "got the slot of ",
        [CAUSE_JOIN] = "came after ", [CAUSE_READY] = "came after ",
        [CAUSE_END] = "after ",
    };
    static const char *const after_words[] = {
        [CAUSE_NEED] = "",           [CAUSE_SLOT] = "",
        [CAUSE_JOIN] = " had ended", [CAUSE_READY] = " was ready",
        [CAUSE_END] = " had ended",
    };
    const json_t *object = before != NULL ? report_thread(report, before->id) : NULL;
    const char   *condition = json_string_value(json_object_get(part->need, "condition"));
    struct text  *text = report->text;

    if (object == NULL || part->cause == CAUSE_NONE)
        return;
    text_add(text, before_words[part->cause]);
    report_add_link(text, object);
    if (condition != NULL)
        text_printf(text, strcmp(condition, "ready") == 0 ? " to be %s" : " to have %s", condition);
    else
        text_add(text, after_words[part->cause]);
}

static void add_part(const struct report_page *report, const struct path_part *part)
{
    struct text *text = report->text;
    double share = report->result->seconds > 0 ? length_of(part) / report->result->seconds : 0;

    text_add(text, "<tr><td class=\"num\">");
    report_add_seconds(text, part->began);
    text_add(text, "</td><td class=\"num\">");
    report_add_seconds(text, length_of(part));
    text_printf(text, "</td><td class=\"num\">%.0f%%</td><td>", share * 100);
    add_what(report, part);
    text_add(text, "</td><td>");
    add_why(report, part > report->path.parts ? part - 1 : NULL, part);
    text_add(text, "</td></tr>\n");
}

/* Adds the longest parts, at most PARTS_MAX. */
static void add_parts(const struct report_page *report)
{
    size_t                   count = report->path.count;
    size_t                   shown = count < PARTS_MAX ? count : PARTS_MAX;
    const struct path_part **parts = calloc(count, sizeof(const struct path_part *));

    if (parts == NULL) {
        report->text->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        parts[i] = &report->path.parts[i];
    qsort(parts, count, sizeof(const struct path_part *), compare_lengths);
    qsort(parts, shown, sizeof(const struct path_part *), compare_places);
    for (size_t i = 0; i < shown; i++)
        add_part(report, parts[i]);
    free(parts);
}

void report_add_path(const struct report_page *report)
{
    size_t count = report->path.count;

    if (count == 0)
        return;
    text_add(
        report->text,
        "<section id=\"path\" aria-labelledby=\"path-h\">\n"
        "<h2 id=\"path-h\">Critical path</h2>\n<p>The chain of threads that decided when the run "
        "ended. To make the run shorter, make one of these parts shorter.");
    if (count > PARTS_MAX)
        text_printf(report->text, " It has %zu parts; these are the longest %d.", count, PARTS_MAX);
    text_add(
        report->text,
        "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"path-h\">\n"
        "<table>\n<thead><tr><th scope=\"col\" class=\"num\">At</th>"
        "<th scope=\"col\" class=\"num\">Took</th><th scope=\"col\" class=\"num\">Of the run</th>"
        "<th scope=\"col\">What</th><th scope=\"col\">Why then</th></tr></thead>\n<tbody>\n");
    add_parts(report);
    text_add(report->text, "</tbody>\n</table>\n</div>\n</section>\n");
}
