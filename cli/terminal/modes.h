/*
 * The settings of a terminal that a program changes by its output, and that stay until it changes them
 * back: keys, mouse, cursor, screen. A client that attaches later makes the settings on its terminal, and
 * undoes them when it detaches.
 */
#ifndef K3THREAD_CLI_TERMINAL_MODES_H
#define K3THREAD_CLI_TERMINAL_MODES_H

#include "cli/base/text.h"
#include "cli/terminal/sequence.h"

/* The settings that differ from those of a new terminal, one bit each. Zeroed: none. */
struct modes {
    unsigned changed;
};

/* Notes the settings that SEQUENCE, which is complete, changes. */
void modes_take(struct modes *modes, const struct sequence *sequence);

/* Returns true if the program shows its alternate screen. */
bool modes_has_alternate_screen(const struct modes *modes);

/* Adds the sequence that shows the alternate screen, if the program shows it. */
void modes_enter_screen(struct text *text, const struct modes *modes);

/* Adds the sequences that make the settings, without the choice of the screen. */
void modes_enter(struct text *text, const struct modes *modes);

/* Adds the sequences that undo the settings. */
void modes_leave(struct text *text, const struct modes *modes);

#endif
