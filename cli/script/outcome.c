#include "cli/script/outcome.h"

#include "cli/view/leftover_text.h"
#include "cli/view/thread_text.h"

/* Returns true if SystemExit ended THREAD before its command was done. The run does not count that as a failure. */
static bool was_cut_off(const json_t *thread)
{
    return !json_is_true(json_object_get(thread, "daemon")) && thread_status(thread) != 0;
}

/* Returns true if THREAD has not failed, but its command did not run, or not to its end. */
bool outcome_is_skipped(const struct run_threads *threads, const json_t *thread)
{
    return run_threads_status(threads, thread) == 0 &&
           (json_integer_value(json_object_get(thread, "runs")) == 0 || was_cut_off(thread));
}

size_t outcome_count_skipped(const struct run_threads *threads)
{
    const json_t *thread;
    size_t        count = 0;

    for (size_t id = 0; (thread = run_threads_next(threads, &id)) != NULL;)
        count += outcome_is_skipped(threads, thread);
    return count;
}

void outcome_add_result(struct text *text, const json_t *thread)
{
    if (json_is_number(json_object_get(thread, "ended")))
        thread_add_result(text, thread);
    else
        text_add(text, "lost"); /* the supervisor ended before the thread did */
}

void outcome_add(struct text *text, const json_t *thread)
{
    struct text reason = {0};

    outcome_add_result(text, thread);
    thread_add_message(text, thread);
    thread_add_reason(&reason, thread);
    if (reason.size > 0)
        text_add(text, ", not run: ");
    text_append(text, reason.data, reason.size);
    if (thread_has_leftovers(thread)) {
        text_add(text, ", left ");
        thread_add_leftovers(text, thread);
    }
    text->failed |= reason.failed;
    text_release(&reason);
}
