/*
 * The screen of top, and its keys. Only display.c calls ncurses.
 *
 * ncurses draws into a file in memory, and the bytes go from there to the terminal without waiting for it. So a
 * terminal that accepts nothing, as after Ctrl-S, does not keep top from handling signals, and a slow terminal
 * gets fewer pictures.
 *
 * The machine's terminfo describes the terminal. If it does not know this terminal, top uses the built-in
 * description of description.h.
 */
#ifndef K3THREAD_CLI_TOP_DISPLAY_H
#define K3THREAD_CLI_TOP_DISPLAY_H

#include "cli/base/byte_queue.h"
#include "cli/base/text.h"
#include "cli/view/raw_terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* On a smaller terminal only a message is drawn. */
#define DISPLAY_ROWS_MIN    6
#define DISPLAY_COLUMNS_MIN 40

/* The screen of this process. */
struct display {
    FILE               *memory; /* the bytes that ncurses has drawn since the last display_end() */
    int                 output; /* the terminal; does not block if possible */
    struct byte_queue   unsent; /* the bytes that the terminal has not accepted yet */
    struct raw_terminal raw;
    bool                is_shown, is_utf8, has_colours;
    int                 rows, columns;
};

/* The keys that are not bytes. */
enum display_key {
    DISPLAY_NO_KEY = 0,
    DISPLAY_UP = 256,
    DISPLAY_DOWN,
    DISPLAY_LEFT,
    DISPLAY_RIGHT,
    DISPLAY_PAGE_UP,
    DISPLAY_PAGE_DOWN,
    DISPLAY_HOME,
    DISPLAY_END,
    DISPLAY_BACKSPACE,
    DISPLAY_ENTER,
    DISPLAY_ESCAPE,
};

enum display_style {
    STYLE_PLAIN,
    STYLE_TITLE,
    STYLE_HEADING,
    STYLE_SELECTED,
    STYLE_GOOD,
    STYLE_WAITING,
    STYLE_ENDING,
    STYLE_BAD,
    STYLE_FAINT,
};

/* Returns true if this process has a terminal to draw on. If not, puts the reason into WHY. */
bool display_is_possible(struct text *why);

/* Takes the terminal at standard input and output. Returns 0, or -errno with a sentence in WHY. */
int display_open(struct display *display, struct text *why);

/* Gives the terminal back, as it was before display_open(). */
void display_close(struct display *display);

/* Gives the terminal back for a while, and takes it again. */
void display_leave(struct display *display);
void display_enter(struct display *display);

/* Asks the terminal for its size again. */
void display_resize(struct display *display);

/* Draws the whole screen again, whatever the terminal shows. */
void display_redraw(struct display *display);

/*
 * Begin and end a picture. The calls between them put the contents of the picture. display_end() makes the bytes
 * for the terminal.
 */
void display_begin(struct display *display);
void display_end(struct display *display);

/*
 * Puts SIZE bytes of text at ROW and COLUMN. The text takes exactly WIDTH columns: it is cut, or has blanks behind
 * it. A character that cannot be printed becomes a "?".
 */
void display_put(struct display *display, int row, int column, int width, enum display_style style,
                 const char *data, size_t size);
void display_put_string(struct display *display, int row, int column, int width,
                        enum display_style style, const char *string);

/* Shows the cursor at ROW and COLUMN in the picture; it is hidden otherwise. */
void display_put_cursor(struct display *display, int row, int column);

/* Returns true if bytes wait for the terminal to take them. */
bool display_is_busy(const struct display *display);

/* Writes as much as the terminal takes. Returns false if the terminal is gone. */
bool display_send(struct display *display);

/* Returns the next key: a byte, an enum display_key, or DISPLAY_NO_KEY if there is none. */
int display_key(struct display *display);

#endif
