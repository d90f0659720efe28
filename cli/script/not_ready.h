/*
 * Watches the threads of a run that are not ready yet. If a thread has waited for a while, the terminal
 * shows its probe.
 */
#ifndef K3THREAD_CLI_SCRIPT_NOT_READY_H
#define K3THREAD_CLI_SCRIPT_NOT_READY_H

#include <jansson.h>
#include <stdbool.h>

/* These threads. */
struct not_ready {
    bool    is_seen; /* there is a terminal */
    json_t *ids;     /* the ids of the threads to ask about, or NULL */
    double  next;    /* the time to ask, on the monotonic clock; INFINITY: never */
};

void not_ready_open(struct not_ready *list);
void not_ready_close(struct not_ready *list);

/* Adds THREAD, whose command has just begun, if it must become ready. */
void not_ready_add(struct not_ready *list, const json_t *thread);

/*
 * Returns the parameters of a "list" request for these threads, when `next` has passed; NULL if
 * memory is lacking.
 */
json_t *not_ready_ask(struct not_ready *list);

#endif
