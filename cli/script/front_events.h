/* What the supervisor tells of a run's threads, and what follows from it: notices, and the run's end. */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_EVENTS_H
#define K3THREAD_CLI_SCRIPT_FRONT_EVENTS_H

#include "cli/script/front_state.h"

/* Takes the state of THREAD, out of an event or a list. */
void front_update(struct front *front, json_t *thread);

/* Takes an event; the client's `notify`, whose context is the front. */
void front_handle_event(void *front, const json_t *params);

#endif
