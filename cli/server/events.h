/*
 * What happens, told to those who watch. A watcher that reads slowly costs a bounded buffer: what
 * does not fit is counted, and the number told when there is room again. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_EVENTS_H
#define K3THREAD_CLI_SERVER_EVENTS_H

#include "cli/server/record.h"

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

struct watch;

/* From now on CONNECTION gets the events that WATCH names. */
void events_watch(struct connection *connection, const struct watch *watch);

/* The bit of the event NAME, 0 if there is none of that name; all bits. */
unsigned events_bit(const char *name);
#define EVENTS_ALL (~0U)

void events_post(enum event event, const struct record *record);
void events_post_raised(const struct record *record, const k3thread_exctype *type,
                        const char *message);

#endif
