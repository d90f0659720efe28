/*
 * The settings of a terminal that a program changes by its output, and that stay until it changes them
 * back: keys, mouse, cursor, screen. A terminal that joins later gets them, and loses them when it
 * leaves.
 */
#ifndef K3THREAD_CLI_TERMINAL_MODES_H
#define K3THREAD_CLI_TERMINAL_MODES_H

#include "cli/base/text.h"
#include "cli/terminal/sequence.h"

/* The settings that are not as a terminal has them at its start. Zeroed: none. */
struct modes {
    unsigned changed;
};

/* Notes what SEQUENCE, which is complete, changes. */
void modes_take(struct modes *modes, const struct sequence *sequence);

/* Returns true if the program shows its alternate screen. */
bool modes_has_alternate_screen(const struct modes *modes);

/* Adds the sequence that shows the alternate screen, if the program does. */
void modes_enter_screen(struct text *text, const struct modes *modes);

/* Adds the sequences that make the settings, other than the screen. */
void modes_enter(struct text *text, const struct modes *modes);

/* Adds the sequences that undo the settings. */
void modes_leave(struct text *text, const struct modes *modes);

#endif
