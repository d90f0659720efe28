#include "cli/terminal/modes.h"

#include <string.h>

/* X(name, number of the mode, sequence that makes the setting, sequence that undoes it) */
#define MODES(X)                                                                                   \
    X(CURSOR_KEYS, 1, "\033[?1h", "\033[?1l")                                                      \
    X(REVERSE, 5, "\033[?5h", "\033[?5l")                                                          \
    X(ORIGIN, 6, "\033[?6h", "\033[?6l")                                                           \
    X(WRAP, 7, "\033[?7l", "\033[?7h")                                                             \
    X(MOUSE_X10, 9, "\033[?9h", "\033[?9l")                                                        \
    X(CURSOR, 25, "\033[?25l", "\033[?25h")                                                        \
    X(MOUSE, 1000, "\033[?1000h", "\033[?1000l")                                                   \
    X(MOUSE_DRAG, 1002, "\033[?1002h", "\033[?1002l")                                              \
    X(MOUSE_ANY, 1003, "\033[?1003h", "\033[?1003l")                                               \
    X(FOCUS, 1004, "\033[?1004h", "\033[?1004l")                                                   \
    X(MOUSE_UTF8, 1005, "\033[?1005h", "\033[?1005l")                                              \
    X(MOUSE_SGR, 1006, "\033[?1006h", "\033[?1006l")                                               \
    X(MOUSE_URXVT, 1015, "\033[?1015h", "\033[?1015l")                                             \
    X(PASTE, 2004, "\033[?2004h", "\033[?2004l")                                                   \
    X(SCREEN_OLD, 47, "\033[?47h", "\033[?47l")                                                    \
    X(SCREEN_CLEARED, 1047, "\033[?1047h", "\033[?1047l")                                          \
    X(SCREEN, 1049, "\033[?1049h", "\033[?1049l")

/* X(name, sequence that makes the setting, sequence that undoes it), of settings without a number. */
#define OTHERS(X)                                                                                  \
    X(KEYPAD, "\033=", "\033>")                                                                    \
    X(KEYS, "\033[>4;2m", "\033[>4m")                                                              \
    X(CURSOR_SHAPE, "", "\033[0 q")                                                                \
    X(LINES, "", "\033(B")                                                                         \
    X(REGION, "", "\0337\033[r\0338")                                                              \
    X(COLOURS, "", "\033[m")

enum setting {
#define X(name, number, make, undo) name,
    MODES(X)
#undef X
#define X(name, make, undo) name,
        OTHERS(X)
#undef X
};

static const struct {
    unsigned    number; /* 0: none */
    const char *make, *undo;
} settings[] = {
#define X(name, number, make, undo) {number, make, undo},
    MODES(X)
#undef X
#define X(name, make, undo) {0, make, undo},
        OTHERS(X)
#undef X
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* The modes that are set in a new terminal. */
#define SET_AT_START (1U << WRAP | 1U << CURSOR)

#define SCREENS (1U << SCREEN_OLD | 1U << SCREEN_CLEARED | 1U << SCREEN)

static void note(struct modes *modes, enum setting setting, bool is_changed)
{
    if (is_changed)
        modes->changed |= 1U << setting;
    else
        modes->changed &= ~(1U << setting);
}

static void note_mode(void *context, unsigned number, bool set)
{
    for (unsigned i = 0; i < SETTINGS; i++)
        if (settings[i].number == number && number != 0)
            note(context, (enum setting) i, set != ((SET_AT_START & 1U << i) != 0));
}

static void take_escape(struct modes *modes, const struct sequence *sequence)
{
    if (sequence->size == 0 && sequence->final == 'c')
        modes->changed = 0;
    else if (sequence->size == 0 && (sequence->final == '=' || sequence->final == '>'))
        note(modes, KEYPAD, sequence->final == '=');
    else if (strcmp(sequence->middle, "(") == 0)
        note(modes, LINES, sequence->final != 'B');
}

static void take_control(struct modes *modes, const struct sequence *sequence)
{
    const char *middle = sequence->middle;

    sequence_modes(sequence, note_mode, modes);
    if (sequence->final == 'm' && middle[0] == '>')
        note(modes, KEYS, strncmp(middle, ">4;", 3) == 0 && middle[3] != '0');
    else if (sequence->final == 'm')
        note(modes, COLOURS, middle[0] != '\0' && strcmp(middle, "0") != 0);
    else if (sequence->final == 'q' && strchr(middle, ' ') != NULL)
        note(modes, CURSOR_SHAPE, middle[0] > '0');
    else if (sequence->final == 'r' && middle[0] != '?')
        note(modes, REGION, middle[0] != '\0');
}

void modes_take(struct modes *modes, const struct sequence *sequence)
{
    if (sequence->form == SEQUENCE_ESCAPE)
        take_escape(modes, sequence);
    else if (sequence->form == SEQUENCE_CONTROL)
        take_control(modes, sequence);
}

bool modes_has_alternate_screen(const struct modes *modes)
{
    return (modes->changed & SCREENS) != 0;
}

/* Adds the sequences that make the settings in SET if MAKE is true, or else undo them. */
static void add(struct text *text, unsigned set, bool make)
{
    for (unsigned i = 0; i < SETTINGS; i++)
        if (set & 1U << i)
            text_add(text, make ? settings[i].make : settings[i].undo);
}

void modes_enter_screen(struct text *text, const struct modes *modes)
{
    add(text, modes->changed & SCREENS, true);
}

void modes_enter(struct text *text, const struct modes *modes)
{
    add(text, modes->changed & ~SCREENS, true);
}

void modes_leave(struct text *text, const struct modes *modes)
{
    add(text, modes->changed & ~SCREENS, false);
    add(text, modes->changed & SCREENS, false);
}
