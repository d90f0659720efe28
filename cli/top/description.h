/*
 * The built-in description of a terminal, as terminfo(5) has it, for machines that have no description
 * of theirs. It has only what VT100s, xterm, the Linux console, tmux and screen have in common.
 */
#ifndef K3THREAD_CLI_TOP_DESCRIPTION_H
#define K3THREAD_CLI_TOP_DESCRIPTION_H

#include "cli/base/text.h"

/* The name in the description. */
#define DESCRIPTION_NAME "k3thread"

/* The description, in a form that ncurses takes in place of a path. */
extern const char description_text[];

/*
 * Returns the name of the description for a terminal of the type TERM: TERM itself, if the machine describes
 * it, or DESCRIPTION_NAME. Returns NULL, with a sentence in WHY, if neither is right.
 */
__attribute__((nonnull)) const char *description_choose(const char *term, struct text *why);

#endif
