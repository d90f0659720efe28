/*
 * The state of a run's front, which its parts (interrupt.h, barrier.h, ...) share. Only for these parts
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

/* The step that the script, or its end, waits for: see barrier.h. */
enum barrier {
    BARRIER_NONE,
    BARRIER_ASKED,    /* the supervisor's reply, after which all earlier events are known */
    BARRIER_PRINTING, /* the printing of the output that was written before that reply */
};

/* The state of thinning.h, which forgets threads that have succeeded. */
struct thinning {
    bool       has_begun;    /* the rest of the script refers to none of the threads so far */
    bool       script_waits; /* it waits for permission to go on */
    json_int_t queue_id; /* of the last request for the length of the queue; 0: none is under way */
    double     looked;   /* the time of that request, on the monotonic clock */
    size_t     over;     /* how many threads were over at that time */
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
    pid_t server;         /* the process that replies; 0: it has not replied yet */
    int   script_status;  /* the wait status of the script, once it has ended */
    bool  script_done;    /* the end of the script was acted upon */
    bool  script_killed;  /* this process killed it, so its status does not count */
    int   script_failure; /* its status, if it may not be the cause: see end_script() */

    struct signals signals;
    int            lifeline, sync; /* -1: none */

    enum barrier barrier;
    json_int_t   barrier_id, list_id, not_ready_id; /* the ids of requests */

    bool     settled;       /* something has decided the exit status: see front_end.h */
    int      status;        /* the exit status so far */
    bool     ending;        /* the supervisor was asked to end */
    bool     stopping;      /* the supervisor was also asked to end the threads */
    bool     output_closed; /* no process reads standard output, or it cannot be written */
    unsigned interrupts;
    double   started, looked, deadline; /* on the monotonic clock */

    struct not_ready    not_ready;
    struct run_progress progress;
    struct course       course;
    struct thinning     thinning;
    struct text         notices; /* to be printed after the output that was written until now */
};

#endif
