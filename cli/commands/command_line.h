/*
 * Command lines by argp, in the way that all commands and the program itself share: argp never
 * exits, its messages begin as all others do, and --help, --usage and --version work everywhere.
 */
#ifndef K3THREAD_CLI_COMMANDS_COMMAND_LINE_H
#define K3THREAD_CLI_COMMANDS_COMMAND_LINE_H

#include "cli/commands/command.h"

#include <argp.h>

/* --help, --usage, --version */
extern const struct argp_option command_common_options[];

/* Returns what argp has to know of COMMAND. */
struct argp command_argp(const struct command *command);

/*
 * Parses COUNT WORDS, of which the first is the name. FLAGS are argp's; NAME is "start" or the like,
 * or NULL for the program. Returns -1 when the work can go on, else the exit status.
 */
int command_parse(const struct argp *argp, unsigned flags, const char *name, int count,
                  char **words, void *input);

/* Prints the help on standard output. NAME is that of command_parse(). Returns the exit status. */
int command_print_help(const struct argp *argp, const char *name);

/* Prints the program's help on standard error, where no command was given. Returns the exit status. */
int command_explain(const struct argp *argp);

#endif
