#include "cli/script/needs_order.h"

#include "cli/base/need_word.h"
#include "cli/base/status.h"
#include "cli/script/command_source.h"
#include "cli/script/plan.h"
#include "cli/script/start_outline.h"
#include "cli/view/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONE ((size_t) -1)

/* One start of the script. */
struct start {
    struct start_outline outline;
    size_t               line;
    size_t               from; /* the index of the start that needs it, in the search; or NONE */
};

struct starts {
    struct start *list;
    size_t        count;
};

/* Reads the commands of SCRIPT into PLAN, up to the first command that is wrong. */
static void read_commands(struct plan *plan, const struct script *script, char *const *environment)
{
    struct command_source source;
    struct text           why = {0};

    command_source_open(&source, script, environment);
    (void) command_source_read_plan(&source, plan, &why);
    command_source_close(&source);
    text_release(&why);
}

/* Reads the starts of PLAN, and borrows its words. Skips wrong starts. Returns false without memory. */
static bool read_starts(struct starts *starts, const struct plan *plan)
{
    starts->list = calloc(plan->count + 1, sizeof(*starts->list));
    if (starts->list == NULL)
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        struct start *start = &starts->list[starts->count];

        if (!start_outline_fits(&plan->commands[i].words) ||
            !start_outline_try(&start->outline, &plan->commands[i].words))
            continue;
        start->line = plan->commands[i].line;
        start->from = NONE;
        starts->count++;
    }
    return true;
}

static void release_starts(struct starts *starts)
{
    for (size_t i = 0; i < starts->count; i++)
        start_outline_release(&starts->list[i].outline);
    free(starts->list);
}

/* Returns true if the start at INDEX starts the thread that NEED means. */
static bool is_named(const struct starts *starts, size_t index, const char *need)
{
    const char         *name = starts->list[index].outline.name;
    enum need_condition condition;
    size_t              length = need_word_split(need, &condition);

    return name != NULL && strlen(name) == length && strncmp(name, need, length) == 0;
}

/* Returns the last start before INDEX that starts the thread which NEED means, or NONE. */
static size_t find_before(const struct starts *starts, size_t index, const char *need)
{
    while (index-- > 0)
        if (is_named(starts, index, need))
            return index;
    return NONE;
}

/* Returns the first start from INDEX on that starts the thread which NEED means, or NONE. */
static size_t find_behind(const struct starts *starts, size_t index, const char *need)
{
    for (; index < starts->count; index++)
        if (is_named(starts, index, need))
            return index;
    return NONE;
}

/* Returns the start that NEED of the start at INDEX means: a start before it, or else a start behind it; or NONE. */
static size_t resolve(const struct starts *starts, size_t index, const char *need)
{
    size_t before = find_before(starts, index, need);

    return before != NONE ? before : find_behind(starts, index, need);
}

/*
 * Follows the needs of the start LATER, which the start FIRST needs, and the needs of these starts, until a need leads
 * back to FIRST. Sets "from" of each start on the way. Returns true if a need leads back to FIRST.
 */
static bool find_circle(struct starts *starts, size_t first, size_t later)
{
    size_t *queue = calloc(starts->count, sizeof(*queue));
    size_t  read = 0, written = 0;
    bool    found = false;

    if (queue == NULL)
        return false;
    starts->list[later].from = first;
    queue[written++] = later;
    while (!found && read < written) {
        size_t                      at = queue[read++];
        const struct start_outline *outline = &starts->list[at].outline;

        for (size_t i = 0; !found && i < outline->needs_count; i++) {
            size_t next = resolve(starts, at, outline->needs[i]);

            if (next == NONE || starts->list[next].from != NONE)
                continue;
            starts->list[next].from = at;
            queue[written++] = next;
            found = next == first;
        }
    }
    free(queue);
    return found;
}

/* Adds the names of the starts on the way from FIRST to AT, in this order. */
static void add_way(struct text *text, const struct starts *starts, size_t first, size_t at)
{
    size_t *way = calloc(starts->count + 1, sizeof(*way));
    size_t  count = 0;

    if (way == NULL) {
        text->failed = true;
        return;
    }
    do {
        way[count++] = at;
        at = starts->list[at].from;
    } while (at != first);
    way[count++] = first;
    for (size_t i = count; i-- > 0;)
        text_printf(text, "%s%s", starts->list[way[i]].outline.name, i > 0 ? " needs " : "");
    free(way);
}

/* Explains that the start FIRST needs the start LATER. Returns the exit status. */
static int explain(struct starts *starts, size_t first, size_t later, int status)
{
    struct text text = {0};
    bool        is_circle = find_circle(starts, first, later);

    if (is_circle) {
        text_add(&text, "--needs goes in a circle: ");
        add_way(&text, starts, first, first);
    } else {
        text_printf(&text,
                    "no thread '%s' yet: line %zu, which starts it, must come before this line",
                    starts->list[later].outline.name, starts->list[later].line);
    }
    message_drop_held();
    message_print_text("start", is_circle ? "ValueError" : "InvalidThreadIdError", &text);
    text_release(&text);
    return is_circle ? STATUS_USAGE : status;
}

/* Explains the start in LINE, if it needs a thread that is started later. Returns the exit status. */
static int explain_line(struct starts *starts, size_t line, int status)
{
    size_t first = 0, later = NONE;

    while (first < starts->count && starts->list[first].line != line)
        first++;
    if (first == starts->count)
        return status;
    for (size_t i = 0; later == NONE && i < starts->list[first].outline.needs_count; i++) {
        const char *need = starts->list[first].outline.needs[i];

        if (find_before(starts, first, need) == NONE)
            later = find_behind(starts, first + 1, need);
    }
    return later != NONE ? explain(starts, first, later, status) : status;
}

int needs_order_explain(const struct script *script, char *const *environment, size_t line,
                        int status)
{
    struct plan   plan = {0};
    struct starts starts = {0};

    if (script->plan != NULL || script->each != NULL || script->procfile != NULL ||
        lseek(script->fd, 0, SEEK_SET) != 0)
        return status;
    read_commands(&plan, script, environment);
    message_set_origin(script->name, line);
    if (read_starts(&starts, &plan))
        status = explain_line(&starts, line, status);
    release_starts(&starts);
    plan_release(&plan);
    return status;
}
