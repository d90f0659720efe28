#include "cli/script/trace_event.h"

#include "cli/rpc/bytes.h"
#include "cli/rpc/write.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const char *trace_event_phase(const char *state)
{
    static const char *const words[] = {"delayed", "waiting", "queued",
                                        "running", "ready",   "stopping"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(state, words[i]) == 0)
            return words[i];
    return NULL;
}

/* Begins an event of the track ID. NAME is a plain word. */
static void begin(struct text *text, const char *phase, const char *name, json_int_t id)
{
    if (text->size > 0)
        text_add(text, ",\n");
    text_printf(text, "{\"ph\":\"%s\",\"name\":\"%s\",\"pid\":1,\"tid\":%" JSON_INTEGER_FORMAT,
                phase, name, id);
}

/* Adds BYTES as a string. The format knows text alone, so bytes that are not UTF-8 are escaped. */
static void add_string(struct text *text, const json_t *bytes)
{
    struct text words = {0};

    if (json_is_string(bytes)) {
        write_json(text, bytes);
        return;
    }
    thread_add_bytes(&words, bytes);
    write_text(text, words.size > 0 ? words.data : "", words.size);
    text->failed |= words.failed;
    text_release(&words);
}

/* Adds the member NAME of OBJECT, unless it is missing or null. */
static void add_member(struct text *text, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    if (value == NULL || json_is_null(value))
        return;
    write_name(text, name);
    if (json_is_integer(value))
        write_json(text, value);
    else
        add_string(text, value);
}

/* Returns SECONDS in microseconds, as whole numbers so that the end of a phase is the next one's beginning. */
static long long microseconds(double seconds)
{
    return seconds > 0 ? llround(seconds * 1e6) : 0;
}

void trace_event_add_process(struct text *text, const char *name)
{
    json_t *bytes = bytes_to_json(name);

    begin(text, "M", "process_name", 0);
    text_add(text, ",\"args\":{\"name\":");
    add_string(text, bytes);
    text_add(text, "}}");
    text->failed |= bytes == NULL;
    json_decref(bytes);
}

void trace_event_add_name(struct text *text, const json_t *thread)
{
    json_int_t id = thread_id(thread);

    begin(text, "M", "thread_name", id);
    text_add(text, ",\"args\":{\"name\":");
    add_string(text, json_object_get(thread, "name"));
    text_add(text, "}}");
    begin(text, "M", "thread_sort_index", id);
    text_printf(text, ",\"args\":{\"sort_index\":%" JSON_INTEGER_FORMAT "}}", id);
}

void trace_event_add_phase(struct text *text, json_int_t id, const struct trace_phase *phase,
                           double began, double ended, const json_t *thread)
{
    long long begin_time = microseconds(began), end_time = microseconds(ended);

    begin(text, "X", phase->word, id);
    text_printf(text, ",\"cat\":\"phase\",\"ts\":%lld,\"dur\":%lld,\"args\":{", begin_time,
                end_time > begin_time ? end_time - begin_time : 0);
    if (phase->run > 0) {
        write_name(text, "run");
        write_integer(text, phase->run);
    }
    add_member(text, thread, "exit_code");
    add_member(text, thread, "signal");
    add_member(text, thread, "exception");
    text_add(text, "}}");
}

void trace_event_add_raise(struct text *text, const json_t *params, double time)
{
    const char *exception = json_string_value(json_object_get(params, "exception"));

    begin(text, "i", exception != NULL ? exception : "",
          thread_id(json_object_get(params, "thread")));
    text_printf(text, ",\"cat\":\"raise\",\"s\":\"t\",\"ts\":%lld,\"args\":{", microseconds(time));
    add_member(text, params, "message");
    if (json_object_get(params, "inner") != NULL) {
        write_name(text, "inner");
        add_string(text, json_object_get(json_object_get(params, "inner"), "name"));
    }
    text_add(text, "}}");
}
