#include "cli/top/state.h"

#include <stdarg.h>
#include <string.h>

/* The lines of the screen that are not rows: the title, the headings, the details, the message. */
#define OTHER_LINES 4

void state_say(struct state *state, const char *format, ...)
{
    va_list arguments;

    state->message.size = 0;
    va_start(arguments, format);
    text_vprintf(&state->message, format, arguments);
    va_end(arguments);
    state->must_draw = true;
}

size_t state_page(const struct state *state)
{
    return (size_t) (state->display.rows > OTHER_LINES ? state->display.rows - OTHER_LINES : 1);
}

/* Moves the part of the list that is on the screen to the selected row. */
static void scroll(struct state *state)
{
    size_t page = state_page(state), count = state->arrangement.count;

    if (state->first + page > count)
        state->first = count > page ? count - page : 0;
    if (state->cursor < state->first)
        state->first = state->cursor;
    if (state->cursor >= state->first + page)
        state->first = state->cursor - page + 1;
}

void state_select(struct state *state, size_t index)
{
    const struct arrangement *arrangement = &state->arrangement;

    state->cursor = index < arrangement->count ? index
                    : arrangement->count > 0   ? arrangement->count - 1
                                               : 0;
    state->selected = arrangement->count > 0 ? arrangement->shown[state->cursor]->id : 0;
    scroll(state);
}

int state_arrange(struct state *state, double time)
{
    ssize_t found;
    int     error;

    if (!state->must_arrange) {
        scroll(state);
        return 0;
    }
    state->must_arrange = false;
    state->arrangement.filter = state->filter.text;
    error = arrange(&state->arrangement, &state->rows, time);
    rows_free_gone(&state->rows);
    found = arrange_find(&state->arrangement, state->selected);
    /* If the selected thread is gone, the thread in its place is selected. */
    state_select(state, found >= 0 ? (size_t) found : state->cursor);
    return error;
}

struct row *state_selected(const struct state *state)
{
    return state->cursor < state->arrangement.count ? state->arrangement.shown[state->cursor]
                                                    : NULL;
}

struct row *const *state_visible(const struct state *state, size_t *ret_count)
{
    size_t page = state_page(state), count = state->arrangement.count - state->first;

    *ret_count = count < page ? count : page;
    return state->arrangement.shown + state->first;
}

bool typed_take(struct typed *typed, int key)
{
    if (key == DISPLAY_BACKSPACE) {
        bool had_some = typed->size > 0;

        while (typed->size > 0 && ((unsigned char) typed->text[--typed->size] & 0xc0) == 0x80)
            ; /* the rest of a character in UTF-8 */
        typed->text[typed->size] = '\0';
        return had_some;
    }
    if (key < ' ' || key >= DISPLAY_UP || typed->size == STATE_TYPED_MAX)
        return false;
    typed->text[typed->size++] = (char) key;
    typed->text[typed->size] = '\0';
    return true;
}
