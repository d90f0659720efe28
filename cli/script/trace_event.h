/*
 * Writes events of Chrome's trace format: a JSON object each, with a comma before it unless it is the first.
 * Times are seconds from the beginning of the run.
 */
#ifndef K3THREAD_CLI_SCRIPT_TRACE_EVENT_H
#define K3THREAD_CLI_SCRIPT_TRACE_EVENT_H

#include "cli/base/text.h"

#include <jansson.h>

/* A time of a thread in one state. */
struct trace_phase {
    const char *word;
    json_int_t  run; /* which run of the command; 0: none */
    double      began;
};

/* Returns the lasting word of the phase STATE, or NULL if that is the state of a thread that has ended. */
const char *trace_event_phase(const char *state);

/* Adds the name of the process that all tracks belong to, which is that of the script. */
void trace_event_add_process(struct text *text, const char *name);

/* Adds the name and the position of the track of THREAD. */
void trace_event_add_name(struct text *text, const json_t *thread);

/*
 * Adds PHASE of the thread ID, from BEGAN to ENDED. THREAD is NULL, or tells how the run ended whose last
 * phase this is.
 */
void trace_event_add_phase(struct text *text, json_int_t id, const struct trace_phase *phase,
                           double began, double ended, const json_t *thread);

/* Adds a mark for the event PARAMS, that something was raised. */
void trace_event_add_raise(struct text *text, const json_t *params, double time);

#endif
