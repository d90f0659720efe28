#include "cli/script/result_junit.h"

#include "cli/rpc/bytes.h"
#include "cli/script/log_tail.h"
#include "cli/script/outcome.h"
#include "cli/script/unique_names.h"
#include "cli/script/xml.h"
#include "cli/view/leftover_text.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The most that a failure shows of a log: TAIL_LINES last lines, out of the last TAIL_BYTES bytes. */
#define TAIL_LINES 100
#define TAIL_BYTES ((size_t) 64 * 1024)

/* Adds the last lines of the log of THREAD. */
static void add_last_lines(struct text *text, const json_t *thread)
{
    struct text lines = {0};
    char       *log = NULL;

    if (bytes_from_json(json_object_get(thread, "log"), &log) == 0)
        log_tail_add(&lines, log, TAIL_LINES, TAIL_BYTES);
    xml_add(text, lines.data, lines.size);
    text->failed |= lines.failed;
    text_release(&lines);
    free(log);
}

static void add_failure(struct text *text, const json_t *thread)
{
    struct text kind = {0}, message = {0};

    if (thread_status(thread) == 0 && thread_has_leftovers(thread))
        text_add(&kind, "left processes");
    else
        outcome_add_result(&kind, thread);
    outcome_add(&message, thread);
    text_add(text, "      <failure");
    xml_add_attribute(text, "type", kind.data, kind.size);
    xml_add_attribute(text, "message", message.data, message.size);
    text_byte(text, '>', 1);
    add_last_lines(text, thread);
    text_add(text, "</failure>\n");
    text->failed |= kind.failed || message.failed;
    text_release(&kind);
    text_release(&message);
}

/*
 * Adds the attribute "name": the thread's name, with a number if an earlier thread has the same
 * name.
 */
static void add_name(struct text *text, struct unique_names *names, const json_t *thread)
{
    struct text unique = {0};
    char       *name = NULL;

    if (bytes_from_json(json_object_get(thread, "name"), &name) != 0 ||
        unique_names_add(names, &unique, name) != 0)
        text->failed = true;
    xml_add_attribute(text, "name", unique.data, unique.size);
    text_release(&unique);
    free(name);
}

static void add_skipped(struct text *text, const json_t *thread)
{
    struct text message = {0};

    text_add(text, "      <skipped");
    if (json_integer_value(json_object_get(thread, "runs")) > 0) {
        text_add(&message, "ended before it was done: ");
        thread_add_result(&message, thread);
        xml_add_attribute(text, "message", message.data, message.size);
    }
    text_add(text, "/>\n");
    text->failed |= message.failed;
    text_release(&message);
}

static void add_case(struct text *text, const struct run_result *result, struct unique_names *names,
                     const json_t *thread)
{
    bool failed = run_threads_status(result->threads, thread) != 0;

    text_add(text, "    <testcase");
    add_name(text, names, thread);
    xml_add_attribute(text, "classname", result->name, strlen(result->name));
    xml_print_attribute(text, "time", "%.3f",
                        json_number_value(json_object_get(thread, "seconds")));
    if (!failed && !outcome_is_skipped(result->threads, thread)) {
        text_add(text, "/>\n");
        return;
    }
    text_add(text, ">\n");
    if (failed)
        add_failure(text, thread);
    else
        add_skipped(text, thread);
    text_add(text, "    </testcase>\n");
}

/* Adds the attribute "timestamp": the time at which the run began, in UTC. */
static void add_timestamp(struct text *text, double began)
{
    time_t    seconds = (time_t) began;
    struct tm parts;
    char      buffer[32];

    if (gmtime_r(&seconds, &parts) != NULL)
        xml_add_attribute(text, "timestamp", buffer,
                          strftime(buffer, sizeof(buffer), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

/* Adds the attributes that a suite and the list of suites share. */
static void add_totals(struct text *text, const struct run_result *result)
{
    xml_add_attribute(text, "name", result->name, strlen(result->name));
    xml_print_attribute(text, "tests", "%zu", run_threads_count(result->threads));
    xml_print_attribute(text, "failures", "%zu", run_threads_count_failed(result->threads));
    xml_add_attribute(text, "errors", "0", 1);
    xml_print_attribute(text, "time", "%.3f", result->seconds);
}

void result_add_junit(struct text *text, const struct run_result *result)
{
    struct unique_names names = {0};
    const json_t       *thread;

    text_add(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    add_totals(text, result);
    text_add(text, ">\n  <testsuite");
    add_totals(text, result);
    xml_print_attribute(text, "skipped", "%zu", outcome_count_skipped(result->threads));
    add_timestamp(text, result->began);
    text_add(text, ">\n");
    for (size_t id = 0; (thread = run_threads_next(result->threads, &id)) != NULL;)
        add_case(text, result, &names, thread);
    text_add(text, "  </testsuite>\n</testsuites>\n");
    unique_names_release(&names);
}
