/* A supervisor process, from its start to its end. */
#ifndef K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H
#define K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H

#include "cli/place/place.h"

#include <stdbool.h>

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
 * shutdown. Returns only in case of a failure before that, -errno with a sentence in *RET_WHY
 * (freed by the caller, NULL without memory); otherwise the process exits, with the status 0 after
 * a shutdown in order.
 */
int supervisor_run(const struct supervisor_options *options, char **ret_why);

#endif
