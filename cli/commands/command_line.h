/*
 * Parses command lines with argp, for all commands and for the program itself: argp never exits,
 * its messages begin as all other messages do, and --help, --usage and --version work everywhere.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMMAND_LINE_H
#define K3THREAD_CLI_COMMANDS_COMMAND_LINE_H

#include "cli/commands/command.h"

#include <argp.h>

/* The options that all commands have: --help, --usage, --version. */
extern const struct argp_option command_common_options[];

/* Returns the argp description of COMMAND. */
struct argp command_argp(const struct command *command);

/*
 * Parses COUNT WORDS, whose first is the name. FLAGS are flags of argp_parse(). NAME is the command's
 * name, or NULL for the program. Returns -1 if the work can go on, else the exit status.
 */
int command_parse(const struct argp *argp, unsigned flags, const char *name, int count,
                  char **words, void *input);

/* Prints the help on standard output. NAME is as for command_parse(). Returns the exit status. */
int command_print_help(const struct argp *argp, const char *name);

/*
 * Prints the program's help on standard error, for a command line without a command. Returns the
 * exit status.
 */
int command_explain(const struct argp *argp);

#endif
