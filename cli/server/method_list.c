/* The method "list": shows threads, as objects or as a table. */
#include "cli/server/inner_listing.h"
#include "cli/server/listing.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/selection.h"

static void run(struct call *call, const json_t *params)
{
    const json_t          *words = NULL, *names = NULL;
    struct selection       selection;
    const struct selector *missing;
    bool                   live = false, failed = false, table = false, wide = false;
    const struct param     wanted[] = {
            {"threads", PARAM_ANY, &words, false},
            {"live", PARAM_BOOLEAN, &live, false},
            {"members", PARAM_ANY, &names, false},
            {"table", PARAM_BOOLEAN, &table, false},
            {"wide", PARAM_BOOLEAN, &wide, false},
            {"failed", PARAM_BOOLEAN, &failed, false},
            {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, names, &call->members))
        return;
    if (inner_listing_is_wanted(words)) {
        inner_listing_reply(call, words, table);
        return;
    }
    if (!selection_parse(call, "threads", words, &selection))
        return;
    selection.live = live;
    selection.failed = failed;
    missing = selection_resolve(&selection);
    if (missing != NULL) {
        select_fail(call, missing, failed ? "failed" : live ? "live" : "");
        selection_release(&selection);
    } else if (table) {
        listing_begin_table(call, &selection, wide);
    } else {
        events_catch_up(&call->peer->watcher);
        listing_reply_objects(call, &selection);
    }
}

const struct method method_list = {.name = "list", .run = run, .only_answers = true};
