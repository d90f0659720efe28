/* Makes the terminal at standard input raw: a program elsewhere, or a screen of k3thread itself, reads its keys. */
#ifndef K3THREAD_CLI_VIEW_RAW_TERMINAL_H
#define K3THREAD_CLI_VIEW_RAW_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/* The settings that the terminal had before it was made raw. Zeroed: the terminal is not raw. */
struct raw_terminal {
    struct termios before;
    bool           is_raw;
};

/*
 * Makes the terminal pass each key unchanged, without echo and without signals. May be called again, after another
 * program has changed the terminal. Returns 0 or -errno.
 */
int raw_terminal_enter(struct raw_terminal *terminal);

/* Makes the terminal raw as raw_terminal_enter() does, but Ctrl-C, Ctrl-Z and the like still send their signals. */
int raw_terminal_enter_signals(struct raw_terminal *terminal);

/* Restores the terminal, and drops the keys and replies that were not read. */
void raw_terminal_leave(struct raw_terminal *terminal);

#endif
