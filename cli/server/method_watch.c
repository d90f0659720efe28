/* The method "watch": has events sent to the client from now on. */
#include "cli/rpc/bytes.h"
#include "cli/server/connection.h"
#include "cli/server/events.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/server.h"
#include "cli/worker/mailbox.h"

/* Which events are wanted: all, or those in the list NAMES. */
static bool parse_events(struct call *call, const json_t *names, unsigned *ret)
{
    unsigned events = names == NULL ? EVENTS_ALL : params_sum(names, events_bit);

    if (events == 0)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"events\" must be a list of events' names");
    *ret = events;
    return true;
}

static void run(struct call *call, const json_t *params)
{
    struct connection *connection = call->connection;
    const json_t      *members = NULL, *events = NULL;
    struct watch       watch;
    const struct param wanted[] = {
        {"members", PARAM_ANY, &members, false},
        {"events", PARAM_ANY, &events, false},
        {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, members, &watch.members) ||
        !parse_events(call, events, &watch.events))
        return;
    call_reply(call, json_pack("{s:b, s:o}", "watching", 1, "logs", bytes_to_json(server_logs())));
    if (watch.events & ~(events_bit("created") | events_bit("restarted") | events_bit("ended")))
        mailbox_notify_all();
    events_watch(connection, &watch);
}

const struct method method_watch = {"watch", run};
