#include "cli/top/list_view.h"

#include "cli/base/duration.h"
#include "cli/top/cells.h"
#include "cli/top/footer.h"

#include <string.h>

/* The widths of the columns that never change. */
#define STATE_WIDTH   8
#define TIME_WIDTH    6
#define PERCENT_WIDTH 5
#define MEMORY_WIDTH  6

#define ID_WIDTH_MIN   2
#define NAME_WIDTH_MIN 8

/* The columns whose widths or places depend on the threads. */
struct columns {
    int id, name;     /* the widths of the id and the name */
    int last_line_at; /* where the last line begins */
};

/* The width of the columns between the name and the last line, with the blanks around them. */
#define MIDDLE_WIDTH (1 + STATE_WIDTH + 1 + TIME_WIDTH + 1 + PERCENT_WIDTH + 1 + MEMORY_WIDTH + 2)

static int digits(int64_t number)
{
    int count = 1;

    while ((number /= 10) > 0)
        count++;
    return count;
}

static struct columns measure(const struct state *state)
{
    const struct rows *rows = &state->rows;
    int64_t            last = rows->count > 0 ? rows->by_id[rows->count - 1]->id : 0;
    struct columns     columns = {.id = digits(last) > ID_WIDTH_MIN ? digits(last) : ID_WIDTH_MIN};
    int                most = (state->display.columns - columns.id - 1 - MIDDLE_WIDTH) / 2;
    int                wanted = (int) state->arrangement.name_width;

    columns.name = wanted < most ? wanted : most;
    if (columns.name < NAME_WIDTH_MIN)
        columns.name = NAME_WIDTH_MIN;
    columns.last_line_at = columns.id + 1 + columns.name + MIDDLE_WIDTH;
    return columns;
}

/* Puts TEXT, and releases it. Aligned to the right if IS_NUMBER. */
static void put(struct state *state, int line, int column, int width, enum display_style style,
                bool is_number, struct text *text)
{
    int needed = (int) text_width(text->data, text->size);
    int blanks = is_number && needed < width ? width - needed : 0;

    display_put(&state->display, line, column + blanks, width - blanks, style, text->data,
                text->size);
    text_release(text);
}

/* The lines around the list */

/* Adds "3 running", with a comma before it. */
static void add_count(struct text *text, size_t count, const char *word)
{
    if (count > 0)
        text_printf(text, ", %zu %s", count, word);
}

static void draw_title(struct state *state)
{
    const struct rows        *rows = &state->rows;
    const struct arrangement *arrangement = &state->arrangement;
    struct text               text = {0}, right = {0};
    int                       width;

    text_printf(&text, "%zu thread%s", rows->count, rows->count == 1 ? "" : "s");
#define X(name, word) add_count(&text, rows->states[STATE_##name], word);
    PROTOCOL_STATES(X)
#undef X
    add_count(&text, rows->failed, "failed");
    text_printf(&right, " by %s%s", arrange_word(arrangement->order),
                arrangement->is_reversed && arrangement->order != ARRANGE_TREE ? ", reversed" : "");
    if (arrangement->hides_ended)
        text_add(&right, ", ended threads hidden");
    if (state->filter.size > 0) {
        text_add(&right, ", filter ");
        text_add_escaped(&right, state->filter.text, state->filter.size);
    }
    width = state->display.columns - (int) text_width(right.data, right.size);
    put(state, 0, 0, state->display.columns, STYLE_TITLE, false, &text);
    if (width > 0)
        put(state, 0, width, state->display.columns - width, STYLE_PLAIN, false, &right);
    text_release(&right);
}

static void draw_headings(struct state *state, const struct columns *columns)
{
    struct text text = {0};

    text_printf(&text, "%*s %-*s %-*s %*s %*s %*s  LAST LINE", columns->id, "ID", columns->name,
                "NAME", STATE_WIDTH, "STATE", TIME_WIDTH, "TIME", PERCENT_WIDTH, "%CPU",
                MEMORY_WIDTH, "MEMORY");
    put(state, 1, 0, state->display.columns, STYLE_HEADING, false, &text);
}

/* Draws the details of the selected thread that no column shows. */
static void draw_details(struct state *state)
{
    const struct row *row = state_selected(state);
    struct text       text = {0};

    if (row == NULL)
        return;
    text_printf(&text, "%s (%lld)", row->name, (long long) row->id);
    if (row->pid != 0)
        text_printf(&text, "  pid %d", (int) row->pid);
    if (row->runs != 1)
        text_printf(&text, "  %lld runs", (long long) row->runs);
    text_add(&text, "  cpu ");
    duration_add(&text, row_runs(row) && row->live.time > 0 ? row->live.cpu : row->cpu);
    text_printf(&text, "%s%s  %s", row->daemon ? "  daemon" : "", row->has_terminal ? "  tty" : "",
                row->command);
    put(state, state->display.rows - 2, 0, state->display.columns, STYLE_HEADING, false, &text);
}

/* The rows */

static enum display_style style_of(const struct row *row)
{
    switch (row->state) {
    case STATE_RUNNING:
    case STATE_READY:
        return STYLE_GOOD;
    case STATE_DELAYED:
    case STATE_WAITING:
    case STATE_QUEUED:
        return STYLE_WAITING;
    case STATE_STOPPING:
        return STYLE_ENDING;
    case STATE_ENDED:
        break;
    }
    return row->has_failed ? STYLE_BAD : STYLE_PLAIN;
}

/* Draws how the thread has ended or what it waits for, and the last line of its log. */
static void draw_line_cell(struct state *state, int line, int column, enum display_style style,
                           enum display_style result_style, const struct row *row)
{
    int         width = (int) text_width(row->result, strlen(row->result));
    const char *last = row->live.line != NULL ? row->live.line : "";

    if (width > 0) {
        width = last[0] != '\0' ? width + 2 : state->display.columns - column;
        display_put_string(&state->display, line, column, width, result_style, row->result);
        column += width;
    }
    display_put_string(&state->display, line, column, state->display.columns - column, style, last);
}

static void draw_row(struct state *state, int line, const struct columns *columns,
                     const struct row *row, double time)
{
    bool               is_selected = row->id == state->selected;
    enum display_style style = is_selected ? STYLE_SELECTED : STYLE_PLAIN;
    enum display_style coloured = is_selected ? STYLE_SELECTED : style_of(row);
    int                column = 0;
    struct text        text = {0};

    display_put(&state->display, line, 0, state->display.columns, style, "", 0);
    text_printf(&text, "%lld", (long long) row->id);
    put(state, line, column, columns->id, style, true, &text);
    column += columns->id + 1;
    arrange_add_lines(&text, row, state->display.is_utf8);
    text_add(&text, row->name);
    put(state, line, column, columns->name, style, false, &text);
    column += columns->name + 1;
    text_add(&text, row_state(row));
    put(state, line, column, STATE_WIDTH, coloured, false, &text);
    column += STATE_WIDTH + 1;
    cells_add_time(&text, row, time);
    put(state, line, column, TIME_WIDTH, style, true, &text);
    column += TIME_WIDTH + 1;
    cells_add_percent(&text, row);
    put(state, line, column, PERCENT_WIDTH, style, true, &text);
    column += PERCENT_WIDTH + 1;
    cells_add_memory(&text, row);
    put(state, line, column, MEMORY_WIDTH, style, true, &text);
    draw_line_cell(state, line, columns->last_line_at, style, coloured, row);
}

/* Returns the reason why no row is shown, and the keys that show rows again. */
static const char *why_empty(const struct state *state)
{
    if (state->rows.count == 0)
        return "There are no threads.";
    if (state->filter.size == 0)
        return "All threads have ended: e shows them.";
    return state->arrangement.hides_ended
               ? "No thread fits: Esc clears the filter, e shows ended threads."
               : "No thread fits: Esc clears the filter.";
}

void list_view_draw(struct state *state, double time)
{
    struct columns     columns = measure(state);
    size_t             count;
    struct row *const *rows = state_visible(state, &count);

    draw_title(state);
    draw_headings(state, &columns);
    for (size_t i = 0; i < count; i++)
        draw_row(state, (int) i + 2, &columns, rows[i], time);
    if (count == 0)
        display_put_string(&state->display, 2, 0, state->display.columns, STYLE_PLAIN,
                           why_empty(state));
    draw_details(state);
    footer_draw(state, "Filter: ", state->mode == MODE_FILTER ? &state->filter : NULL);
}
