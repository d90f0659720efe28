/*
 * A place for a supervisor that is nobody else's: in a directory that is removed at the end. Who
 * is killed before that leaves it to the supervisor's guardian: struct launch_own.
 */
#ifndef K3THREAD_CLI_SCRIPT_OWN_PLACE_H
#define K3THREAD_CLI_SCRIPT_OWN_PLACE_H

#include "cli/place.h"

/* Makes the directory, beside the user's other supervisors or in /tmp. Returns 0 or -errno. */
int own_place_make(struct place *ret);

/* Removes the directory with all that is in it, and releases PLACE. */
void own_place_remove(struct place *place);

#endif
