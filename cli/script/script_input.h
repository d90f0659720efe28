/* The input that is run as a script: a file, a Procfile, a command of --each, or a plan. */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_INPUT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_INPUT_H

#include "cli/base/variables.h"
#include "cli/script/line_scanner.h"

/* One script. */
struct script {
    const char        *name;  /* the name in messages */
    int                fd;    /* the descriptor that the script is read from */
    struct words_scope scope; /* without an environment: the process's own is used */

    const struct variables *variables; /* of --env-file or of .env, for the script; or NULL */

    const struct procfile *procfile; /* the Procfile that is run instead of a script, or NULL */
    struct each           *each;     /* the command of --each that is run instead, open; or NULL */
    struct plan           *plan; /* the commands, if they were read ahead; the run releases them */
};

#endif
