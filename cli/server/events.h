/*
 * Sends events to the clients that watch. A slow client costs a bounded buffer: an event that does
 * not fit is only counted, and the client is told the number once it has read all that was sent
 * before. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_EVENTS_H
#define K3THREAD_CLI_SERVER_EVENTS_H

#include "cli/server/inner.h"
#include "cli/server/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define EVENTS(X)                                                                                  \
    X(CREATED, "created")                                                                          \
    X(STARTED, "started")                                                                          \
    X(READY, "ready")                                                                              \
    X(RAISED, "raised")                                                                            \
    X(LEFT, "left")                                                                                \
    X(CHANGED, "changed")                                                                          \
    X(RESTARTED, "restarted")                                                                      \
    X(ENDED, "ended")                                                                              \
    X(ATTACHED, "attached")                                                                        \
    X(DETACHED, "detached")                                                                        \
    X(INNER_STARTED, "inner-started")                                                              \
    X(INNER_ENDED, "inner-ended")                                                                  \
    X(FORGOTTEN, "forgotten")                                                                      \
    X(OUTPUT, "output")

enum event {
#define X(name, word) EVENT_##name,
    EVENTS(X)
#undef X
};

struct connection;

/* A client's subscription to events. A zeroed watcher watches nothing. */
struct watcher {
    struct connection *connection; /* NULL: it does not watch */
    uint64_t           events;     /* which events: a sum of events_bit()s */
    uint64_t           members;    /* which members of threads: a sum of record_member()s */
    unsigned           missed;     /* how many events did not fit, since the client was told */
    bool is_behind; /* events did not fit, and the client has asked for no list since it was told */
    LIST_ENTRY(watcher) link;
};

/*
 * Sends EVENTS with MEMBERS to CONNECTION from now on. WATCHER is zeroed, or changes what it
 * watches.
 */
void events_watch(struct watcher *watcher, struct connection *connection, uint64_t events,
                  uint64_t members);

/* Stops sending events to WATCHER. */
void events_unwatch(struct watcher *watcher);

/* Tells each client that has read all that was sent how many events it has missed. */
void events_tell_missed(void);

/* Notes that the client of WATCHER asks how all threads are now. */
void events_catch_up(struct watcher *watcher);

/* Returns the bit of the event NAME, or 0 if no event has that name. */
uint64_t events_bit(const char *name);

/* The events for a client that names none. It gets the others only if it names them. */
#define EVENTS_DEFAULT                                                                             \
    (~(UINT64_C(1) << EVENT_CHANGED | UINT64_C(1) << EVENT_FORGOTTEN | UINT64_C(1) << EVENT_OUTPUT))

/*
 * Sends EVENT with RECORD as it is now. EVENT_CHANGED says that the thread's state, or the need that it waits for,
 * has changed. It is sent only if no other event says so.
 */
void events_post(enum event event, const struct record *record);

/* Sends that RECORD is about to be forgotten, if the event of its creation was sent. */
void events_post_forgotten(const struct record *record);

/* Sends that RECORD runs again. ASKED: a client asked for the restart; otherwise the thread's policy caused it. */
void events_post_restarted(const struct record *record, bool asked);

/* Sends that the log of RECORD has grown, unless that was sent and no client has looked (look.h) since. */
void events_post_output(struct record *record);

/*
 * Sends that the exception NAME was raised in RECORD. MESSAGE may be NULL. INNER is NULL, or the thread inside
 * the process of RECORD that has the exception, as JSON.
 */
void events_post_raised(const struct record *record, const char *name, const char *message,
                        const struct text *inner);

/* Sends EVENT, of THREAD inside the process of RECORD. */
void events_post_inner(enum event event, const struct record *record, const struct inner *thread);

#endif
