#include "cli/top/keys.h"

#include "cli/top/actions.h"
#include "cli/top/log_view.h"
#include "cli/top/raise_menu.h"

#define CONTROL_L '\014'

/* Moves the selection. Returns false if KEY does something else. */
static bool take_move(struct state *state, int key)
{
    size_t cursor = state->cursor, page = state_page(state);

    if (key == DISPLAY_UP || key == 'k')
        state_select(state, cursor > 0 ? cursor - 1 : 0);
    else if (key == DISPLAY_DOWN || key == 'j')
        state_select(state, cursor + 1);
    else if (key == DISPLAY_PAGE_UP)
        state_select(state, cursor > page ? cursor - page : 0);
    else if (key == DISPLAY_PAGE_DOWN)
        state_select(state, cursor + page);
    else if (key == DISPLAY_HOME || key == 'g')
        state_select(state, 0);
    else if (key == DISPLAY_END || key == 'G')
        state_select(state, SIZE_MAX);
    else
        return false;
    return true;
}

/* Changes the choice and the order of the rows. Returns false if KEY does something else. */
static bool take_arrangement(struct state *state, int key)
{
    struct arrangement *arrangement = &state->arrangement;
    unsigned            order = (unsigned) arrangement->order;

    if (key == 's')
        arrangement->order = (enum arrange_order)((order + 1) % ARRANGE_COUNT);
    else if (key == 'S')
        arrangement->order = (enum arrange_order)((order + ARRANGE_COUNT - 1) % ARRANGE_COUNT);
    else if (key == 'i')
        arrangement->is_reversed = !arrangement->is_reversed;
    else if (key == 'e')
        arrangement->hides_ended = !arrangement->hides_ended;
    else if (key == DISPLAY_ESCAPE)
        state->filter = (struct typed){0};
    else
        return false;
    state->must_arrange = true;
    return true;
}

/* Does the action of KEY on the selected thread. Returns 0, or -errno if the connection has failed. */
static int take_action(struct state *state, int key)
{
    const struct row *row = state_selected(state);

    if (row == NULL)
        return 0;
    if (key == 'r')
        raise_menu_open(state, row);
    else if (key == 'l' || key == DISPLAY_ENTER)
        log_view_open(state, row);
    else if (key == 'R')
        return actions_restart(state, row);
    else if (key == 'a')
        return actions_attach(state, row);
    return 0;
}

static int take_in_list(struct state *state, int key)
{
    if (take_move(state, key) || take_arrangement(state, key))
        return 0;
    if (key == 'q')
        state->is_over = true;
    else if (key == 'f' || key == '/')
        state->mode = MODE_FILTER;
    else if (key == 'h' || key == '?')
        state->mode = MODE_HELP;
    else if (key == CONTROL_L)
        display_redraw(&state->display);
    else
        return take_action(state, key);
    return 0;
}

/* Takes a key while the filter is typed. The list changes with each key. */
static void take_in_filter(struct state *state, int key)
{
    if (key == DISPLAY_ESCAPE)
        state->filter = (struct typed){0};
    if (key == DISPLAY_ENTER || key == DISPLAY_ESCAPE)
        state->mode = MODE_LIST;
    else if (!typed_take(&state->filter, key))
        (void) take_move(state, key >= DISPLAY_UP ? key : DISPLAY_NO_KEY);
    state->must_arrange = true;
}

int keys_take(struct state *state, int key)
{
    state->must_draw = true;
    if (state->mode != MODE_FILTER && state->mode != MODE_SEARCH)
        state->message.size = 0;
    switch (state->mode) {
    case MODE_LIST:
        return take_in_list(state, key);
    case MODE_FILTER:
        take_in_filter(state, key);
        break;
    case MODE_RAISE:
        return raise_menu_key(state, key);
    case MODE_HELP:
        state->mode = MODE_LIST;
        break;
    case MODE_LOG:
        log_view_key(state, key);
        break;
    case MODE_SEARCH:
        log_view_search_key(state, key);
        break;
    }
    return 0;
}
