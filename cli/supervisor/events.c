#include "cli/supervisor/events.h"

#include "cli/clock.h"
#include "cli/rpc/bytes.h"
#include "cli/supervisor/connection.h"

#include <string.h>

static const char *const words[] = {
#define X(name, word) word,
    EVENTS(X)
#undef X
};

static json_t *notification(json_t *params)
{
    return json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "event", "params", params);
}

/* The event "missed", for a watcher that lost N. */
static json_t *missed(json_int_t n)
{
    return notification(
        json_pack("{s:s, s:f, s:I}", "event", "missed", "time", clock_wall(), "missed", n));
}

/* Says how many a watcher has missed, as soon as it has read what was before them. */
static void tell_missed(struct connection *watcher)
{
    json_t *note = missed(watcher->missed);

    watcher->missed = 0;
    connection_send(watcher, note);
    json_decref(note);
}

unsigned events_bit(const char *name)
{
    for (unsigned i = 0; name != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(name, words[i]) == 0)
            return 1U << i;
    return 0;
}

void events_watch(struct connection *connection, const struct watch *watch)
{
    connection->watch = *watch;
    connection->drained = tell_missed;
    connection_watch(connection);
}

/* Once something was missed, the watcher hears of that first. */
static void tell(struct connection *watcher, enum event event, const struct record *record,
                 json_t *more)
{
    json_t *params, *object;

    if (watcher->missed > 0 || connection_is_full(watcher)) {
        watcher->missed++;
        return;
    }
    params = json_pack("{s:s, s:f, s:o}", "event", words[event], "time", clock_wall(), "thread",
                       record_members_to_json(record, watcher->watch.members));
    if (more != NULL)
        json_object_update(params, more);
    object = notification(params);
    connection_send(watcher, object);
    json_decref(object);
}

static void post(enum event event, const struct record *record, json_t *more)
{
    struct connection *watcher;

    for (watcher = connection_watchers(); watcher != NULL; watcher = connection_next(watcher))
        if (watcher->watch.events & 1U << event)
            tell(watcher, event, record, more);
}

void events_post(enum event event, const struct record *record)
{
    if (connection_watchers() != NULL)
        post(event, record, NULL);
}

void events_post_raised(const struct record *record, const k3thread_exctype *type,
                        const char *message)
{
    json_t *more;

    if (connection_watchers() == NULL)
        return;
    more = json_pack("{s:s, s:o}", "exception", type->name, "message",
                     message != NULL && message[0] ? bytes_to_json(message) : json_null());
    post(EVENT_RAISED, record, more);
    json_decref(more);
}
