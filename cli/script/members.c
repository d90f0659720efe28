#include "cli/script/members.h"

#include "cli/base/duration.h"
#include "cli/view/output.h"
#include "cli/view/table.h"
#include "cli/view/view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No supervisor gets so far; a number beyond it is no id. */
#define ID_MAX 100000000

struct member *members_find(const struct members *members, json_int_t id)
{
    if (id <= 0 || (size_t) id >= members->size || members->list[id].thread == NULL)
        return NULL;
    return &members->list[id];
}

static bool grow(struct members *members, size_t id)
{
    size_t         size = members->size > 0 ? members->size : 16;
    struct member *list;

    while (size <= id)
        size *= 2;
    if (size == members->size)
        return true;
    list = realloc(members->list, size * sizeof(*list));
    if (list == NULL)
        return false;
    memset(list + members->size, 0, (size - members->size) * sizeof(*list));
    *members = (struct members){list, size};
    return true;
}

struct member *members_at(struct members *members, json_int_t id)
{
    if (id <= 0 || id > ID_MAX || !grow(members, (size_t) id))
        return NULL;
    return &members->list[id];
}

struct member *members_update(struct members *members, json_t *thread)
{
    struct member *member = members_at(members, view_id(thread));

    if (member == NULL)
        return NULL;
    json_incref(thread);
    json_decref(member->thread);
    member->thread = thread;
    return member;
}

int members_status(const json_t *thread)
{
    const char *exception = json_string_value(json_object_get(thread, "exception"));

    if (exception != NULL && strcmp(exception, "SystemExit") == 0)
        return 0;
    return view_status(thread);
}

bool members_are_daemons(const struct members *members)
{
    bool lives = false;

    for (size_t id = 1; id < members->size; id++) {
        const struct member *member = &members->list[id];

        if (member->thread == NULL)
            continue;
        if (!json_is_true(json_object_get(member->thread, "daemon")))
            return false;
        lives |= !member->ended;
    }
    return lives;
}

static void add_result(struct text *text, const json_t *thread)
{
    json_int_t runs = json_integer_value(json_object_get(thread, "runs"));

    if (!json_is_number(json_object_get(thread, "ended")))
        text_add(text, "lost"); /* the supervisor went away before */
    else
        view_add_result(text, thread);
    if (runs > 1)
        text_printf(text, " (%" JSON_INTEGER_FORMAT " runs)", runs);
    view_add_message(text, thread);
}

/* Of the last run, if it was restarted. */
static void add_time(struct text *text, const json_t *thread)
{
    const json_t *seconds = json_object_get(thread, "seconds");

    if (json_is_number(seconds))
        duration_add(text, json_number_value(seconds));
    else
        text_add(text, "-");
}

static void add_row(struct table *table, const json_t *thread)
{
    view_add_bytes(&table->cells, json_object_get(thread, "name"));
    table_end_cell(table);
    text_add(&table->cells, json_is_true(json_object_get(thread, "daemon")) ? "yes" : "no");
    table_end_cell(table);
    add_time(&table->cells, thread);
    table_end_cell(table);
    add_result(&table->cells, thread);
    table_end_cell(table);
}

static size_t count_threads(const struct members *members)
{
    size_t count = 0;

    for (size_t id = 1; id < members->size; id++)
        count += members->list[id].thread != NULL;
    return count;
}

static size_t count_failed(const struct members *members)
{
    size_t count = 0;

    for (size_t id = 1; id < members->size; id++)
        if (members->list[id].thread != NULL)
            count += members_status(members->list[id].thread) != 0;
    return count;
}

static void add_summary(const struct members *members, double seconds, struct text *text)
{
    static const char *const headings[] = {"NAME", "DAEMON", "TIME", "RESULT"};
    struct table             table = {0};
    size_t                   count = count_threads(members);
    size_t                   failed = count_failed(members);

    if (count == 0)
        return;
    text_printf(text, "k3thread: run: %zu thread%s in ", count, count == 1 ? "" : "s");
    duration_add(text, seconds);
    if (failed > 0)
        text_printf(text, ", %zu failed", failed);
    text_add(text, "\n");
    table_add_words(&table, headings, sizeof(headings) / sizeof(headings[0]));
    for (size_t id = 1; id < members->size; id++)
        if (members->list[id].thread != NULL)
            add_row(&table, members->list[id].thread);
    text_add_table(text, &table, 0);
}

void members_print_summary(const struct members *members, double seconds)
{
    struct text text = {0};

    add_summary(members, seconds, &text);
    if (!text.failed)
        (void) output_write(STDERR_FILENO, text.data, text.size);
    text_release(&text);
}

void members_release(struct members *members)
{
    for (size_t id = 1; id < members->size; id++)
        json_decref(members->list[id].thread);
    free(members->list);
    *members = (struct members){0};
}
