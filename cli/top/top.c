#include "cli/top/top.h"

#include "cli/base/clock.h"
#include "cli/top/help.h"
#include "cli/top/keys.h"
#include "cli/top/list_view.h"
#include "cli/top/log_view.h"
#include "cli/top/raise_menu.h"
#include "cli/top/survey.h"
#include "cli/top/top_signals.h"
#include "cli/top/updates.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The seconds between two pictures, and between two looks at logs that are written to. */
#define PICTURE_PAUSE 0.05
#define LOG_PAUSE     0.2

/* The loop of the view, with the state that it works on. */
struct loop {
    struct state state;
    int          signals;   /* a descriptor */
    double       drawn;     /* when the last picture was made */
    double       tick;      /* when the picture changes by itself */
    double       logs_seen; /* when the logs were last looked at */
};

bool top_is_possible(struct text *why)
{
    return display_is_possible(why);
}

/* Drawing */

static void draw_too_small(struct state *state)
{
    display_put_string(&state->display, 0, 0, state->display.columns, STYLE_PLAIN,
                       "The terminal is too small: it needs 40 columns and 6 rows.");
}

/* A log that is not watched is read once a second. */
static double log_next_tick(const struct state *state, double time)
{
    const struct row *row = rows_find(&state->rows, state->log.id);

    return state->is_local && row != NULL && log_watch_misses(&state->logs, row) ? time + 1
                                                                                 : INFINITY;
}

/* Returns the time at which the picture that was made at TIME changes by itself. */
static double next_tick(const struct state *state, double time)
{
    if (state->mode == MODE_HELP)
        return INFINITY;
    if (state->mode == MODE_LOG || state->mode == MODE_SEARCH)
        return log_next_tick(state, time);
    return survey_next(state, time);
}

static void put_picture(struct state *state, double time)
{
    if (state->display.rows < DISPLAY_ROWS_MIN || state->display.columns < DISPLAY_COLUMNS_MIN) {
        draw_too_small(state);
    } else if (state->mode == MODE_HELP) {
        help_draw(state);
    } else if (state->mode == MODE_LOG || state->mode == MODE_SEARCH) {
        log_view_draw(state);
    } else {
        list_view_draw(state, time);
        if (state->mode == MODE_RAISE)
            raise_menu_draw(state);
    }
}

/* Makes a picture of the state. Returns 0 or -ENOMEM. */
static int draw(struct loop *loop, double time)
{
    struct state *state = &loop->state;
    int           error;

    error = state_arrange(state, time);
    if (error != 0)
        return error;
    survey_visible(state, time);
    display_begin(&state->display);
    put_picture(state, time);
    display_end(&state->display);
    state->must_draw = false;
    loop->drawn = time;
    loop->tick = next_tick(state, time);
    return 0;
}

/* Draws if something has changed, the terminal has taken the last picture, and it is time. */
static int draw_if_due(struct loop *loop)
{
    struct state *state = &loop->state;
    double        time = clock_monotonic();

    survey_all(state, time);
    state->must_draw |= time >= loop->tick;
    if (!state->must_draw || display_is_busy(&state->display) || time < loop->drawn + PICTURE_PAUSE)
        return 0;
    return draw(loop, time);
}

/* Events */

/* Takes the keys that were pressed. Arranges the rows first, so that each key acts on the newest state. */
static int take_keys(struct loop *loop)
{
    struct state *state = &loop->state;
    int           error = 0, key;

    while (error == 0 && !state->is_over &&
           (key = display_key(&state->display)) != DISPLAY_NO_KEY) {
        error = state_arrange(state, clock_monotonic());
        if (error == 0)
            error = keys_take(state, key);
        loop->drawn = 0; /* draw the effect of the key at once */
    }
    return error;
}

static void log_has_changed(void *context, int64_t id)
{
    struct state *state = context;
    struct row   *row = rows_find(&state->rows, id);

    if (row != NULL)
        row->live.is_read = false;
}

static void take_logs(struct loop *loop)
{
    struct state *state = &loop->state;

    loop->logs_seen = clock_monotonic();
    if (log_watch_take(&state->logs, log_has_changed, state))
        state->must_draw = true;
}

/* Returns the milliseconds after which poll() must return, or -1. */
static int patience(const struct loop *loop)
{
    const struct state *state = &loop->state;
    double              next = loop->tick, wait;

    if (state->must_draw)
        next = loop->drawn + PICTURE_PAUSE;
    if (display_is_busy(&state->display))
        next = INFINITY; /* the terminal must take the last picture first */
    if (loop->logs_seen > 0)
        next = fmin(next, loop->logs_seen + LOG_PAUSE);
    if (isinf(next))
        return -1;
    wait = ceil((next - clock_monotonic()) * 1000);
    return wait > 0 ? (int) fmin(wait, 3600e3) : 0;
}

/* Waits for events, and handles them. Returns 0 or -errno. */
static int turn(struct loop *loop)
{
    struct state *state = &loop->state;
    struct wire  *wire = &state->client->wire;
    struct pollfd polls[] = {
        {.fd = loop->signals, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = wire->fd, .events = (short) (wire->unsent.size > 0 ? POLLIN | POLLOUT : POLLIN)},
        {.fd = loop->logs_seen > 0 ? -1 : state->logs.fd, .events = POLLIN},
        {.fd = display_is_busy(&state->display) ? state->display.output : -1, .events = POLLOUT},
    };
    int error = 0;

    if (poll(polls, sizeof(polls) / sizeof(polls[0]), patience(loop)) < 0)
        return errno == EINTR ? 0 : -errno;
    if (polls[0].revents != 0)
        top_signals_read(state, loop->signals);
    if (!state->is_over && polls[1].revents & POLLIN)
        error = take_keys(loop);
    if (polls[1].revents & (POLLHUP | POLLERR | POLLNVAL))
        state->is_over = true; /* the terminal is gone */
    if (error == 0 && !state->is_over && polls[2].revents != 0)
        error = updates_take(state);
    if (loop->logs_seen > 0 && clock_monotonic() >= loop->logs_seen + LOG_PAUSE)
        loop->logs_seen = 0;
    if (polls[3].revents != 0)
        take_logs(loop);
    return error;
}

/* Shows the view until its end. Returns 0 or -errno. */
static int run(struct loop *loop)
{
    struct state *state = &loop->state;
    int           error = 0;

    while (error == 0 && !state->is_over) {
        error = draw_if_due(loop);
        if (!display_send(&state->display))
            state->is_over = true;
        else if (error == 0)
            error = turn(loop);
    }
    return error;
}

/* Fills RET. ERROR: 0 or -errno, the result of the loop. */
static void note_end(const struct loop *loop, int error, struct top_end *ret)
{
    ret->signal = loop->state.signal;
    if (client_is_gone(error) && loop->state.is_local)
        ret->is_without = true;
    else if (error == -ENOMEM)
        text_add(&ret->why, "out of memory");
    else
        ret->client_failed = error != 0;
}

static void release(struct state *state)
{
    log_view_close(state);
    log_watch_close(&state->logs);
    arrange_release(&state->arrangement);
    rows_release(&state->rows);
    text_release(&state->message);
}

/* Takes the terminal and the signals, and shows the view. */
static void visit(struct loop *loop, struct top_end *ret)
{
    struct state *state = &loop->state;
    sigset_t      before;

    loop->signals = top_signals_open(&before);
    if (loop->signals < 0) {
        text_printf(&ret->why, "cannot take signals: %s", strerror(-loop->signals));
        return;
    }
    if (display_open(&state->display, &ret->why) == 0) {
        int error = run(loop);

        display_close(&state->display);
        note_end(loop, error, ret);
    }
    top_signals_close(loop->signals, &before);
}

void top_run(const struct top_owner *owner, struct top_end *ret)
{
    struct loop loop = {.state = {.owner = owner, .client = owner->client}};

    *ret = (struct top_end){0};
    log_watch_open(&loop.state.logs);
    if (updates_begin(&loop.state) != 0)
        ret->client_failed = true;
    else
        visit(&loop, ret);
    updates_end(&loop.state);
    release(&loop.state);
}
