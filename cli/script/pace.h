/*
 * Decides the pace of a long script. If all commands that are left are plain starts, which refer to no earlier thread,
 * the script is in its tail, and waits for the front before some of them (thinning.h).
 *
 * A script that still has a `join`, a `list` or a start with --needs goes on at once: its author may rely on the
 * threads that were started before.
 */
#ifndef K3THREAD_CLI_SCRIPT_PACE_H
#define K3THREAD_CLI_SCRIPT_PACE_H

#include "cli/script/command_source.h"

#include <stdbool.h>
#include <stddef.h>

/* The pace of one script. */
struct pace {
    bool   is_wanted; /* if not, the script never waits */
    bool   is_tail;   /* only plain starts are left */
    size_t row;       /* how many plain starts came in a row */
    size_t rest;      /* in the tail: how many starts are left; 0: that is not known */

    /* The line of the next command that is no plain start, as far as the script was read ahead; 0: not known. */
    size_t next_unplain;
};

/*
 * Notes that WORDS, which SOURCE has just returned, come next. Returns true if the script must wait for the front
 * before it executes them.
 */
bool pace_note(struct pace *pace, const struct command_source *source, const struct words *words);

#endif
