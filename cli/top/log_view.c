#include "cli/top/log_view.h"

#include "cli/base/size.h"
#include "cli/top/footer.h"

#include <stdlib.h>
#include <string.h>

/* The number of columns by which Left and Right move. */
#define STEP 20

/* The lines of the screen that are not of the log. */
#define OTHER_LINES 2

static size_t room(const struct state *state)
{
    return (size_t) (state->display.rows > OTHER_LINES ? state->display.rows - OTHER_LINES : 1);
}

void log_view_open(struct state *state, const struct row *row)
{
    struct log_view *view = &state->log;
    int              error = state->is_local ? 0 : far_log_open(&view->far, state->client, row->id);
    char            *name;

    if (error != 0) {
        far_log_close(&view->far);
        state_say(state, "cannot read the log: %s", strerror(-error));
        return;
    }
    name = strdup(row->name);
    if (name == NULL ||
        pager_open(&view->pager, state->is_local ? row->log : view->far.path) != 0) {
        free(name);
        far_log_close(&view->far);
        state_say(state, "out of memory");
        return;
    }
    view->name = name;
    view->id = row->id;
    view->column = 0;
    view->follows = true;
    view->search = (struct typed){0};
    state->mode = MODE_LOG;
}

void log_view_close(struct state *state)
{
    if (state->log.name == NULL)
        return;
    pager_close(&state->log.pager);
    far_log_close(&state->log.far);
    free(state->log.name);
    state->log.name = NULL;
    state->mode = MODE_LIST;
}

/* Moving */

/* Moves DISTANCE lines down, or up if it is negative. At the end, the log is followed. */
static void move_lines(struct state *state, long distance)
{
    struct log_view *view = &state->log;
    off_t            end = pager_end(&view->pager, room(state));

    if (view->follows) /* perhaps it was not drawn since */
        view->position = end;
    for (; distance < 0 && view->position > view->pager.begin; distance++)
        view->position = pager_previous(&view->pager, view->position);
    for (; distance > 0 && view->position < end; distance--)
        view->position = pager_next(&view->pager, view->position);
    view->follows = view->position >= end;
}

/* Goes to the first line at or behind POSITION that has the searched text. */
static void search_from(struct state *state, off_t position)
{
    struct log_view *view = &state->log;
    off_t            found = pager_find(&view->pager, position, view->search.text);

    if (found < 0) {
        state_say(state, "not found: %s", view->search.text);
        return;
    }
    view->position = found;
    view->follows = false;
}

void log_view_search_key(struct state *state, int key)
{
    struct log_view *view = &state->log;

    if (key == DISPLAY_ENTER || key == DISPLAY_ESCAPE)
        state->mode = MODE_LOG;
    if (key == DISPLAY_ENTER && view->search.size > 0)
        search_from(state, view->position);
    else if (key != DISPLAY_ENTER)
        (void) typed_take(&view->search, key);
}

/* Takes a key that moves. */
static void take_move(struct state *state, int key)
{
    struct log_view *view = &state->log;
    long             page = (long) room(state);

    if (key == DISPLAY_UP || key == 'k')
        move_lines(state, -1);
    else if (key == DISPLAY_DOWN || key == 'j' || key == DISPLAY_ENTER)
        move_lines(state, 1);
    else if (key == DISPLAY_PAGE_UP || key == 'b')
        move_lines(state, -page);
    else if (key == DISPLAY_PAGE_DOWN || key == ' ')
        move_lines(state, page);
    else if (key == DISPLAY_LEFT)
        view->column = view->column > STEP ? view->column - STEP : 0;
    else if (key == DISPLAY_RIGHT)
        view->column += STEP;
}

void log_view_key(struct state *state, int key)
{
    struct log_view *view = &state->log;

    if (key == 'q' || key == DISPLAY_ESCAPE) {
        log_view_close(state);
    } else if (key == 'g' || key == DISPLAY_HOME) {
        view->position = view->pager.begin;
        view->follows = false;
        move_lines(state, 0);
    } else if (key == 'G' || key == 'F' || key == DISPLAY_END) {
        view->follows = true;
    } else if (key == '/') {
        view->search = (struct typed){0};
        state->mode = MODE_SEARCH;
    } else if (key == 'n' && view->search.size > 0) {
        search_from(state, pager_next(&view->pager, view->position));
    } else {
        take_move(state, key);
    }
}

/* Drawing */

static void draw_title(struct state *state)
{
    const struct log_view *view = &state->log;
    struct text            text = {0};

    text_printf(&text, "Log of %s (%lld): ", view->name, (long long) view->id);
    if (view->pager.size > 0)
        size_add(&text, (uint64_t) view->pager.size);
    else
        text_add(&text, "empty");
    if (view->follows)
        text_add(&text, ", following the end");
    else if (view->pager.size > 0)
        text_printf(&text, ", %d %%", (int) (view->position * 100 / view->pager.size));
    display_put(&state->display, 0, 0, state->display.columns, STYLE_HEADING, text.data, text.size);
    text_release(&text);
}

/* Draws the line at POSITION, from the column on that the user looks at. */
static void draw_log_line(struct state *state, int line, off_t position)
{
    struct text text = {0};
    size_t      skipped;

    pager_add_line(&state->log.pager, position, &text);
    skipped = text_fit(text.data, text.size, (size_t) state->log.column);
    if (!text.failed && text.size > 0)
        display_put(&state->display, line, 0, state->display.columns, STYLE_PLAIN,
                    text.data + skipped, text.size - skipped);
    text_release(&text);
}

void log_view_draw(struct state *state)
{
    struct log_view  *view = &state->log;
    const struct row *row = rows_find(&state->rows, view->id);
    bool              is_other;
    off_t             position;

    if (row != NULL && row->state != STATE_ENDED)
        far_log_go_on(&view->far);
    (void) pager_look(&view->pager, &is_other);
    if (view->follows || is_other || view->position > view->pager.size)
        view->position = pager_end(&view->pager, room(state));
    else if (view->position < view->pager.begin)
        view->position = view->pager.begin;
    draw_title(state);
    position = view->position;
    for (int line = 1; line <= (int) room(state) && position < view->pager.size; line++) {
        off_t next = pager_next(&view->pager, position);

        draw_log_line(state, line, position);
        if (next == position)
            break;
        position = next;
    }
    footer_draw(state, "Search: ", state->mode == MODE_SEARCH ? &view->search : NULL);
}
