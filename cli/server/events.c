#include "cli/server/events.h"

#include "cli/base/clock.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/connection.h"

#include <string.h>

static const char *const words[] = {
#define X(name, word) word,
    EVENTS(X)
#undef X
};

static LIST_HEAD(, watcher) watchers = LIST_HEAD_INITIALIZER(watchers);

/* Writes the beginning of a notification, up to the event's own members. */
static void begin_event(struct text *line, const char *event)
{
    envelope_begin_notification(line, "event");
    text_printf(line, "{\"event\":\"%s\"", event);
    write_name(line, "time");
    write_seconds(line, clock_wall());
}

static void send_event(const struct watcher *watcher, struct text *line)
{
    text_byte(line, '}', 1);
    envelope_end(line);
    connection_send(watcher->connection, line);
    text_release(line);
}

void events_tell_missed(void)
{
    struct watcher *watcher;

    LIST_FOREACH(watcher, &watchers, link) {
        struct text line = {0};

        if (watcher->missed == 0 || !connection_is_drained(watcher->connection))
            continue;
        begin_event(&line, "missed");
        member_write_integer(&line, "missed", watcher->missed);
        watcher->missed = 0;
        send_event(watcher, &line);
    }
}

void events_catch_up(struct watcher *watcher)
{
    if (watcher->missed == 0)
        watcher->is_behind = false;
}

uint64_t events_bit(const char *name)
{
    for (unsigned i = 0; name != NULL && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(name, words[i]) == 0)
            return UINT64_C(1) << i;
    return 0;
}

void events_watch(struct watcher *watcher, struct connection *connection, uint64_t events,
                  uint64_t members)
{
    if (watcher->connection == NULL)
        LIST_INSERT_HEAD(&watchers, watcher, link);
    watcher->connection = connection;
    watcher->events = events;
    watcher->members = members;
}

void events_unwatch(struct watcher *watcher)
{
    if (watcher->connection != NULL)
        LIST_REMOVE(watcher, link);
    watcher->connection = NULL;
}

/*
 * Sends one event, or counts it as missed: a watcher that has missed events must be told so before
 * it gets more. MORE holds more members of the event, or is NULL.
 */
static void tell(struct watcher *watcher, enum event event, const struct record *record,
                 const struct text *more)
{
    struct text line = {.failed = more != NULL && more->failed};

    if (watcher->missed > 0 || connection_is_full(watcher->connection)) {
        watcher->missed++;
        watcher->is_behind = true;
        return;
    }
    begin_event(&line, words[event]);
    write_name(&line, "thread");
    record_write(&line, record, watcher->members);
    if (more != NULL)
        text_append(&line, more->data, more->size);
    send_event(watcher, &line);
}

static void post(enum event event, const struct record *record, const struct text *more)
{
    struct watcher *watcher;

    LIST_FOREACH(watcher, &watchers, link)
        if (watcher->events & UINT64_C(1) << event)
            tell(watcher, event, record, more);
}

void events_post(enum event event, const struct record *record)
{
    post(event, record, NULL);
}

void events_post_forgotten(const struct record *record)
{
    if (record->is_told)
        events_post(EVENT_FORGOTTEN, record);
}

void events_post_output(struct record *record)
{
    if (record->is_output_told || LIST_EMPTY(&watchers))
        return;
    record->is_output_told = true;
    events_post(EVENT_OUTPUT, record);
}

void events_post_restarted(const struct record *record, bool asked)
{
    struct text more = {0};

    if (LIST_EMPTY(&watchers))
        return;
    text_printf(&more, ",\"asked\":%s", asked ? "true" : "false");
    post(EVENT_RESTARTED, record, &more);
    text_release(&more);
}

void events_post_raised(const struct record *record, const char *name, const char *message,
                        const struct text *inner)
{
    struct text more = {0};

    if (LIST_EMPTY(&watchers))
        return;
    text_printf(&more, ",\"exception\":\"%s\",\"message\":", name);
    if (message != NULL && message[0] != '\0')
        write_bytes(&more, message);
    else
        text_add(&more, "null");
    if (inner != NULL) {
        write_name(&more, "inner");
        text_append(&more, inner->data, inner->size);
        more.failed |= inner->failed;
    }
    post(EVENT_RAISED, record, &more);
    text_release(&more);
}

void events_post_inner(enum event event, const struct record *record, const struct inner *thread)
{
    struct text more = {0};

    if (LIST_EMPTY(&watchers))
        return;
    text_add(&more, ",\"inner\":");
    inner_write(&more, record, thread);
    post(event, record, &more);
    text_release(&more);
}
