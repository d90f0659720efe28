#include "cli/script/retry_starts.h"

#include "cli/base/need_word.h"
#include "cli/base/status.h"
#include "cli/view/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reading */

/* Counts one more start with NAME. Returns the number of such starts before it, or -ENOMEM. */
static json_int_t count_name(struct retry_starts *starts, const char *name)
{
    json_int_t before = json_integer_value(json_object_get(starts->names, name));

    if (starts->names == NULL)
        starts->names = json_object();
    if (json_object_set_new_nocheck(starts->names, name, json_integer(before + 1)) != 0)
        return -ENOMEM;
    return before;
}

/*
 * Finds the name of START's thread. Without --name, a supervisor names a thread "Thread-ID", and the ids begin
 * with 1. Returns 0 or -ENOMEM.
 */
static int find_name(struct retry_starts *starts, struct retry_start *start)
{
    json_int_t before;

    if (start->outline.name != NULL)
        start->name = strdup(start->outline.name);
    else if (asprintf(&start->name, "Thread-%zu", starts->count) < 0)
        start->name = NULL;
    if (start->name == NULL)
        return -ENOMEM;
    before = count_name(starts, start->name);
    start->namesakes = (size_t) before;
    return before < 0 ? -ENOMEM : 0;
}

static int add_start(struct retry_starts *starts, const struct plan *plan, size_t command)
{
    struct retry_start *list = reallocarray(starts->list, starts->count + 1, sizeof(*starts->list));
    struct retry_start *start;
    int                 status;

    if (list != NULL) {
        starts->list = list;
        start = &list[starts->count++];
        *start = (struct retry_start){.command = command};
        status = start_outline_read(&start->outline, &plan->commands[command].words);
        if (status != STATUS_DONE || find_name(starts, start) == 0)
            return status;
    }
    message_no_memory("run");
    return STATUS_INTERNAL;
}

int retry_starts_read(struct retry_starts *starts, const struct plan *plan, const char *name)
{
    int status = STATUS_DONE;

    for (size_t i = 0; status == STATUS_DONE && i < plan->count; i++)
        if (start_outline_fits(&plan->commands[i].words)) {
            message_set_origin(name, plan->commands[i].line);
            status = add_start(starts, plan, i);
        }
    message_set_origin(NULL, 0);
    return status;
}

/* Choosing */

/* Marks the start of the thread that NEED names: the last start with that name before the start at INDEX. */
static void choose_need(struct retry_starts *starts, size_t index, const char *need)
{
    enum need_condition condition;
    size_t              length = need_word_split(need, &condition);

    while (index-- > 0) {
        struct retry_start *start = &starts->list[index];

        if (strlen(start->name) == length && strncmp(start->name, need, length) == 0) {
            start->runs = true;
            return;
        }
    }
}

/* Marks the starts of the threads that failed. Returns true if there is any. */
static bool choose_failed(struct retry_starts *starts, const struct earlier_run *earlier)
{
    bool any = false;

    for (size_t i = 0; i < starts->count; i++) {
        struct retry_start *start = &starts->list[i];
        size_t count = (size_t) json_integer_value(json_object_get(starts->names, start->name));

        start->runs = earlier_run_failed(earlier, start->name, start->namesakes, count);
        any |= start->runs;
    }
    return any;
}

/* Marks the starts that the earlier run did not reach. Returns true if there is any. */
static bool choose_unreached(struct retry_starts *starts, const struct earlier_run *earlier)
{
    bool any = false;

    for (size_t i = 0; i < starts->count; i++) {
        bool unreached = !earlier_run_knows(earlier, starts->list[i].name);

        starts->list[i].runs |= unreached;
        any |= unreached;
    }
    return any;
}

/*
 * Marks the starts of daemons, and of all threads that a marked start needs. Goes backwards, because a
 * thread needs only threads that were started before it.
 */
static void choose_needed(struct retry_starts *starts)
{
    for (size_t i = starts->count; i-- > 0;) {
        struct retry_start *start = &starts->list[i];

        start->runs |= start->outline.daemon;
        for (size_t k = 0; start->runs && k < start->outline.needs_count; k++)
            choose_need(starts, i, start->outline.needs[k]);
    }
}

bool retry_starts_choose(struct retry_starts *starts, const struct earlier_run *earlier)
{
    bool any = choose_failed(starts, earlier);

    if (earlier->failed > 0 && !any)
        return false; /* the file is probably from another script */
    if (!earlier->complete)
        any |= choose_unreached(starts, earlier);
    if (any)
        choose_needed(starts);
    return any;
}

bool retry_starts_have(const struct retry_starts *starts, const char *name)
{
    return json_object_get(starts->names, name) != NULL;
}

void retry_starts_release(struct retry_starts *starts)
{
    for (size_t i = 0; i < starts->count; i++) {
        start_outline_release(&starts->list[i].outline);
        free(starts->list[i].name);
    }
    free(starts->list);
    json_decref(starts->names);
    *starts = (struct retry_starts){0};
}
