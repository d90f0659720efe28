/* Reads plain command lines, which the quick way handles, and writes the parameters of their requests. */
#ifndef K3THREAD_CLI_QUICK_PLAIN_COMMAND_H
#define K3THREAD_CLI_QUICK_PLAIN_COMMAND_H

#include "cli/base/text.h"
#include "cli/client/request.h"

#include <stdbool.h>

/* The commands that may be plain. */
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
    } request; /* the member of COMMAND is set */
};

/*
 * Reads WORDS, the NULL-terminated words behind the program's name. ENVIRONMENT is the process's.
 * Returns false if the program must handle the command line.
 */
bool plain_command_read(struct plain_command *ret, char **words, char **environment);

/*
 * Appends the parameters of the request to PARAMS. Looks up what a start takes over from the caller, such as the
 * limits. Returns false if the program must handle the command line.
 */
bool plain_command_write(struct plain_command *command, struct text *params);

#endif
