/* The method "clear": forgets the threads that have ended. */
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/store.h"

static void run(struct call *call, const json_t *params)
{
    struct record *record, *next;
    json_int_t     cleared = 0;

    if (!params_take(call, params, NULL))
        return;
    for (record = TAILQ_FIRST(store_all()); record != NULL; record = next) {
        next = TAILQ_NEXT(record, order);
        if (record_is_live(record) || record->keeper != NULL)
            continue;
        store_forget(record);
        cleared++;
    }
    call_reply(call, json_pack("{s:I}", "cleared", cleared));
}

const struct method method_clear = {"clear", run};
