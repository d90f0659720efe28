/* The table of all threads on the page of a run. */
#include "cli/script/outcome.h"
#include "cli/script/report_page.h"
#include "cli/view/command_text.h"
#include "cli/view/thread_text.h"

#include <string.h>

/* A command is cut to this many columns, as a terminal counts them. */
#define COMMAND_COLUMNS 160

/* Adds the command of OBJECT as a shell would read it. */
static void add_command(struct text *text, const json_t *object)
{
    struct text line = {0};
    bool is_cut = command_text_add(&line, json_object_get(object, "command"), COMMAND_COLUMNS);

    report_add_words(text, &line);
    if (is_cut)
        text_add(text, "…");
}

/* Adds the time that the thread waited until its first run. */
static void add_waited(struct text *text, const struct course_thread *thread)
{
    double waited = 0;

    for (size_t i = 0; thread != NULL && i < thread->count && !course_is_of_run(&thread->phases[i]);
         i++)
        waited += thread->phases[i].ended - thread->phases[i].began;
    report_add_seconds(text, waited);
}

/* Adds the names of the threads that OBJECT needs. */
static void add_needs(const struct report_page *report, const json_t *object)
{
    const json_t *need;
    size_t        i;

    json_array_foreach(json_object_get(object, "needs"), i, need) {
        const char *condition = json_string_value(json_object_get(need, "condition"));

        if (i > 0)
            text_add(report->text, ", ");
        if (report_thread(report, thread_id(need)) != NULL)
            report_add_link(report->text, need);
        else
            report_add_bytes(report->text, json_object_get(need, "name"));
        if (condition != NULL && strcmp(condition, "ready") != 0)
            text_printf(report->text, ":%s", condition);
    }
}

/* Adds a cell with the seconds VALUE, which may be null. */
static void add_time_cell(struct text *text, const char *class, const json_t *value)
{
    text_printf(text, "<td class=\"%s num\">", class);
    if (json_is_number(value))
        report_add_seconds(text, json_number_value(value));
    else
        text_add(text, "–");
    text_add(text, "</td>");
}

static void add_result(struct text *text, const json_t *object)
{
    struct text result = {0};
    json_int_t  runs = json_integer_value(json_object_get(object, "runs"));

    outcome_add_result(&result, object);
    report_add_words(text, &result);
    if (runs > 1)
        text_printf(text, " (%" JSON_INTEGER_FORMAT " runs)", runs);
}

/* Adds the cell with the beginning of the last run. */
static void add_began(struct text *text, const struct report_page *report, const json_t *object)
{
    const json_t *started = json_object_get(object, "started");

    text_add(text, "<td class=\"began num\">");
    if (json_is_number(started)) {
        double began = json_number_value(started) - report->result->course->began;

        report_add_seconds(text, began > 0 ? began : 0);
    } else {
        text_add(text, "–");
    }
    text_add(text, "</td>");
}

/* Adds the cells with the processor time and the memory that the thread used. */
static void add_usage(struct text *text, const json_t *object)
{
    const json_t *cpu = json_object_get(object, "cpu");

    text_add(text, "<td class=\"cpu num\">");
    report_add_seconds(text, json_number_value(json_object_get(cpu, "user")) +
                                 json_number_value(json_object_get(cpu, "system")));
    text_printf(text, "</td><td class=\"memory num\">%.1f</td>",
                json_number_value(json_object_get(object, "max_rss")) / (1024 * 1024));
}

static void add_row(const struct report_page *report, const json_t *object)
{
    struct text  *text = report->text;
    const json_t *host = json_object_get(object, "host");
    json_int_t    id = thread_id(object);

    text_printf(text, "<tr id=\"t%" JSON_INTEGER_FORMAT "\" class=\"%s\"><td class=\"num\">", id,
                report_class(report, object));
    report_add_number(text, "id", id);
    text_add(text, "</td><th scope=\"row\"><bdi>");
    report_add_bytes(text, json_object_get(object, "name"));
    text_add(text, "</bdi>");
    if (json_is_true(json_object_get(object, "daemon")))
        text_add(text, " <small>daemon</small>");
    if (host != NULL && !json_is_null(host)) {
        text_add(text, " <small>on <bdi>");
        report_add_bytes(text, host);
        text_add(text, "</bdi></small>");
    }
    text_add(text, "</th><td class=\"result\">");
    add_result(text, object);
    text_add(text, "</td><td class=\"num\">");
    report_add_number(text, "status", thread_status(object));
    text_add(text, "</td>");
    add_began(text, report, object);
    add_time_cell(text, "seconds", json_object_get(object, "seconds"));
    text_add(text, "<td class=\"waited num\">");
    add_waited(text, course_find(report->result->course, id));
    text_add(text, "</td>");
    add_usage(text, object);
    text_add(text, "<td class=\"needs\">");
    add_needs(report, object);
    text_add(text, "</td><td class=\"command\"><code>");
    add_command(text, object);
    text_add(text, "</code></td></tr>\n");
}

void report_add_table(const struct report_page *report)
{
    const json_t *thread;

    if (report->count == 0)
        return;
    text_add(
        report->text,
        "<section id=\"threads\" aria-labelledby=\"threads-h\">\n"
        "<h2 id=\"threads-h\">Threads</h2>\n"
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"threads-h\">\n"
        "<table>\n<thead><tr><th scope=\"col\" class=\"num\">Id</th><th scope=\"col\">Name</th>"
        "<th scope=\"col\">Result</th><th scope=\"col\" class=\"num\">Status</th>"
        "<th scope=\"col\" class=\"num\">Began at</th><th scope=\"col\" class=\"num\">Ran for</th>"
        "<th scope=\"col\" class=\"num\">Waited</th><th scope=\"col\" class=\"num\">Processor</th>"
        "<th scope=\"col\" class=\"num\">MiB</th><th scope=\"col\">Needs</th>"
        "<th scope=\"col\">Command</th></tr></thead>\n<tbody>\n");
    for (size_t id = 0; (thread = run_threads_next(report->result->threads, &id)) != NULL;)
        add_row(report, thread);
    text_add(report->text, "</tbody>\n</table>\n</div>\n</section>\n");
}
