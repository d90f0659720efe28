/* The method "clear": forgets threads that have ended. */
#include "cli/server/events.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/selection.h"
#include "cli/server/store.h"

/* Forgets RECORD, if it belongs to SELECTION. Returns true if it did. */
static bool forget(const struct selection *selection, struct record *record)
{
    if (record->keeper != NULL || !selection_fits(selection, record))
        return false;
    events_post_forgotten(record);
    store_forget(record);
    return true;
}

/* Forgets the threads that SELECTION names by their ids. Returns how many. */
static json_int_t clear_named(const struct selection *selection)
{
    json_int_t cleared = 0;

    for (size_t i = 0; i < selection->count; i++) {
        struct record *record = store_find_id(selection->selectors[i].id);

        cleared += record != NULL && forget(selection, record);
    }
    return cleared;
}

/* Forgets the threads of SELECTION, which is resolved. Returns how many. */
static json_int_t clear(const struct selection *selection)
{
    struct record *record, *next;
    json_int_t     cleared = 0;

    if (selection_is_named(selection))
        return clear_named(selection);
    for (record = TAILQ_FIRST(store_all()); record != NULL; record = next) {
        next = TAILQ_NEXT(record, order);
        cleared += forget(selection, record);
    }
    return cleared;
}

static void run(struct call *call, const json_t *params)
{
    const json_t          *words = NULL;
    struct selection       selection;
    const struct selector *missing;
    const struct param     wanted[] = {{"threads", PARAM_ANY, &words, false}, {0}};

    if (!params_take(call, params, wanted) || !selection_parse(call, "threads", words, &selection))
        return;
    selection.ended = true;
    missing = selection_resolve(&selection);
    if (missing != NULL)
        select_fail(call, missing, "ended");
    else
        call_reply(call, json_pack("{s:I}", "cleared", clear(&selection)));
    selection_release(&selection);
}

const struct method method_clear = {.name = "clear", .run = run};
