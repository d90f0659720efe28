/* The method "watch": sends events to the client from now on. */
#include "cli/rpc/bytes.h"
#include "cli/server/events.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

/*
 * Reads which events the client wants: the events in the list NAMES, or EVENTS_DEFAULT without a list; 0 for an
 * empty list.
 */
static bool parse_events(struct call *call, const json_t *names, uint64_t *ret)
{
    uint64_t events = names == NULL ? EVENTS_DEFAULT : params_sum(names, events_bit);
    bool     is_empty = json_is_array(names) && json_array_size(names) == 0;

    if (events == 0 && !is_empty)
        return call_fail(call, params_sum_error(names),
                         "\"events\" must be a list of events' names");
    *ret = events;
    return true;
}

static void run(struct call *call, const json_t *params)
{
    struct peer       *peer = call->peer;
    const json_t      *members = NULL, *events = NULL;
    uint64_t           wanted_members = 0, wanted_events = 0;
    const struct param wanted[] = {
        {"members", PARAM_ANY, &members, false},
        {"events", PARAM_ANY, &events, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &wanted_members) ||
        !parse_events(call, events, &wanted_events))
        return;
    if (wanted_events == 0) {
        events_unwatch(&peer->watcher);
        call_reply(call, json_pack("{s:b}", "watching", 0));
        return;
    }
    call_reply(call,
               json_pack("{s:b, s:o}", "watching", 1, "logs", bytes_to_json(logs_directory())));
    /*
     * The report that a command has begun its first run need not wake the server (mailbox.h). No worker causes a
     * "created", and the reports of a restart and of an end always wake the server. Any other event needs all reports.
     */
    if (wanted_events & ~(events_bit("created") | events_bit("restarted") | events_bit("ended")))
        mailbox_notify_all();
    events_watch(&peer->watcher, &peer->connection, wanted_events, wanted_members);
}

const struct method method_watch = {.name = "watch", .run = run};
