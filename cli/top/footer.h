/* Draws the last line of the screen: the text that the user types, a message, or the keys that can be pressed. */
#ifndef K3THREAD_CLI_TOP_FOOTER_H
#define K3THREAD_CLI_TOP_FOOTER_H

#include "cli/top/state.h"

/* Draws PROMPT, TYPED behind it, and the cursor there. If TYPED is NULL, draws the message or the keys. */
void footer_draw(struct state *state, const char *prompt, const struct typed *typed);

#endif
