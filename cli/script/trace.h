/*
 * The course of a run's threads, as events of Chrome's trace format: when each phase of a thread began and
 * ended, and what was raised. It takes the times from the supervisor's news. result_trace.h makes the file.
 */
#ifndef K3THREAD_CLI_SCRIPT_TRACE_H
#define K3THREAD_CLI_SCRIPT_TRACE_H

#include "cli/base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct trace_track;

struct trace {
    bool                is_wanted; /* if not, nothing is kept */
    double              began;     /* the zero of the events' times, since the epoch */
    struct text         events;    /* JSON objects with commas between them */
    struct trace_track *tracks;    /* by the threads' ids */
    size_t              size;
};

/* Begins now. */
void trace_open(struct trace *trace, bool is_wanted);
void trace_close(struct trace *trace);

/* Takes the parameters of an event. */
void trace_take_event(struct trace *trace, const json_t *params);

/* Takes THREAD as the supervisor described it at TIME, since the epoch. */
void trace_take_thread(struct trace *trace, const json_t *thread, double time);

/* Ends at TIME the phases that still last, because the supervisor has not told of their end. */
void trace_end(struct trace *trace, double time);

#endif
