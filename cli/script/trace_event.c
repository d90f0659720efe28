#include "cli/script/trace_event.h"

#include "cli/rpc/bytes.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/view/thread_text.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Begins the first event, of the track ID. NAME is a plain word. */
static void begin_first(struct text *text, const char *phase, const char *name, json_int_t id)
{
    text_printf(text, "{\"ph\":\"%s\",\"name\":\"%s\",\"pid\":1,\"tid\":%" JSON_INTEGER_FORMAT,
                phase, name, id);
}

/* Begins a further event, with a comma before it. */
static void begin(struct text *text, const char *phase, const char *name, json_int_t id)
{
    text_add(text, ",\n");
    begin_first(text, phase, name, id);
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

/* Adds the member NAME with VALUE, unless VALUE is NULL or null. */
static void add_member(struct text *text, const char *name, const json_t *value)
{
    if (value == NULL || json_is_null(value))
        return;
    write_name(text, name);
    add_string(text, value);
}

/* Returns SECONDS in microseconds, as a whole number, so that the end of a phase equals the beginning of the next. */
static long long microseconds(double seconds)
{
    return seconds > 0 ? llround(seconds * 1e6) : 0;
}

void trace_event_add_process(struct text *text, const char *name)
{
    json_t *bytes = bytes_to_json(name);

    begin_first(text, "M", "process_name", 0);
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

/* Adds the members of END that are known. */
static void add_end(struct text *text, const struct course_end *end)
{
    if (end->exit_code >= 0)
        member_write_integer(text, "exit_code", end->exit_code);
    if (end->signal != 0)
        member_write_integer(text, "signal", end->signal);
    add_member(text, "exception", end->exception);
}

void trace_event_add_phase(struct text *text, json_int_t id, const struct course_phase *phase,
                           const json_t *host)
{
    long long began = microseconds(phase->began), ended = microseconds(phase->ended);

    begin(text, "X", phase->word, id);
    text_printf(text, ",\"cat\":\"phase\",\"ts\":%lld,\"dur\":%lld,\"args\":{", began,
                ended > began ? ended - began : 0);
    if (phase->run > 0)
        member_write_integer(text, "run", phase->run);
    add_member(text, "host", host);
    if (phase->is_last)
        add_end(text, &phase->end);
    text_add(text, "}}");
}

void trace_event_add_raise(struct text *text, const struct course_raise *raise)
{
    const char *exception = json_string_value(raise->exception);

    begin(text, "i", exception != NULL ? exception : "", raise->id);
    text_printf(text, ",\"cat\":\"raise\",\"s\":\"t\",\"ts\":%lld,\"args\":{",
                microseconds(raise->time));
    add_member(text, "message", raise->message);
    add_member(text, "inner", raise->inner);
    text_add(text, "}}");
}
