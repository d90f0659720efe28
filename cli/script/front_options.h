/* What the user asks a run for. */
#ifndef K3THREAD_CLI_SCRIPT_FRONT_OPTIONS_H
#define K3THREAD_CLI_SCRIPT_FRONT_OPTIONS_H

#include "cli/script/kept_logs.h"
#include "cli/script/result_files.h"

#include <stdbool.h>

struct front_options {
    bool     fail_fast; /* the first thread that fails ends all; daemons do not count */
    bool     any;       /* the first thread that ends, ends all; daemons do not count */
    bool     quiet;     /* no summary at the end */
    bool     own_place; /* the place is for this run alone: see temporary_place.h */
    unsigned slots;     /* 0: any number */
    unsigned printer;   /* flags of printer.h */
    double   timeout;   /* seconds after which the run ends; negative: none */

    struct result_files results; /* open */
    struct kept_logs    kept;    /* open */
};

#endif
