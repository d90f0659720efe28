/*
 * Threads of a run that wait for something to become ready. When one has waited for a while, a terminal is
 * told what it waits for.
 */
#ifndef K3THREAD_CLI_SCRIPT_NOT_READY_H
#define K3THREAD_CLI_SCRIPT_NOT_READY_H

#include <jansson.h>
#include <stdbool.h>

struct not_ready {
    bool    is_seen; /* there is a terminal */
    json_t *ids;     /* of the threads to ask the supervisor for, or NULL */
    double  next;    /* when to ask, on the monotonic clock; INFINITY: never */
};

void not_ready_open(struct not_ready *list);
void not_ready_close(struct not_ready *list);

/* Adds THREAD, whose command has just begun, if it waits for something. */
void not_ready_add(struct not_ready *list, const json_t *thread);

/* Returns the parameters of "list" for the threads, once `next` has come; NULL without memory. */
json_t *not_ready_ask(struct not_ready *list);

#endif
