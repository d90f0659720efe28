/* The failures on the page of a run: the end of each thread that has failed, and its last lines. */
#include "cli/rpc/bytes.h"
#include "cli/script/log_tail.h"
#include "cli/script/outcome.h"
#include "cli/script/report_page.h"
#include "cli/view/escape_filter.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

/* The most that the page shows of a log: TAIL_LINES last lines, out of the last TAIL_BYTES bytes. */
#define TAIL_LINES 50
#define TAIL_BYTES ((size_t) 32 * 1024)

/* The most bytes of all logs together, and the bytes that each log may have in any case. */
#define ALL_BYTES   ((size_t) 4 * 1024 * 1024)
#define LEAST_BYTES ((size_t) 1024)

/* Adds LINE of a log as a terminal shows it: a carriage return begins the line anew. */
static void add_line(struct text *text, const char *line, size_t size)
{
    struct escape_filter filter = {0};
    struct text          plain = {0};
    const char          *last;

    while (size > 0 && line[size - 1] == '\r')
        size--;
    last = memrchr(line, '\r', size);
    if (last != NULL) {
        size -= (size_t) (last + 1 - line);
        line = last + 1;
    }
    escape_filter_add(&filter, &plain, line, size);
    report_add_words(text, &plain);
    text_add(text, "\n");
}

static void add_lines(struct text *text, const struct text *tail)
{
    const char *line;
    size_t      at = 0, size;

    while ((line = log_tail_next(tail, &at, &size)) != NULL)
        add_line(text, line, size);
}

/* Adds the last lines of the log of OBJECT, out of its last BYTES. */
static void add_tail(struct text *text, const json_t *object, size_t bytes)
{
    struct text lines = {0};
    char       *log = NULL;

    if (bytes_from_json(json_object_get(object, "log"), &log) == 0)
        log_tail_add(&lines, log, TAIL_LINES, bytes);
    if (lines.size > 0) {
        text_add(text, "<div class=\"tail\" tabindex=\"0\" role=\"group\" aria-label=\"The last "
                       "lines\"><pre>\n");
        add_lines(text, &lines);
        text_add(text, "</pre></div>\n");
    } else {
        text_add(text, "<p class=\"soft\">There is no output.</p>\n");
    }
    text->failed |= lines.failed;
    text_release(&lines);
    free(log);
}

static void add_failure(const struct report_page *report, const json_t *object, size_t bytes)
{
    struct text *text = report->text;
    struct text  outcome = {0};

    text_add(text, "<article>\n<h3>");
    report_add_link(text, object);
    text_add(text, " <span class=\"outcome\">");
    outcome_add(&outcome, object);
    report_add_words(text, &outcome);
    text_add(text, "</span></h3>\n");
    add_tail(text, object, bytes);
    text_add(text, "</article>\n");
}

void report_add_failures(const struct report_page *report)
{
    const struct run_threads *threads = report->result->threads;
    const json_t             *thread;
    size_t                    bytes = TAIL_BYTES;

    if (report->failed == 0)
        return;
    if (ALL_BYTES / report->failed < bytes)
        bytes = ALL_BYTES / report->failed > LEAST_BYTES ? ALL_BYTES / report->failed : LEAST_BYTES;
    text_add(report->text, "<section id=\"failures\" aria-labelledby=\"failures-h\">\n"
                           "<h2 id=\"failures-h\">Failures</h2>\n");
    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        if (run_threads_status(threads, thread) != 0)
            add_failure(report, thread, bytes);
    text_add(report->text, "</section>\n");
}
