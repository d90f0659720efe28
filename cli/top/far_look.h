/*
 * Asks the supervisor what top cannot see itself: the usage of processes on other machines, and with -H the ends of the
 * logs. An idle thread is asked about ever more rarely (live.h), and a log only when the supervisor has said that it
 * has grown. The request is the method "look".
 */
#ifndef K3THREAD_CLI_TOP_FAR_LOOK_H
#define K3THREAD_CLI_TOP_FAR_LOOK_H

#include "cli/client/client.h"
#include "cli/top/state.h"

/* Returns true if the processes of ROW are not on this machine. */
bool far_look_is_for(const struct state *state, const struct row *row);

/* Asks about the rows on the screen, and about all rows if they are sorted by what they use, as far as that is due. */
void far_look_ask(struct state *state, double time);

/* Returns the time at which far_look_ask() should be called again for the rows on the screen, or INFINITY. */
double far_look_next(const struct state *state);

/* Takes REPLY, and returns true, if it belongs to a request of this file. */
bool far_look_take(struct state *state, const struct reply *reply);

#endif
