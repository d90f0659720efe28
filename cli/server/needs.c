#include "cli/server/needs.h"

#include "cli/base/result.h"
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

/* Returns true if the condition of NEED holds now. RECORD is the needed thread, or NULL. */
static bool holds(const struct need *need, const struct record *record)
{
    if (record == NULL)
        return need->condition == NEED_ENDED; /* only an ended thread is forgotten */
    switch (need->condition) {
    case NEED_ENDED:
        return !record_is_live(record);
    case NEED_SUCCEEDED:
        return record_has_succeeded(record);
    case NEED_READY:
        break;
    }
    return record->now.ready || record->now.shown > need->shown;
}

const struct need *needs_unmet(const struct record *record)
{
    const struct need *unmet = NULL;

    for (size_t i = 0; i < record->job.need_count; i++) {
        struct need *need = &record->job.needs[i];

        need->met = need->met || holds(need, store_find_id(need->id));
        if (!need->met && unmet == NULL)
            unmet = need;
    }
    return unmet;
}

bool needs_is_lost(const struct need *need)
{
    const struct record *needed = store_find_id(need->id);

    return needed == NULL || !record_is_live(needed);
}

void needs_explain(const struct need *need, struct text *why)
{
    const struct record *needed = store_find_id(need->id);
    const struct report *report = needed != NULL ? &needed->now : NULL;
    enum need_condition  condition;
    int                  length = (int) need_word_split(need->word, &condition);

    text_printf(why, "thread '%.*s' (id %llu), which it needs, ", length, need->word,
                (unsigned long long) need->id);
    if (report == NULL) {
        text_add(why, "has been cleared");
    } else if (need->condition == NEED_SUCCEEDED) {
        text_add(why, "has not succeeded: ");
        result_add(why, report->exception != NULL ? report->exception->name : NULL,
                   report->exit_code, report->signal);
    } else {
        text_add(why, "ended before it was ready");
    }
}
