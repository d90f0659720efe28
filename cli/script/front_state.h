/*
 * The state of a run's front: what its parts (interrupt.h, barrier.h, ...) share. For them and for
 * front.c alone.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_STATE_H
#define K3THREAD_CLI_SCRIPT_FRONT_STATE_H

#include "cli/client/client.h"
#include "cli/commands/signals.h"
#include "cli/place/place.h"
#include "cli/script/front_options.h"
#include "cli/script/not_ready.h"
#include "cli/script/run_output.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the script, or the end of the script, waits for: see barrier.h. */
enum barrier {
    BARRIER_NONE,
    BARRIER_ASKED,    /* the supervisor's next answer: all events before it are then known */
    BARRIER_PRINTING, /* until the output that was written by then is printed */
};

struct front {
    const struct front_options *options;
    const struct place         *place;
    struct client               client;
    struct run_output           output;

    pid_t script, supervisor; /* children of this process; 0: gone */
    pid_t server;             /* the process that answers; 0: it has not answered yet */
    int   script_status;      /* as wait() had it; once the script is gone */
    bool  script_done;        /* the end of the script was acted upon */
    bool  script_killed;      /* by this process: its status says nothing */
    int   script_failure;     /* its status, if the cause may be another one: see barrier_pass() */

    struct signals signals;
    int            lifeline, sync; /* -1: none */

    enum barrier barrier;
    json_int_t   barrier_id, list_id, not_ready_id; /* of requests */

    bool     settled;       /* the exit status is known */
    int      status;        /* the exit status; 0 until it is known */
    bool     ending;        /* the supervisor was asked to end */
    bool     stopping;      /* and to end the threads, too */
    bool     output_closed; /* standard output has no reader, or cannot be written */
    unsigned interrupts;
    double   started, looked, deadline; /* on the monotonic clock */

    struct not_ready not_ready;
    struct text      notices; /* to be printed behind the output that has been written by now */
};

#endif
