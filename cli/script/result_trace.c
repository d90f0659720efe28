#include "cli/script/result_trace.h"

#include "cli/rpc/write.h"
#include "cli/script/trace_event.h"

/* Returns true if phase I belongs to the last run: the description names only the machine of that run. */
static bool is_of_last_run(const struct course_thread *thread, size_t i)
{
    return thread->phases[i].run > 0 &&
           thread->phases[i].run == thread->phases[thread->count - 1].run;
}

/* Adds the events of the thread with the description OBJECT, and the phases THREAD. */
static void add_thread(struct text *text, const json_t *object, const struct course_thread *thread)
{
    json_int_t    id = json_integer_value(json_object_get(object, "id"));
    const json_t *host = json_object_get(object, "host");

    trace_event_add_name(text, object);
    for (size_t i = 0; thread != NULL && i < thread->count; i++)
        trace_event_add_phase(text, id, &thread->phases[i],
                              is_of_last_run(thread, i) ? host : NULL);
}

void result_add_trace(struct text *text, const struct run_result *result)
{
    const struct course *course = result->course;
    const json_t        *thread;

    text_add(text, "{\"traceEvents\":[\n");
    trace_event_add_process(text, result->name);
    for (size_t id = 0; (thread = run_threads_next(result->threads, &id)) != NULL;)
        add_thread(text, thread, course_find(course, (json_int_t) id));
    for (size_t i = 0; i < course->raise_count; i++)
        trace_event_add_raise(text, &course->raises[i]);
    text_add(text, "\n],\"displayTimeUnit\":\"ms\",\"otherData\":{\"started\":");
    write_seconds(text, course->began);
    text_printf(text, ",\"exit_status\":%d}}\n", result->status);
    text->failed |= course->failed;
}
