/* The words of a command line, as far as they are plain. */
#ifndef K3THREAD_CLI_QUICK_PLAIN_COMMAND_H
#define K3THREAD_CLI_QUICK_PLAIN_COMMAND_H

#include "cli/base/text.h"

#include <stdbool.h>

enum quick_command { QUICK_START, QUICK_JOIN, QUICK_RAISE, QUICK_LIST };

/* What a command line asks for. The words are borrowed. */
struct plain_command {
    const char        *label, *socket; /* of -L and -S; NULL: not given */
    enum quick_command command;
    const char        *method;
    struct text        params; /* of the one request that the command is */
};

/*
 * Reads WORDS, up to a NULL, which follow the program's name; ENVIRONMENT is the process's. Returns
 * false if there is anything in them that the program has to look at.
 */
bool plain_command_read(struct plain_command *ret, char **words, char **environment);

#endif
