/*
 * Sends what happens to the clients that watch. A client that reads slowly costs a bounded buffer: an
 * event that does not fit is counted instead, and the client is told the number when it has read what
 * came before. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_EVENTS_H
#define K3THREAD_CLI_SERVER_EVENTS_H

#include "cli/server/record.h"

#include <sys/queue.h>

#define EVENTS(X)                                                                                  \
    X(CREATED, "created")                                                                          \
    X(STARTED, "started")                                                                          \
    X(READY, "ready")                                                                              \
    X(RAISED, "raised")                                                                            \
    X(RESTARTED, "restarted")                                                                      \
    X(ENDED, "ended")

enum event {
#define X(name, word) EVENT_##name,
    EVENTS(X)
#undef X
};

struct connection;

/* A client's wish to be sent events; zeroed: it has none. */
struct watcher {
    struct connection *connection; /* NULL: it does not watch */
    unsigned           events;     /* a sum of events_bit()s */
    unsigned           members;    /* of the threads: a sum of record_member()s */
    unsigned           missed; /* events that did not fit, and that the client was not told of */
    LIST_ENTRY(watcher) link;
};

/* Sends EVENTS with MEMBERS to CONNECTION from now on; WATCHER may be there already. */
void events_watch(struct watcher *watcher, struct connection *connection, unsigned events,
                  unsigned members);

/* Sends no more to WATCHER. */
void events_unwatch(struct watcher *watcher);

/* Tells each client that has read all that was sent how many events it missed. */
void events_tell_missed(void);

/* Returns the bit of the event NAME, 0 if there is none of that name. */
unsigned events_bit(const char *name);
#define EVENTS_ALL (~0U)

/* Sends EVENT of RECORD, as the record is now. */
void events_post(enum event event, const struct record *record);

/* Sends that an exception was raised in RECORD; MESSAGE may be NULL. */
void events_post_raised(const struct record *record, const k3thread_exctype *type,
                        const char *message);

#endif
