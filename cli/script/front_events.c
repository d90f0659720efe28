#include "cli/script/front_events.h"

#include "cli/script/front_end.h"
#include "cli/script/notices.h"
#include "cli/view/thread_text.h"

#include <stdlib.h>
#include <string.h>

static void report_daemon(struct front *front, const json_t *thread)
{
    char *log = run_output_log(&front->output, thread);

    notices_daemon_failed(&front->notices, thread, log);
    free(log);
}

/*
 * Acts upon the end of THREAD. While the run ends all threads, the end of a single thread has no
 * consequence.
 */
static void act_on_end(struct front *front, const json_t *thread)
{
    const struct front_options *options = front->options;
    int                         status = run_threads_status(&front->output.threads, thread);
    bool                        daemon = json_is_true(json_object_get(thread, "daemon"));

    if (front->stopping)
        return;
    /* A status that only comes from leftovers is no crash: notices_left() reports it. */
    if (daemon && status != 0 && thread_status(thread) != 0)
        report_daemon(front, thread);
    if ((options->any && !daemon) || (options->fail_fast && status != 0)) {
        notices_ends_all(&front->notices, thread);
        front_end_now(front, status);
    } else if (status != 0 && !daemon) {
        front_settle(front, status);
    }
}

void front_update(struct front *front, json_t *thread)
{
    const struct run_thread *member;

    if (!run_output_update(&front->output, thread))
        return;
    member = run_threads_find(&front->output.threads, thread_id(thread));
    if (member != NULL && member->waited)
        notices_not_run(&front->notices, thread);
    notices_unended(&front->notices, thread);
    if (front->options->leaks != LEAKS_SHOWN)
        notices_left(&front->notices, thread);
    act_on_end(front, thread);
}

/* Takes an event. If events were missed, asks for a list of all threads instead. */
void front_handle_event(void *context, const json_t *params)
{
    struct front *front = context;
    const char   *event = json_string_value(json_object_get(params, "event"));
    json_t       *thread = json_object_get(params, "thread");

    if (thread != NULL && event != NULL && strcmp(event, "restarted") == 0)
        notices_restarted(&front->notices, thread);
    not_ready_add(&front->not_ready, thread);
    course_take_event(&front->course, params);
    if (thread != NULL)
        front_update(front, thread);
    else
        (void) client_send(&front->client, "list", json_object(), &front->list_id);
}
