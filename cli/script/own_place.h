/*
 * A place for a supervisor that is nobody else's: in a directory that is removed at the end. Who
 * is killed before that leaves it to the supervisor's guardian: struct launch_own.
 */
#ifndef K3THREAD_CLI_SCRIPT_OWN_PLACE_H
#define K3THREAD_CLI_SCRIPT_OWN_PLACE_H

#include "cli/place.h"
#include "cli/text.h"

/*
 * Makes the directory, in XDG_RUNTIME_DIR, else in TMPDIR, else in /tmp. Returns 0, or -errno with a
 * sentence in WHY that names each directory that would not do.
 */
int own_place_make(struct place *ret, struct text *why);

/* Removes the directory with all that is in it, and releases PLACE. */
void own_place_remove(struct place *place);

#endif
