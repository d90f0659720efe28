/*
 * The environment of a script: that of its process and the variables of files, with the socket of the script's
 * supervisor, and without what tells a command of k3thread which thread runs it.
 */
#ifndef K3THREAD_CLI_SCRIPT_SCRIPT_ENVIRONMENT_H
#define K3THREAD_CLI_SCRIPT_SCRIPT_ENVIRONMENT_H

#include "cli/base/variables.h"
#include "cli/place/place.h"

/*
 * Makes it the environment of this process, which is to be the script. VARIABLES are those of files, or NULL;
 * their words become a part of it. Returns 0 or -errno.
 */
int script_environment_set(const struct place *place, const struct variables *variables);

/* Returns a copy of it, up to a NULL, in which most words are borrowed; NULL if memory is lacking. */
char **script_environment(const struct place *place, const struct variables *variables);

void script_environment_release(char **environment);

#endif
