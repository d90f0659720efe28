/* Reads the options of `run`. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_OPTIONS_H
#define K3THREAD_CLI_SCRIPT_RUN_OPTIONS_H

#include "cli/base/variables.h"
#include "cli/script/front_options.h"
#include "cli/script/run_hosts.h"

#include <argp.h>
#include <stdbool.h>

/* The options of one command line. The variables and the hosts are owned. */
struct run_options {
    struct front_options front;
    bool                 no_prefix, timestamps;
    const char          *procfile; /* NULL: a script */
    unsigned             port;     /* of the Procfile's first entry; 0: not given */
    bool                 has_env_file;
    struct variables     variables;       /* of --env-file */
    const char          *host_list, *via; /* NULL: not given */
    struct run_hosts     hosts;           /* made from host_list and via */
    const char          *retry; /* the file of --json of an earlier run; NULL: not given */
    bool                 each, nul;
    char **words; /* the script and its arguments, the Procfile's entries, or COMMAND */
};

extern const struct argp_option run_options_list[];

/* An argp parser (command.h) whose input is a struct run_options. */
error_t run_options_parse(int key, char *argument, struct argp_state *state);

/* Frees what run_options_parse() has put into OPTIONS, a struct run_options. */
void run_options_release(void *options);

#endif
