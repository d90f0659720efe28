/*
 * The surroundings of the commands that a client starts: environment, limits, directory and umask. A start brings
 * surroundings, or says that the surroundings of the client's last start still hold. A client on another machine does
 * not know the surroundings of this machine: `k3thread proxy` sends them for it, by the method "surroundings". The
 * server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_SURROUNDINGS_H
#define K3THREAD_CLI_SERVER_SURROUNDINGS_H

#include "cli/server/call.h"

#include <jansson.h>
#include <stdbool.h>

/* The parameters of the environment, as a request has them; NULL: left out. */
struct raw_environment {
    const json_t *environment, *limits, *nice;
    const json_t *variables; /* more variables for one command */
};

/*
 * Keeps the environment of RAW for the client, unless RAW says that the client's last environment still holds.
 * Returns false, with CALL failed, if RAW is not valid.
 */
bool surroundings_take(struct call *call, const struct raw_environment *raw);

/*
 * Returns a reference to the environment for one command: the client's environment, with the variables of RAW.
 * Returns NULL with CALL failed.
 */
struct environment *surroundings_environment(struct call *call, const struct raw_environment *raw);

/*
 * Sets *RET to the absolute path, to be freed, that PATH means for the client: a relative path begins at the
 * client's directory, if it is known. WHAT says what PATH must be. Returns false with CALL failed.
 */
bool surroundings_path(struct call *call, const json_t *path, const char *what, char **ret);

#endif
