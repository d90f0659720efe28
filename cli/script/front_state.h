/*
 * The state of a run's front, which its parts (interrupt.h, barrier.h, ...) share. Only for them
 * and for front.c.
 */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_STATE_H
#define K3THREAD_CLI_SCRIPT_FRONT_STATE_H

#include "cli/client/client.h"
#include "cli/commands/signals.h"
#include "cli/place/place.h"
#include "cli/script/course.h"
#include "cli/script/front_options.h"
#include "cli/script/not_ready.h"
#include "cli/script/run_output.h"
#include "cli/script/run_progress.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* The barrier at which the script, or its end, waits: see barrier.h. */
enum barrier {
    BARRIER_NONE,
    BARRIER_ASKED,    /* the supervisor's next reply: all earlier events are then known */
    BARRIER_PRINTING, /* the printing of the output that was written until then */
};

/* The state of thinning.h, which forgets threads that have succeeded. */
struct thinning {
    bool       has_begun;    /* the rest of the script refers to none of the threads so far */
    bool       script_waits; /* it waits for permission to go on */
    json_int_t queue_id; /* of the last request for the length of the queue; 0: none is under way */
    double     looked;   /* when that was sent, on the monotonic clock */
    size_t     over;     /* how many threads were over then */
    json_t    *ids;      /* of the threads that the supervisor was asked to forget; NULL: none */
    json_int_t clear_id; /* of that request */
};

struct front {
    const struct front_options *options;
    const struct place         *place;
    struct client               client;
    struct run_output           output;

    pid_t script, supervisor; /* children of this process; 0: ended */
    pid_t carrier;        /* the child that reaches the other machines; 0: none, or it has ended */
    pid_t server;         /* the process that answers; 0: it has not answered yet */
    int   script_status;  /* the wait status of the script, once it has ended */
    bool  script_done;    /* the end of the script was acted upon */
    bool  script_killed;  /* this process killed it, so its status does not count */
    int   script_failure; /* its status, if it may not be the cause: see end_script() */

    struct signals signals;
    int            lifeline, sync; /* -1: none */

    enum barrier barrier;
    json_int_t   barrier_id, list_id, not_ready_id; /* the ids of requests */

    bool     settled;       /* the exit status is known, and does not change */
    int      status;        /* the exit status; 0 until it is known */
    bool     ending;        /* the supervisor was asked to end */
    bool     stopping;      /* the supervisor was also asked to end the threads */
    bool     output_closed; /* standard output has no reader, or cannot be written */
    unsigned interrupts;
    double   started, looked, deadline; /* on the monotonic clock */

    struct not_ready    not_ready;
    struct run_progress progress;
    struct course       course;
    struct thinning     thinning;
    struct text         notices; /* to be printed after the output that was written until now */
};

#endif
