/* Reads command lines that are plain: those that the quick way handles. */
#ifndef K3THREAD_CLI_QUICK_PLAIN_COMMAND_H
#define K3THREAD_CLI_QUICK_PLAIN_COMMAND_H

#include "cli/base/text.h"
#include "cli/client/request.h"

#include <stdbool.h>

enum quick_command { QUICK_START, QUICK_JOIN, QUICK_RAISE, QUICK_LIST };

/* A plain command line. The words are borrowed. */
struct plain_command {
    const char        *label, *socket; /* of -L and -S; NULL: not given */
    enum quick_command command;
    const char        *method;
    union {
        struct start_request start;
        struct join_request  join;
        struct raise_request raise;
        struct list_request  list;
    } request; /* the command's only one */
};

/*
 * Reads WORDS, the NULL-terminated words behind the program's name. ENVIRONMENT is the process's.
 * Returns false if the program must handle the command line.
 */
bool plain_command_read(struct plain_command *ret, char **words, char **environment);

/*
 * Appends the parameters of the request to PARAMS. This looks up what a start takes over from the caller, such as
 * the limits. Returns false if the program must handle the command line.
 */
bool plain_command_write(struct plain_command *command, struct text *params);

#endif
