/* The choice of the exception to raise: a list of all exceptions, made shorter by what the user types. */
#ifndef K3THREAD_CLI_TOP_RAISE_MENU_H
#define K3THREAD_CLI_TOP_RAISE_MENU_H

#include "cli/top/state.h"

void raise_menu_open(struct state *state, const struct row *row);

/* Takes a key. Returns 0, or -errno if the connection has failed. */
int raise_menu_key(struct state *state, int key);

/* Draws the menu over the list. */
void raise_menu_draw(struct state *state);

#endif
