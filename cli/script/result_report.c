#include "cli/script/result_report.h"

#include "cli/script/outcome.h"
#include "cli/script/report_page.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <string.h>
#include <time.h>

/*
 * Makes the browser load nothing and run no script. The page has no script, so a script could only come from the name
 * of a thread.
 */
#define POLICY                                                                                     \
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action "  \
    "'none'"

static void add_name(const struct report_page *report)
{
    struct text name = {0};

    text_add_escaped(&name, report->result->name, strlen(report->result->name));
    report_add_words(report->text, &name);
}

static void add_head(const struct report_page *report)
{
    struct text *text = report->text;

    text_add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<link rel=\"icon\" href=\"data:,\">\n<title>");
    add_name(report);
    text_printf(text, ": %s – k3thread run</title>\n<style>\n",
                report->result->status == 0 ? "succeeded" : "failed");
    for (size_t i = 0; report_style[i] != NULL; i++)
        text_add(text, report_style[i]);
    text_add(text, "</style>\n</head>\n");
}

/* Adds the time at which the run began. */
static void add_began(struct text *text, double began)
{
    time_t    seconds = (time_t) began;
    struct tm exact, local;
    char      exact_words[32], local_words[32]; /* there is room for a year of ten digits */

    if (gmtime_r(&seconds, &exact) == NULL || localtime_r(&seconds, &local) == NULL)
        return;
    (void) strftime(exact_words, sizeof(exact_words), "%Y-%m-%dT%H:%M:%SZ", &exact);
    (void) strftime(local_words, sizeof(local_words), "%Y-%m-%d %H:%M:%S %z", &local);
    text_printf(text, "<time datetime=\"%s\">%s</time>", exact_words, local_words);
}

/* Adds the arguments of the script, or the command of --each. */
static void add_arguments(const struct report_page *report)
{
    char *const *argument = report->result->arguments;
    struct text  words = {0};

    for (; argument != NULL && *argument != NULL; argument++) {
        text_byte(&words, ' ', 1);
        text_add_quoted(&words, *argument);
    }
    report_add_words(report->text, &words);
}

static void begin_fact(struct text *text, const char *name)
{
    text_printf(text, "<div><dt>%s</dt><dd>", name);
}

static void add_number(struct text *text, const char *name, const char *class, size_t number)
{
    begin_fact(text, name);
    report_add_number(text, class, (json_int_t) number);
    text_add(text, "</dd></div>\n");
}

static void add_facts(const struct report_page *report)
{
    const struct run_result *result = report->result;
    struct text             *text = report->text;

    text_add(text, "<dl class=\"facts\">\n");
    add_number(text, "Threads", "threads", report->count);
    add_number(text, "OK", "ok", report->count - report->failed - report->skipped);
    add_number(text, "Failed", "failed", report->failed);
    if (report->skipped > 0)
        add_number(text, "Ended early", "skipped", report->skipped);
    begin_fact(text, "Took");
    report_add_seconds(text, result->seconds);
    text_add(text, "</dd></div>\n");
    begin_fact(text, "Exit status");
    report_add_number(text, "exit-status", result->status);
    text_add(text, "</dd></div>\n</dl>\n");
}

static void add_title(const struct report_page *report)
{
    const struct run_result *result = report->result;
    struct text             *text = report->text;

    text_add(text, "<header>\n<p class=\"kind\">k3thread run</p>\n<h1><bdi>");
    add_name(report);
    add_arguments(report);
    text_printf(text, "</bdi> <span class=\"badge %s\">%s</span></h1>\n<p class=\"soft\">",
                result->status == 0 ? "ok" : "failed",
                result->status == 0 ? "succeeded" : "failed");
    add_began(text, result->began);
    if (result->signal != 0)
        text_printf(text, " · ended by signal %d", result->signal);
    if (!result->complete)
        text_add(text, " · the script did not come to its end");
    text_add(text, "</p>\n");
    add_facts(report);
    text_add(text, "</header>\n");
}

static void add_navigation(const struct report_page *report)
{
    text_add(report->text, "<nav aria-label=\"Sections\"><ul>\n");
    if (report->failed > 0)
        text_add(report->text, "<li><a href=\"#failures\">Failures</a></li>\n");
    if (report->count > 0)
        text_add(report->text, "<li><a href=\"#timeline\">Timeline</a></li>\n");
    if (report->path.count > 0)
        text_add(report->text, "<li><a href=\"#path\">Critical path</a></li>\n");
    if (report->count > 0)
        text_add(report->text, "<li><a href=\"#threads\">Threads</a></li>\n");
    text_add(report->text, "</ul></nav>\n");
}

/* Counts the threads, and finds the end of the timeline. */
static void prepare(struct report_page *report)
{
    const struct run_threads *threads = report->result->threads;
    const struct course      *course = report->result->course;

    report->count = run_threads_count(threads);
    report->failed = run_threads_count_failed(threads);
    report->skipped = outcome_count_skipped(threads);
    report->total = fmax(report->result->seconds, 0.001);
    for (size_t id = 1; id < course->size; id++)
        if (course->threads[id].count > 0)
            report->total = fmax(report->total,
                                 course->threads[id].phases[course->threads[id].count - 1].ended);
    critical_path_find(&report->path, report->result);
}

void result_add_report(struct text *text, const struct run_result *result)
{
    struct report_page report = {.text = text, .result = result};

    prepare(&report);
    add_head(&report);
    text_add(text, "<body>\n");
    add_title(&report);
    add_navigation(&report);
    text_add(text, "<main>\n");
    if (report.count == 0)
        text_add(text, "<p>The run had no threads.</p>\n");
    report_add_failures(&report);
    report_add_timeline(&report);
    report_add_path(&report);
    report_add_table(&report);
    text_add(text, "</main>\n</body>\n</html>\n");
    text->failed |= result->course->failed || report.path.failed;
    critical_path_release(&report.path);
}
