/* A supervisor process, from its start to its end. */
#ifndef K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H
#define K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>

/* What a supervisor is given at its start. */
struct supervisor_options {
    const struct place *place;
    int                 listener;      /* bound to the socket of PLACE, and listening */
    int                 lock;          /* holds the lock LIFE; kept until the process ends */
    int                 lifeline;      /* when its other end closes, all is ended; -1: none */
    bool                private_place; /* its directories go when the lifeline's other end has */
    unsigned            slots;         /* commands that may run at a time; 0: any number */
};

/*
 * Makes this process, which has one thread, the guardian of a supervisor that serves until its
 * shutdown. Returns only in case of a failure before that, with a sentence in WHY. Otherwise
 * the process exits, with the status 0 after a shutdown in order.
 */
void supervisor_run(const struct supervisor_options *options, struct text *why);

#endif
