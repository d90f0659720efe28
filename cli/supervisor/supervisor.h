/* Runs a supervisor process, from its start to its end. */
#ifndef K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H
#define K3THREAD_CLI_SUPERVISOR_SUPERVISOR_H

#include "cli/base/text.h"
#include "cli/place/place.h"

#include <stdbool.h>

/* The options of a supervisor that starts. */
struct supervisor_options {
    const struct place *place;
    int                 listener;        /* bound to the socket of PLACE, and listening */
    int                 lock;            /* holds LOCK_LIFE; kept until the process ends */
    int                 lifeline;        /* all threads end when its other end closes; -1: none */
    bool                private_place;   /* the guardian removes its directories: see guardian.h */
    bool                jobserver;       /* the commands get tokens for their jobs */
    unsigned            slots;           /* how many commands may run at a time; 0: any number */
    const char         *commands_socket; /* of an agent: see launch.h; NULL: it is no agent */
};

/*
 * Makes this process, which has one thread, the guardian of a supervisor that serves until its
 * shutdown. Returns only if that fails before the supervisor serves, with a sentence in WHY.
 * Otherwise the process exits, with status 0 after an orderly shutdown.
 */
void supervisor_run(const struct supervisor_options *options, struct text *why);

#endif
