/* The program's own options, which stand before the command, and the overview of all commands. */
#ifndef K3THREAD_CLI_COMMANDS_PROGRAM_OPTIONS_H
#define K3THREAD_CLI_COMMANDS_PROGRAM_OPTIONS_H

#include "cli/commands/session.h"

#include <argp.h>

/* The input of argp_parse() for program_argp, which its parser fills. */
struct program_words {
    struct session *session;
    int             count; /* the number of words: the command and the words behind it */
    char          **words;
};

/* The program's parser. Its help is the overview of all commands. */
extern const struct argp program_argp;

#endif
