#include "cli/script/summary.h"

#include "cli/base/duration.h"
#include "cli/script/outcome.h"
#include "cli/view/leftover_text.h"
#include "cli/view/output.h"
#include "cli/view/table.h"
#include "cli/view/thread_text.h"

#include <stdbool.h>
#include <unistd.h>

/* If a run has more threads than this, only the failures are listed. */
#define ROWS_MAX 20

static void add_result(struct text *text, const json_t *thread)
{
    json_int_t runs = json_integer_value(json_object_get(thread, "runs"));

    outcome_add_result(text, thread);
    if (runs > 1)
        text_printf(text, " (%" JSON_INTEGER_FORMAT " runs)", runs);
    thread_add_message(text, thread);
    if (thread_has_leftovers(thread)) {
        text_add(text, ", left ");
        thread_add_leftovers(text, thread);
    }
}

/* Adds the time that the command ran; if it was restarted, the time of its last run. */
static void add_time(struct text *text, const json_t *thread)
{
    const json_t *seconds = json_object_get(thread, "seconds");

    if (json_is_number(seconds))
        duration_add(text, json_number_value(seconds));
    else
        text_add(text, "-");
}

/* Adds the machine on which the thread ran. */
static void add_host(struct text *text, const json_t *thread)
{
    const json_t *host = json_object_get(thread, "host");

    if (json_is_null(host) || host == NULL)
        text_add(text, "-");
    else
        thread_add_bytes(text, host);
}

static void add_row(struct table *table, const json_t *thread, bool has_hosts)
{
    thread_add_bytes(&table->cells, json_object_get(thread, "name"));
    table_end_cell(table);
    if (has_hosts) {
        add_host(&table->cells, thread);
        table_end_cell(table);
    }
    text_add(&table->cells, json_is_true(json_object_get(thread, "daemon")) ? "yes" : "no");
    table_end_cell(table);
    add_time(&table->cells, thread);
    table_end_cell(table);
    add_result(&table->cells, thread);
    table_end_cell(table);
}

/* Returns true if the threads of the run are on other machines: only then they have the member "host". */
static bool have_hosts(const struct run_threads *threads)
{
    const json_t *thread;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        if (json_object_get(thread, "host") != NULL)
            return true;
    return false;
}

/* Adds the rows of all threads if ALL, or else of the threads that have failed or left processes behind. */
static void add_rows(struct table *table, const struct run_threads *threads, bool all,
                     bool has_hosts)
{
    const json_t *thread;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        if (all || run_threads_status(threads, thread) != 0 || thread_has_leftovers(thread))
            add_row(table, thread, has_hosts);
}

/* Adds SECONDS as in a sentence: "2.1 s", or "2m05s". */
static void add_seconds(struct text *text, double seconds)
{
    if (seconds < 59.95)
        text_printf(text, "%.1f s", seconds);
    else
        duration_add(text, seconds);
}

static void add_summary(const struct run_threads *threads, double seconds, struct text *text)
{
    const char  *headings[] = {"NAME", "HOST", "DAEMON", "TIME", "RESULT"};
    size_t       heading_count = sizeof(headings) / sizeof(headings[0]);
    bool         has_hosts = have_hosts(threads);
    struct table table = {0};
    size_t       count = run_threads_count(threads);
    size_t       failed = run_threads_count_failed(threads);
    size_t       skipped = outcome_count_skipped(threads);
    size_t       left = run_threads_count_left(threads);

    if (count == 0)
        return;
    text_printf(text, "k3thread: run: %zu ok, ", count - failed - skipped);
    if (failed > 0)
        text_printf(text, "%zu failed, ", failed);
    if (skipped > 0)
        text_printf(text, "%zu skipped, ", skipped);
    if (left > 0)
        text_printf(text, "%zu left processes behind, ", left);
    add_seconds(text, seconds);
    text_add(text, "\n");
    if (count > ROWS_MAX && failed == 0 && left == 0)
        return;
    if (!has_hosts) {
        headings[1] = headings[0];
        table_add_words(&table, headings + 1, heading_count - 1);
    } else {
        table_add_words(&table, headings, heading_count);
    }
    add_rows(&table, threads, count <= ROWS_MAX, has_hosts);
    text_add_table(text, &table, 0);
}

void summary_print(const struct run_threads *threads, double seconds)
{
    struct text text = {0};

    add_summary(threads, seconds, &text);
    if (!text.failed)
        (void) output_write(STDERR_FILENO, text.data, text.size);
    text_release(&text);
}
