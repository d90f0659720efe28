/* Decides which events (events.h) tell the clients of the life of a thread. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_THREAD_EVENTS_H
#define K3THREAD_CLI_SERVER_THREAD_EVENTS_H

#include "cli/server/record.h"

/* Posts the first event of RECORD, which shows its state. */
void thread_events_create(struct record *record);

/* Posts that RECORD has another state than OLD, unless the event of its end will say so, or it has no event yet. */
void thread_events_change(const struct record *record, enum protocol_state old);

/* Posts the events for what has changed from the report OLD to RECORD->now, except for the end. */
void thread_events_report(struct record *record, const struct report *old);

#endif
