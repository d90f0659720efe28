/* The orders for a thread. They do not change while its worker runs. */
#ifndef K3THREAD_CLI_WORKER_JOB_H
#define K3THREAD_CLI_WORKER_JOB_H

#include "cli/base/need_word.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct environment;
struct origin;

/* A condition on another thread that must hold before the command starts. */
struct need {
    uint64_t            id; /* of the other thread */
    enum need_condition condition;
    char               *word;  /* its name, and the condition unless that is NEED_READY */
    unsigned            shown; /* how often it had been ready; it must become ready once more */
    bool                met;   /* the condition has held */
};

enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

/* The parameters of one start. */
struct job {
    char               *name;
    char              **argv;
    struct environment *environment; /* of each run */
    char               *directory;
    char               *input;      /* a file to read from; NULL: none */
    bool                call;       /* argv[0] is LIBRARY:FUNCTION, for k3thread-host to call */
    bool                input_open; /* the input is a pipe that stays open, for `send` */
    bool                tty;        /* the command gets a terminal, of ROWS and COLUMNS at first */
    unsigned short      rows, columns;
    char               *output;      /* where the output goes: the log, or --output's file */
    bool                has_own_log; /* the output is the log */
    double              after, timeout, grace; /* seconds; timeout < 0: none */
    int                 stop_signal;           /* the signal that asks its processes to end */
    mode_t              umask;
    bool                daemon;

    char        *ready;         /* a probe, as ready.h reads it; NULL: ready as soon as it runs */
    double       ready_timeout; /* seconds that each run has to become ready; < 0: any number */
    struct need *needs;
    size_t       need_count;
    enum restart restart;
    unsigned     restart_max; /* the most restarts; 0: any number */
    off_t        log_limit;   /* bytes; 0: none */
    char        *host;        /* the other machine on which it is to run; NULL: any, or none */
    bool
        reschedule; /* a command whose machine is lost runs on another machine, unless HOST is given */
    struct origin *origin; /* the thread of a run for which an agent runs it; NULL: none */
    bool           queues; /* its worker, after the delay, waits for a slot */
};

/* Frees a job's parts, not the job itself. */
void job_release(struct job *job);

#endif
