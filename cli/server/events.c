#include "cli/server/events.h"

#include "cli/base/clock.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"

#include <string.h>

static const char *const words[] = {
#define X(name, word) word,
    EVENTS(X)
#undef X
};

/* A notification up to where the event's own members are written. */
static void begin_note(struct text *line, const char *event)
{
    text_printf(line, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"event\":\"%s\"",
                event);
    write_name(line, "time");
    write_seconds(line, clock_wall());
}

static void send_note(struct connection *watcher, struct text *line)
{
    text_add(line, "}}");
    connection_send(watcher, line);
    text_release(line);
}

/* Says how many a watcher has missed, as soon as it has read what was before them. */
static void tell_missed(struct connection *watcher)
{
    struct text line = {0};

    begin_note(&line, "missed");
    write_name(&line, "missed");
    write_integer(&line, watcher->missed);
    watcher->missed = 0;
    send_note(watcher, &line);
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

/* Once something was missed, the watcher hears of that first. MORE are members, or NULL. */
static void tell(struct connection *watcher, enum event event, const struct record *record,
                 const struct text *more)
{
    struct text line = {.failed = more != NULL && more->failed};

    if (watcher->missed > 0 || connection_is_full(watcher)) {
        watcher->missed++;
        return;
    }
    begin_note(&line, words[event]);
    write_name(&line, "thread");
    record_write(&line, record, watcher->watch.members);
    if (more != NULL)
        text_append(&line, more->data, more->size);
    send_note(watcher, &line);
}

static void post(enum event event, const struct record *record, const struct text *more)
{
    struct connection *watcher;

    for (watcher = connection_watchers(); watcher != NULL; watcher = connection_next(watcher))
        if (watcher->watch.events & 1U << event)
            tell(watcher, event, record, more);
}

void events_post(enum event event, const struct record *record)
{
    post(event, record, NULL);
}

void events_post_raised(const struct record *record, const k3thread_exctype *type,
                        const char *message)
{
    struct text more = {0};

    if (connection_watchers() == NULL)
        return;
    text_printf(&more, ",\"exception\":\"%s\",\"message\":", type->name);
    if (message != NULL && message[0] != '\0')
        write_bytes(&more, message);
    else
        text_add(&more, "null");
    post(EVENT_RAISED, record, &more);
    text_release(&more);
}
