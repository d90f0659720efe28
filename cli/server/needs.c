#include "cli/server/needs.h"

#include "cli/server/store.h"

void needs_count(const struct record *record, bool is_live)
{
    for (size_t i = 0; i < record->job.need_count; i++) {
        struct record *needed = store_find_id(record->job.needs[i].id);

        if (needed != NULL && is_live)
            needed->needed_by++;
        else if (needed != NULL)
            needed->needed_by--;
    }
}

const struct need *needs_unmet(const struct record *record)
{
    const struct need *unmet = NULL;

    for (size_t i = 0; i < record->job.need_count; i++) {
        struct need         *need = &record->job.needs[i];
        const struct record *needed = store_find_id(need->id);

        need->met |= needed != NULL && needed->now.shown > 0;
        if (!need->met && unmet == NULL)
            unmet = need;
    }
    return unmet;
}

bool needs_is_lost(const struct need *need)
{
    const struct record *needed = store_find_id(need->id);

    return needed == NULL || (!record_is_live(needed) && needed->now.shown == 0);
}

void needs_explain(const struct need *need, struct text *why)
{
    const struct record *needed = store_find_id(need->id);

    text_printf(why, "thread '%s' (id %llu), which it needs, ended before it was ready",
                needed != NULL ? needed->job.name : "?", (unsigned long long) need->id);
}
