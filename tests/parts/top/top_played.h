/*
 * Top with a display that keeps its picture here, and a supervisor that is the test. The time, and what processes use,
 * are what the test says.
 */
#ifndef TOP_PLAYED_H
#define TOP_PLAYED_H

#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/text.h"
#include "cli/client/client.h"
#include "cli/process/live_usage.h"
#include "cli/top/actions.h"
#include "cli/top/far_look.h"
#include "cli/top/keys.h"
#include "cli/top/list_view.h"
#include "cli/top/live.h"
#include "cli/top/log_view.h"
#include "cli/top/log_watch.h"
#include "cli/top/raise_menu.h"
#include "cli/top/state.h"
#include "cli/top/survey.h"
#include "cli/top/updates.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define COLUMNS_MAX 200

static double now = 1000, step; /* the time, and how long each look at the clock takes */

/* The picture, and its cursor. */
static char               picture[50][COLUMNS_MAX];
static enum display_style styles[50][COLUMNS_MAX];
static int                cursor_row, cursor_column, entered, redrawn;

/* The requests that came since the last check, and the replies that wait. */
static struct text  requests;
static struct reply replies[8];
static int          reply_count, held;      /* replies that were received and not released */
static const char  *refusal = "ValueError"; /* the type of a refusal */

static struct live_usage usage;
static int               looks; /* at processes */

static struct state  state;
static struct client client;

/* The functions that the program of top calls. */

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    now += step;
    return now;
}

void display_put(struct display *display, int row, int column, int width, enum display_style style,
                 const char *data, size_t size)
{
    CHECK(row >= 0 && row < display->rows && column >= 0);
    for (int i = 0; i < width && column + i < display->columns; i++) {
        picture[row][column + i] = (size_t) i < size ? data[i] : ' ';
        styles[row][column + i] = style;
    }
}

void display_put_string(struct display *display, int row, int column, int width,
                        enum display_style style, const char *string)
{
    display_put(display, row, column, width, style, string, strlen(string));
}

void display_put_cursor(struct display *display, int row, int column)
{
    (void) display;
    cursor_row = row;
    cursor_column = column;
}

void display_redraw(struct display *display)
{
    (void) display;
    redrawn++;
}

void display_leave(struct display *display)
{
    (void) display;
    entered--;
}

void display_enter(struct display *display)
{
    (void) display;
    entered++;
}

struct live_usage live_usage_read(pid_t pid, unsigned max)
{
    CHECK(pid > 1 && max > 0);
    looks++;
    return usage;
}

int client_send(struct client *to, const char *method, json_t *params, json_int_t *ret_id)
{
    char *words = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);

    CHECK(to == &client && words != NULL);
    text_printf(&requests, "%s%s", method, words);
    free(words);
    json_decref(params);
    to->last_id++;
    if (ret_id != NULL)
        *ret_id = to->last_id;
    return 0;
}

/* Queues the reply to the request ID: OBJECT, in JSON, or a refusal if it is NULL. */
static inline void reply(json_int_t id, const char *object)
{
    struct reply *next = &replies[reply_count++];

    *next = (struct reply){.id = id};
    if (object != NULL)
        next->result = next->message = json_loads(object, JSON_DECODE_ANY, NULL);
    CHECK((object != NULL) == (next->result != NULL));
}

int client_try_receive(struct client *from, struct reply *ret)
{
    CHECK(from == &client);
    if (reply_count == 0)
        return 0;
    *ret = replies[0];
    held++;
    memmove(replies, replies + 1, (size_t) --reply_count * sizeof(replies[0]));
    return 1;
}

int client_call(struct client *to, const char *method, json_t *params, struct reply *ret)
{
    CHECK_EQUAL(client_send(to, method, params, NULL), 0);
    CHECK_EQUAL(client_try_receive(to, ret), 1);
    return 0;
}

int client_check(struct client *from, const struct reply *got)
{
    if (got->result != NULL)
        return 0;
    snprintf(from->failure.type, sizeof(from->failure.type), "%s", refusal);
    from->failure.message.size = 0;
    text_add(&from->failure.message, "no\nway");
    return -EREMOTEIO;
}

void reply_release(struct reply *got)
{
    json_decref(got->message);
    held--;
}

/* Checks the requests since the last check. */
static inline void check_asked(const char *wanted)
{
    check_written(&requests, wanted);
    CHECK_EQUAL(held, 0);
}

/* Begins top with the threads of LIST, at a supervisor on this machine if IS_LOCAL. */
static inline void begin(const char *list, bool is_local)
{
    state = (struct state){.client = &client, .display = {.rows = 10, .columns = 80}};
    client = (struct client){.open = true, .host = is_local ? NULL : "box"};
    log_watch_open(&state.logs);
    reply(1, "{}");
    reply(2, "{}");
    reply(3, list);
    CHECK_EQUAL(updates_begin(&state), 0);
    state.is_local = is_local;
    text_release(&requests);
    CHECK(state.must_arrange && state.must_draw);
    CHECK_EQUAL(state_arrange(&state, now), 0);
}

static inline void type(const char *keys)
{
    for (; *keys != '\0'; keys++)
        CHECK_EQUAL(keys_take(&state, (unsigned char) *keys), 0);
    CHECK_EQUAL(state_arrange(&state, now), 0);
}

static inline void press(int key)
{
    CHECK_EQUAL(keys_take(&state, key), 0);
    CHECK_EQUAL(state_arrange(&state, now), 0);
}

static inline void draw(void)
{
    memset(picture, ' ', sizeof(picture));
    memset(styles, 0, sizeof(styles));
    cursor_row = cursor_column = -1;
    if (state.mode == MODE_LOG || state.mode == MODE_SEARCH)
        log_view_draw(&state);
    else if (state.mode == MODE_RAISE)
        raise_menu_draw(&state);
    else
        list_view_draw(&state, now);
}

/* Checks the line ROW of the picture, without the blanks at its end. */
static inline void check_row(int row, const char *wanted)
{
    struct text text = {0};
    int         width = state.display.columns;

    while (width > 0 && picture[row][width - 1] == ' ')
        width--;
    text_append(&text, picture[row], (size_t) width);
    check_written(&text, wanted);
}

/* An object of a thread that runs: ID, a name of one letter, and its pid. */
#define RUNS(id, name)                                                                             \
    "{\"id\":" #id ",\"name\":\"" name "\",\"state\":\"running\",\"pid\":" #id                     \
    "00,\"seconds\":5,\"runs\":1,\"command\":[\"sleep\",\"1\"],\"log\":\"" name ".log\"}"

/* Events of the supervisor */

static inline void send_event(const char *object)
{
    json_t *params = json_loads(object, 0, NULL);

    CHECK(params != NULL);
    client.notify(client.notify_context, params);
    json_decref(params);
}

#endif
