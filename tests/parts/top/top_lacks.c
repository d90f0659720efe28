/* Tests top without memory or descriptors: what it shows stays as it was, and nothing is kept that is not shown. */
#include "tests/lib/heap.h"
#include "tests/parts/top/top_played.h"

#include "cli/top/last_line.h"
#include "cli/top/line_text.h"

/* How many calls for memory succeed before one fails; negative: all do. */
static int calls_left = -1;

static bool fails(void)
{
    return calls_left >= 0 && calls_left-- == 0;
}

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

void *__real_reallocarray(void *data, size_t count, size_t size);
void *__wrap_reallocarray(void *data, size_t count, size_t size);
void *__wrap_reallocarray(void *data, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(data, count, size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static bool lacks_descriptors;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    errno = EMFILE;
    return lacks_descriptors ? -1 : __real_open(path, flags);
}

/* Takes THREAD. Returns whether there was memory for that, if the call number CALLS fails. */
static bool take_with(struct rows *rows, const json_t *thread, int calls)
{
    int error;

    calls_left = calls;
    error = rows_take(rows, thread, now);
    calls_left = -1;
    CHECK(error == 0 || error == -ENOMEM);
    return error == 0;
}

static void check_thread(const struct rows *rows, const char *name, const char *command,
                         const char *result)
{
    const struct row *row = rows_find(rows, 1);

    CHECK_TEXT(row->name, name);
    CHECK_TEXT(row->command, command);
    CHECK_TEXT(row->result, result);
    CHECK_TEXT(row->log, "a.log");
    CHECK(row->needs != NULL);
}

/* A thread for which there is no memory is not taken: the row stays as it was, or there is none. */
static void rows_take_memory(void)
{
    json_t *runs = json_loads(RUNS(1, "a"), 0, NULL);
    json_t *ended =
        json_loads("{\"id\":1,\"name\":\"b\",\"state\":\"ended\",\"runs\":0,"
                   "\"message\":\"no such file\",\"command\":[\"x\"],\"log\":\"a.log\"}",
                   0, NULL);
    size_t used[20]; /* the C library keeps some memory at first */

    CHECK(runs != NULL && ended != NULL);
    for (int i = 0; i < 20; i++) {
        struct rows rows = {0};
        int         calls;

        for (calls = 0; !take_with(&rows, runs, calls); calls++)
            CHECK(rows.count == 0 && rows.states[STATE_RUNNING] == 0);
        CHECK(calls > 7);
        check_thread(&rows, "a", "sleep 1", "");
        for (calls = 0; !take_with(&rows, ended, calls); calls++) {
            check_thread(&rows, "a", "sleep 1", "");
            CHECK(rows.states[STATE_RUNNING] == 1 && rows.states[STATE_ENDED] == 0);
        }
        CHECK(calls > 7);
        check_thread(&rows, "b", "x", "no such file");
        CHECK(rows.states[STATE_RUNNING] == 0 && rows.states[STATE_ENDED] == 1);
        rows_forget(&rows, 1);
        rows_free_gone(&rows);
        CHECK(take_with(&rows, runs, -1));
        rows_forget(&rows, 1); /* not freed yet */
        CHECK(take_with(&rows, ended, -1));
        rows_release(&rows);
        used[i] = heap_allocated();
    }
    CHECK_EQUAL(used[19], used[15]);
    json_decref(runs);
    json_decref(ended);
}

/* A text without memory says that it has failed. */
static void lines_take_memory(void)
{
    static const char bytes[] = "a\tbell\007";

    for (int calls = 0, done = 0; !done; calls++) {
        struct text line = {0}, last = {0};

        calls_left = calls;
        line_text_add(&line, bytes, sizeof(bytes) - 1);
        done = calls_left >= 0;
        calls_left = calls;
        last_line_find(&last, bytes, sizeof(bytes) - 1);
        done &= calls_left >= 0;
        calls_left = -1;
        CHECK(!done || calls >= 2);
        if (done || !line.failed)
            check_written(&line, "a       bell\\x07");
        if (done || !last.failed)
            check_written(&last, "a       bell\\x07");
        text_release(&line);
        text_release(&last);
    }
}

/* Replies to a request for the last line of the only thread, with LINE in JSON, while the call number CALLS fails. */
static void reply_line(const char *line, int calls)
{
    char object[100];

    (void) snprintf(object, sizeof(object), "[{\"id\":1,\"output\":%s}]", line);
    state.far.output_request = 70;
    reply(70, object);
    calls_left = calls;
    CHECK_EQUAL(updates_take(&state), 0);
}

/* A last line for which there is no memory, or that is none, leaves the one before. */
static void a_last_line_stays(void)
{
    bool is_done = false;

    begin("[" RUNS(1, "a") "]", false);
    reply_line("\"old\"", -1);
    CHECK_TEXT(state.rows.by_id[0]->live.line, "old");
    reply_line("7", -1);
    CHECK_TEXT(state.rows.by_id[0]->live.line, "old");
    for (int calls = 0; !is_done; calls++) {
        reply_line("\"new\"", calls);
        is_done = calls_left >= 0;
        CHECK_TEXT(state.rows.by_id[0]->live.line, is_done ? "new" : "old");
    }
    calls_left = -1;
    text_release(&requests);
}

static void write_log(const char *text)
{
    FILE *file = fopen("a.log", "we");

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A log that could not be watched is read each time. */
static void a_log_is_read_without_a_watch(void)
{
    size_t count;

    write_log("one\n");
    begin("[" RUNS(1, "a") "]", true);
    calls_left = 0;
    log_watch_set(&state.logs, state_visible(&state, &count), 1);
    CHECK(calls_left == -1 && state.logs.count == 0);
    CHECK(log_watch_misses(&state.logs, state.rows.by_id[0]));
    survey_visible(&state, now);
    CHECK_TEXT(state.rows.by_id[0]->live.line, "one");
    CHECK_EQUAL(state.logs.count, 1);
    log_watch_close(&state.logs);
}

/* A log that could not be opened is opened later, also if it is the one that was open before. */
static void a_log_is_opened_later(void)
{
    struct pager pager;
    bool         is_other;

    write_log("one\n");
    CHECK_EQUAL(pager_open(&pager, "a.log"), 0);
    CHECK(pager.fd >= 0 && pager.size == 4);
    CHECK_EQUAL(rename("a.log", "old.log"), 0);
    write_log("other\n");
    lacks_descriptors = true;
    (void) pager_look(&pager, &is_other);
    lacks_descriptors = false;
    CHECK(!is_other && pager.fd == -1);
    CHECK_EQUAL(rename("old.log", "a.log"), 0);
    (void) pager_look(&pager, &is_other);
    CHECK(is_other && pager.fd >= 0 && pager.size == 4);
    pager_close(&pager);
}

TEST_MAIN({"rows", rows_take_memory}, {"lines", lines_take_memory},
          {"last-line", a_last_line_stays}, {"opened", a_log_is_opened_later},
          {"watched", a_log_is_read_without_a_watch})
