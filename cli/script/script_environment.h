/*
 * Makes the environment of a script: the environment of its process and the variables of files, with the socket of the
 * script's supervisor, and without the variables that name the thread in which this process runs.
 */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_ENVIRONMENT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_ENVIRONMENT_H

#include "cli/base/variables.h"
#include "cli/place/place.h"

/*
 * Makes the script's environment the environment of this process, which is to be the script. VARIABLES come from
 * files, or are NULL; their words become a part of the environment. Returns 0 or -errno.
 */
int script_environment_set(const struct place *place, const struct variables *variables);

/* Returns the script's environment, up to a NULL. Most of its words are borrowed. NULL if memory is lacking. */
char **script_environment(const struct place *place, const struct variables *variables);

void script_environment_release(char **environment);

#endif
