#include "cli/script/result_json.h"

#include "cli/rpc/bytes.h"
#include "cli/script/outcome.h"
#include "cli/view/output.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

/* Returns true if the log of THREAD is in the directory LOGS. */
static bool is_in(const json_t *thread, const char *logs)
{
    char  *log = NULL;
    size_t size = strlen(logs);
    bool   found;

    if (bytes_from_json(json_object_get(thread, "log"), &log) != 0)
        return false;
    found = strncmp(log, logs, size) == 0 && log[size] == '/';
    free(log);
    return found;
}

/*
 * Returns THREAD as the supervisor described it, with a member that says whether it failed; NULL if
 * memory is lacking.
 */
static json_t *make_thread(const struct run_result *result, const json_t *thread)
{
    json_t *copy = json_copy((json_t *) thread);
    int     error = json_object_set_new(copy, "failed",
                                        json_boolean(run_threads_status(result->threads, thread) != 0));

    error |= json_object_set_new(copy, "exit_status", json_integer(thread_status(thread)));
    if (error == 0 && result->logs != NULL && is_in(thread, result->logs))
        error = json_object_set_new(copy, "log", json_null());
    if (error == 0)
        return copy;
    json_decref(copy);
    return NULL;
}

/* Returns a list of all threads, in the order of their starts; NULL without memory. */
static json_t *make_threads(const struct run_result *result)
{
    json_t       *list = json_array();
    const json_t *thread;

    for (size_t id = 0; list != NULL && (thread = run_threads_next(result->threads, &id)) != NULL;)
        if (json_array_append_new(list, make_thread(result, thread)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* Returns WORDS, which may be NULL, as a list; NULL if memory is lacking. */
static json_t *make_words(char *const *words)
{
    json_t *list = json_array();

    for (; list != NULL && words != NULL && *words != NULL; words++)
        if (json_array_append_new(list, bytes_to_json(*words)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

void result_add_json(struct text *text, const struct run_result *result)
{
    size_t  count = run_threads_count(result->threads);
    size_t  failed = run_threads_count_failed(result->threads);
    size_t  skipped = outcome_count_skipped(result->threads);
    json_t *signal = result->signal != 0 ? json_integer(result->signal) : json_null();
    json_t *object = json_pack(
        "{s:o, s:o, s:f, s:f, s:f, s:i, s:o, s:b, s:I, s:I, s:I, s:o}", "script",
        bytes_to_json(result->name), "arguments", make_words(result->arguments), "started",
        result->began, "ended", result->began + result->seconds, "seconds", result->seconds,
        "exit_status", result->status, "signal", signal, "complete", result->complete, "ok",
        (json_int_t) (count - failed - skipped), "failed", (json_int_t) failed, "skipped",
        (json_int_t) skipped, "threads", make_threads(result));

    if (object != NULL && result->left_out != NULL &&
        json_object_set(object, "left_out", result->left_out) != 0)
        text->failed = true;
    if (object == NULL)
        text->failed = true;
    else
        text_add_json(text, object);
    json_decref(object);
}
