/* The options of `run` that its front needs. */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_OPTIONS_H
#define K3THREAD_CLI_SCRIPT_FRONT_OPTIONS_H

#include "cli/script/kept_logs.h"
#include "cli/script/result_files.h"

#include <stdbool.h>

struct run_hosts;

/* The treatment of leftovers by a run (--leaks). */
enum leaks {
    LEAKS_SHOWN, /* shows them in its table */
    LEAKS_WARN,  /* also prints a notice at once */
    LEAKS_FAIL,  /* the same, and the thread counts as failed */
};

/* The options of one run. */
struct front_options {
    bool       fail_fast;      /* the first failed thread ends the run; daemons do not count */
    bool       any;            /* the first ended thread ends the run; daemons do not count */
    bool       quiet;          /* print no summary at the end */
    bool       has_all_starts; /* all starts are known when the run begins, as a rule */
    bool       own_place;      /* the place is for this run alone: see temporary_place.h */
    enum leaks leaks;
    bool       jobserver;            /* see supervise --jobserver */
    unsigned   slots;                /* how many commands at a time; 0: any number */
    unsigned   printer;              /* flags of printer.h */
    const struct run_hosts *hosts;   /* the other machines; NULL: the commands run on this one */
    double                  timeout; /* seconds after which the run ends; negative: none */

    struct result_files results; /* the files that the results are written to, open */
    struct kept_logs    kept;    /* open */
};

#endif
