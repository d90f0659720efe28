/*
 * Writes events of Chrome's trace format: JSON objects. Each event has a comma before it, except the event of the
 * process.
 */
#ifndef K3THREAD_CLI_SCRIPT_TRACE_EVENT_H
#define K3THREAD_CLI_SCRIPT_TRACE_EVENT_H

#include "cli/base/text.h"
#include "cli/script/course.h"

#include <jansson.h>

/* Adds the name of the process that all tracks belong to: the name of the script. */
void trace_event_add_process(struct text *text, const char *name);

/* Adds the name and the position of the track of THREAD. */
void trace_event_add_name(struct text *text, const json_t *thread);

/* Adds PHASE of the thread ID on the machine HOST; NULL or null: this machine, or not known. */
void trace_event_add_phase(struct text *text, json_int_t id, const struct course_phase *phase,
                           const json_t *host);

/* Adds a mark for RAISE. */
void trace_event_add_raise(struct text *text, const struct course_raise *raise);

#endif
