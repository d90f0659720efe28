/* The options of `start` and `daemon`, and how they are read. */
#ifndef K3THREAD_CLI_COMMANDS_START_OPTIONS_H
#define K3THREAD_CLI_COMMANDS_START_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words of one command line. They are borrowed from it, but for `real_output` and the lists. */
struct start_options {
    const char *name, *directory, *input, *output; /* NULL: not given */
    char       *real_output;                       /* what `output` is if it named a descriptor */
    bool        has_input;                         /* --input is given, maybe without a file */
    const char *ready, *restart, *stop_signal;
    bool        daemon, wait;
    double      after, timeout, grace, ready_timeout; /* seconds; negative: not given */
    char      **environment;                          /* the words of --env, in order */
    size_t      environment_count;
    char      **needs; /* the words of --needs, in order */
    size_t      needs_count;
    int64_t     log_limit; /* bytes; 0: none */
    char      **command;   /* up to a NULL */
};

extern const struct argp_option start_options_list[];

/* An argp parser (command.h) whose input is a struct start_options. */
error_t start_options_parse(int key, char *argument, struct argp_state *state);

/* Frees what start_options_parse() has put into OPTIONS, a struct start_options. */
void start_options_release(void *options);

#endif
