/* Takes the messages of the supervisor: the first list, the events, and the replies to the user's requests. */
#ifndef K3THREAD_CLI_TOP_UPDATES_H
#define K3THREAD_CLI_TOP_UPDATES_H

#include "cli/top/state.h"

/* Asks for events and for all threads, and waits for them. Returns 0 or -errno, as client.h does. */
int updates_begin(struct state *state);

/* Takes what has arrived, without waiting. Returns 0 or -errno. */
int updates_take(struct state *state);

/* Sends no more events to STATE. */
void updates_end(struct state *state);

/* Asks the supervisor to do METHOD. TEXT is shown when that has succeeded. Returns 0 or -errno. */
int updates_ask(struct state *state, const char *method, json_t *params, const char *text);

#endif
