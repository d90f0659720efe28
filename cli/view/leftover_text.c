#include "cli/view/leftover_text.h"

#include "cli/view/command_text.h"
#include "cli/view/thread_text.h"

/* The most processes that are named, and the columns of each command. More processes are counted only. */
#define SHOWN_MAX     8
#define COMMAND_WIDTH 80

static const json_t *left_of(const json_t *thread)
{
    return json_object_get(thread, "left");
}

bool thread_has_leftovers(const json_t *thread)
{
    return json_array_size(left_of(thread)) > 0;
}

static void add_process(struct text *text, const json_t *process)
{
    const json_t *address;
    size_t        i;

    text_printf(text, "%" JSON_INTEGER_FORMAT " (",
                json_integer_value(json_object_get(process, "pid")));
    if (command_text_add(text, json_object_get(process, "command"), COMMAND_WIDTH))
        text_add(text, "...");
    json_array_foreach(json_object_get(process, "listens"), i, address) {
        text_add(text, i == 0 ? ", listening on " : " and ");
        thread_add_bytes(text, address);
    }
    text_byte(text, ')', 1);
}

void thread_add_leftovers(struct text *text, const json_t *thread)
{
    const json_t *left = left_of(thread);
    size_t        count = json_array_size(left);

    if (count == 0)
        return;
    text_add(text, count == 1 ? "process " : "processes ");
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        if (i > 0)
            text_add(text, i == count - 1 ? " and " : ", ");
        add_process(text, json_array_get(left, i));
    }
    if (count > SHOWN_MAX)
        text_printf(text, " and %zu more", count - SHOWN_MAX);
}
