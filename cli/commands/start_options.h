/* Reads the options of `start` and `daemon`. */
#ifndef K3THREAD_CLI_COMMANDS_START_OPTIONS_H
#define K3THREAD_CLI_COMMANDS_START_OPTIONS_H

#include "cli/base/variables.h"
#include "cli/client/request.h"

#include <argp.h>
#include <stdbool.h>

/* The options of one command line. The lists, not their words, and the real paths are owned. */
struct start_options {
    struct start_request request; /* without the parts that depend on the session or process */
    /* The files of --input, --output and --directory, if the option named a descriptor of this process. */
    char            *real_input, *real_output, *real_directory;
    struct variables in_files;  /* the variables of --env-file */
    struct variables variables; /* the variables of --env, which replace them */
    char **environment;         /* with these variables, from start_check(); NULL: none was given */
    char  *call;                /* LIBRARY:FUNCTION; NULL: not given */
    char **command;             /* with it, all words of the command; else NULL */
    char **needs;               /* the words of --needs, in order */
    bool   has_input;           /* --input was given, perhaps without a file */
    bool   wait;
};

extern const struct argp_option start_options_list[];

/* An argp parser (command.h) whose input is a struct start_options. */
error_t start_options_parse(int key, char *argument, struct argp_state *state);

/* Frees what start_options_parse() has put into OPTIONS, a struct start_options. */
void start_options_release(void *options);

#endif
