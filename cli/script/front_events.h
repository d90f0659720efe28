/*
 * Takes the supervisor's news about a run's threads, and acts on them: notices, and the end of the
 * run.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_EVENTS_H
#define K3THREAD_CLI_SCRIPT_FRONT_EVENTS_H

#include "cli/script/front_state.h"

/* Takes the state of THREAD from an event or a list. */
void front_update(struct front *front, json_t *thread);

/* Takes an event. This is the client's `notify`; its context is the front. */
void front_handle_event(void *front, const json_t *params);

#endif
