#include "cli/top/raise_menu.h"

#include "cli/base/exceptions.h"
#include "cli/top/actions.h"

#include <stdio.h>
#include <string.h>

/* The exceptions that users raise most. They come first, and all others follow. */
static const char *const first[] = {"SystemExit", "KeyboardInterrupt", "SIGKILL", "TimeoutError",
                                    "SIGHUP",     "SIGUSR1",           "SIGUSR2", "SIGSTOP",
                                    "SIGCONT"};

#define FIRST_COUNT (sizeof(first) / sizeof(first[0]))

#define MENU_WIDTH 44

/* The last line of the menu, on a display that has room for it. */
#define MENU_END 14

static bool is_first(const char *name)
{
    for (size_t i = 0; i < FIRST_COUNT; i++)
        if (strcmp(name, first[i]) == 0)
            return true;
    return false;
}

/* Returns the exception number PLACE of the menu; "" if FIRST has that exception already; NULL past the end. */
static const char *name_at(size_t place)
{
    const k3thread_exctype *type;

    if (place < FIRST_COUNT)
        return first[place];
    type = exceptions_at(place - FIRST_COUNT);
    if (type == NULL)
        return NULL;
    return is_first(type->name) ? "" : type->name;
}

/* Returns the offered exception number INDEX, or NULL. */
static const char *offered(const struct raise_menu *menu, size_t index)
{
    const char *name;

    for (size_t place = 0; (name = name_at(place)) != NULL; place++)
        if (name[0] != '\0' && strcasestr(name, menu->typed.text) != NULL && index-- == 0)
            return name;
    return NULL;
}

static size_t count_offered(const struct raise_menu *menu)
{
    size_t count = 0;

    while (offered(menu, count) != NULL)
        count++;
    return count;
}

void raise_menu_open(struct state *state, const struct row *row)
{
    state->raise = (struct raise_menu){.id = row->id};
    state->mode = MODE_RAISE;
}

/*
 * Raises the exception that was chosen. If none is offered, raises the name that was typed: a process may have
 * exceptions of its own.
 */
static int raise_choice(struct state *state)
{
    const struct raise_menu *menu = &state->raise;
    const char              *name = offered(menu, menu->choice);
    const struct row        *row = rows_find(&state->rows, menu->id);

    state->mode = MODE_LIST;
    if (row == NULL) {
        state_say(state, "the thread is gone");
        return 0;
    }
    return actions_raise(state, menu->id, row->name, name != NULL ? name : menu->typed.text);
}

int raise_menu_key(struct state *state, int key)
{
    struct raise_menu *menu = &state->raise;
    size_t             count = count_offered(menu);

    if (key == DISPLAY_ENTER)
        return raise_choice(state);
    if (key == DISPLAY_ESCAPE)
        state->mode = MODE_LIST;
    else if (key == DISPLAY_DOWN && menu->choice + 1 < count)
        menu->choice++;
    else if (key == DISPLAY_UP && menu->choice > 0)
        menu->choice--;
    else if (key == DISPLAY_HOME || typed_take(&menu->typed, key))
        menu->choice = 0;
    else if (key == DISPLAY_END && count > 0)
        menu->choice = count - 1;
    return 0;
}

/* Draws one line of the menu. */
static void draw_line(struct state *state, int line, enum display_style style, const char *string)
{
    struct text text = {0};
    int         width = state->display.columns < MENU_WIDTH ? state->display.columns : MENU_WIDTH;
    int         column = (state->display.columns - width) / 2;

    text_printf(&text, " %s", string);
    display_put(&state->display, line, column, width, style, text.data, text.size);
    text_release(&text);
}

/* Draws the offered exceptions on the lines from LINE on, up to END. */
static void draw_offered(struct state *state, int line, int end)
{
    const struct raise_menu *menu = &state->raise;
    size_t                   room = (size_t) (end - line);
    size_t                   from = menu->choice >= room ? menu->choice - room + 1 : 0;
    const char              *name = offered(menu, from);

    if (name == NULL)
        draw_line(state, line++, STYLE_PLAIN, "Enter raises what is typed");
    for (; name != NULL && line < end; name = offered(menu, ++from))
        draw_line(state, line++, from == menu->choice ? STYLE_SELECTED : STYLE_PLAIN, name);
    while (line < end)
        draw_line(state, line++, STYLE_PLAIN, "");
}

void raise_menu_draw(struct state *state)
{
    const struct row *row = rows_find(&state->rows, state->raise.id);
    struct text       text = {0};
    int               room = state->display.rows - 3;
    int               last = room < MENU_END ? room : MENU_END;

    text_printf(&text, "Raise in %s: %s", row != NULL ? row->name : "a thread that is gone",
                state->raise.typed.text);
    text_byte(&text, '\0', 1);
    if (!text.failed)
        draw_line(state, 1, STYLE_HEADING, text.data);
    text_release(&text);
    draw_offered(state, 2, last);
    draw_line(state, last, STYLE_HEADING, "Enter raise  Esc cancel  letters narrow");
}
