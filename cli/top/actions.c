#include "cli/top/actions.h"

#include "cli/rpc/bytes.h"
#include "cli/top/updates.h"

#include <stdio.h>

int actions_raise(struct state *state, int64_t id, const char *name, const char *exception)
{
    char    done[sizeof(state->asked[0].text)];
    json_t *params = json_pack("{s:I, s:o, s:[s]}", "thread", (json_int_t) id, "exception",
                               bytes_to_json(exception), "members", "id");

    (void) snprintf(done, sizeof(done), "%s was raised in %s", exception, name);
    return updates_ask(state, "raise", params, done);
}

int actions_restart(struct state *state, const struct row *row)
{
    char    done[sizeof(state->asked[0].text)];
    json_t *params = json_pack("{s:I, s:[s]}", "thread", (json_int_t) row->id, "members", "id");

    (void) snprintf(done, sizeof(done), "%s runs again", row->name);
    state_say(state, "restarting %s", row->name);
    return updates_ask(state, "restart", params, done);
}

int actions_attach(struct state *state, const struct row *row)
{
    int64_t id = row->id;

    if (!row->has_terminal) {
        state_say(state, "%s has no terminal: it was not started with --tty", row->name);
        return 0;
    }
    if (row->state == STATE_ENDED) {
        state_say(state, "%s has ended", row->name);
        return 0;
    }
    display_leave(&state->display);
    if (!state->owner->attach(state->owner->context, id, &state->signal))
        state_say(state, "could not attach to %s", row->name);
    display_enter(&state->display);
    state->is_over |= state->signal != 0;
    return 0;
}
