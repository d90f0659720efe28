/* The words before the command: the program's own options. */
#ifndef K3THREAD_CLI_COMMANDS_PROGRAM_H
#define K3THREAD_CLI_COMMANDS_PROGRAM_H

#include "cli/commands/session.h"

#include <argp.h>

/* What program_argp parses into, as its input. */
struct program_words {
    struct session *session;
    int             count; /* the command and what follows it */
    char          **words;
};

/* Its help is the overview of all commands. */
extern const struct argp program_argp;

#endif
