/*
 * A place for the supervisor of a single run, in directories that the run removes at its end. If
 * the run is killed before that, the supervisor's guardian removes them: see struct launch_own.
 */
#ifndef K3THREAD_CLI_PLACE_TEMPORARY_PLACE_H
#define K3THREAD_CLI_PLACE_TEMPORARY_PLACE_H

#include "cli/base/text.h"
#include "cli/place/place.h"

/*
 * Makes a directory for the socket in XDG_RUNTIME_DIR, else in TMPDIR, else in /tmp. Makes a
 * directory for the journal and the logs in TMPDIR, else in /tmp, unless the socket's directory is
 * there. Returns 0, or -errno with a sentence in WHY that names each directory that could not be
 * used.
 */
int temporary_place_make(struct place *ret, struct text *why);

/* Makes the place in DIRECTORY, which exists, for both purposes. Returns 0, or -errno with WHY. */
int temporary_place_in(struct place *ret, const char *directory, struct text *why);

/* Removes both directories with all that is in them, and releases PLACE. */
void temporary_place_remove(struct place *place);

#endif
