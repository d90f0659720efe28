/*
 * The full-screen view of all threads: for the command top.
 *
 * The view asks the supervisor once for all threads, and then only takes its events. It draws when
 * something that it shows has changed, and otherwise sleeps.
 */
#ifndef K3THREAD_CLI_TOP_TOP_H
#define K3THREAD_CLI_TOP_TOP_H

#include "cli/base/text.h"
#include "cli/top/owner.h"

#include <stdbool.h>

/* The end of the view. */
struct top_end {
    int         signal;        /* the signal that asked for the end; or 0 */
    bool        is_without;    /* the supervisor has ended */
    bool        client_failed; /* owner->client->failure says why */
    struct text why;           /* another failure; empty if there is none */
};

/* Shows the view until the user leaves it. The terminal is as it was before when this returns. */
void top_run(const struct top_owner *owner, struct top_end *ret);

/* Returns true if the view can be shown here. If not, puts the reason into WHY. */
bool top_is_possible(struct text *why);

#endif
