/*
 * Threads of a run that were not ready when they began: a while later a terminal is told what those wait
 * for that still are not.
 */
#ifndef K3THREAD_CLI_SCRIPT_WAITS_H
#define K3THREAD_CLI_SCRIPT_WAITS_H

#include <jansson.h>
#include <stdbool.h>

struct waits {
    bool    is_seen; /* there is a terminal */
    json_t *ids;     /* of those that are to be asked for, or NULL */
    double  next;    /* when, on the monotonic clock; INFINITY: never */
};

void waits_open(struct waits *waits);
void waits_close(struct waits *waits);

/* Takes note of THREAD, which has just begun, if it waits for something. */
void waits_add(struct waits *waits, const json_t *thread);

/* When `next` has come: returns the parameters of "list" for the threads, or NULL without memory. */
json_t *waits_ask(struct waits *waits);

#endif
