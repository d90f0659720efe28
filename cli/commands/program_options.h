/* The program's own options, which stand before the command, and the overview of all commands. */
#ifndef K3THREAD_CLI_COMMANDS_PROGRAM_OPTIONS_H
#define K3THREAD_CLI_COMMANDS_PROGRAM_OPTIONS_H

#include "cli/commands/session.h"

#include <argp.h>

/* The input of program_argp's parser. */
struct program_words {
    struct session *session;
    int             count; /* of the words: the command and its own */
    char          **words;
};

/* Its help is the overview of all commands. */
extern const struct argp program_argp;

#endif
