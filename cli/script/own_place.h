/*
 * A place for a supervisor that is nobody else's: in directories that are removed at the end. Who
 * is killed before that leaves it to the supervisor's guardian: struct launch_own.
 */
#ifndef K3THREAD_CLI_SCRIPT_OWN_PLACE_H
#define K3THREAD_CLI_SCRIPT_OWN_PLACE_H

#include "cli/base/text.h"
#include "cli/place/place.h"

/*
 * Makes a directory for the socket, in XDG_RUNTIME_DIR, else in TMPDIR, else in /tmp; and one for the
 * journal and the logs, in TMPDIR, else in /tmp, if that is another place and can be used. Returns 0,
 * or -errno with a sentence in WHY that names each directory that would not do.
 */
int own_place_make(struct place *ret, struct text *why);

/* Removes the directories with all that is in them, and releases PLACE. */
void own_place_remove(struct place *place);

#endif
