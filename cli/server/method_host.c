/* The method "host", by which the carrier of a run says that one of its machines is up, or lost. */
#include "cli/server/hosts.h"
#include "cli/server/method.h"
#include "cli/server/params.h"

static void run(struct call *call, const json_t *params)
{
    const char        *name = NULL, *lost = NULL;
    json_int_t         processors = 0;
    double             vacant = 0;
    const struct seat *seat;
    struct text        why = {0};
    const struct param wanted[] = {
        {"name", PARAM_STRING, &name, true},
        {"processors", PARAM_INTEGER, &processors, false},
        {"lost", PARAM_STRING, &lost, false},
        {"vacant", PARAM_SECONDS, &vacant, false},
        {0},
    };

    if (!params_take(call, params, wanted))
        return;
    seat = hosts_find(name, &why);
    if (seat == NULL) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "%.*s", (int) why.size, why.data);
        text_release(&why);
        return;
    }
    if (lost != NULL) {
        hosts_note_vacant(seat, vacant);
        hosts_note_lost(seat, lost);
    } else if (processors > 0 && processors <= PROTOCOL_SLOTS_MAX) {
        hosts_note_up(seat, (unsigned) processors);
    } else {
        hosts_note_up(seat, 1);
    }
    call_reply(call, json_object());
}

const struct method method_host = {.name = "host", .run = run};
