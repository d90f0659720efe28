/* The terminal of standard input, while a program elsewhere, or a screen of our own, reads its keys. */
#ifndef K3THREAD_CLI_VIEW_RAW_TERMINAL_H
#define K3THREAD_CLI_VIEW_RAW_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/* The settings of the terminal before it was raw. Zeroed, it is not raw. */
struct raw_terminal {
    struct termios before;
    bool           is_raw;
};

/*
 * Makes the terminal pass each key unchanged, without echo and without signals. May be called again, after another
 * program has changed the terminal. Returns 0 or -errno.
 */
int raw_terminal_enter(struct raw_terminal *terminal);

/* Does the same, except that the keys for signals, such as Ctrl-C and Ctrl-Z, still send them. */
int raw_terminal_enter_signals(struct raw_terminal *terminal);

/* Makes the terminal as it was, and drops the keys and answers that were not read. */
void raw_terminal_leave(struct raw_terminal *terminal);

#endif
