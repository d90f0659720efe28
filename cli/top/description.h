/*
 * The built-in description of a terminal, as terminfo(5) has it, for a machine that does not describe the
 * user's terminal. It has only the abilities that VT100s, xterm, the Linux console, tmux and screen share.
 */
#ifndef K3THREAD_CLI_TOP_DESCRIPTION_H
#define K3THREAD_CLI_TOP_DESCRIPTION_H

#include "cli/base/text.h"

/* The name of the built-in description. */
#define DESCRIPTION_NAME "k3thread"

/* The description, in a form that ncurses takes in place of a path. */
extern const char description_text[];

/*
 * Returns the name of the description for a terminal of the type TERM: TERM itself, if the machine describes
 * it, or DESCRIPTION_NAME. Returns NULL, with a sentence in WHY, if neither suits the terminal.
 */
__attribute__((nonnull)) const char *description_choose(const char *term, struct text *why);

#endif
