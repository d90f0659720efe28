/*
 * Tests top with a display that keeps its picture here, and a supervisor that is this program: what the keys do,
 * what is drawn, and what the supervisor is asked. The time, and what processes use, are what the program says.
 */
#include "tests/cli/written.h"
#include "tests/lib/test.h"

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
static void reply(json_int_t id, const char *object)
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
static void check_asked(const char *wanted)
{
    check_written(&requests, wanted);
    CHECK_EQUAL(held, 0);
}

/* Begins top with the threads of LIST, at a supervisor on this machine if IS_LOCAL. */
static void begin(const char *list, bool is_local)
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

static void type(const char *keys)
{
    for (; *keys != '\0'; keys++)
        CHECK_EQUAL(keys_take(&state, (unsigned char) *keys), 0);
    CHECK_EQUAL(state_arrange(&state, now), 0);
}

static void press(int key)
{
    CHECK_EQUAL(keys_take(&state, key), 0);
    CHECK_EQUAL(state_arrange(&state, now), 0);
}

static void draw(void)
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
static void check_row(int row, const char *wanted)
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

static void send_event(const char *object)
{
    json_t *params = json_loads(object, 0, NULL);

    CHECK(params != NULL);
    client.notify(client.notify_context, params);
    json_decref(params);
}

static void the_beginning(void)
{
    int  ends[2];
    char version[64];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    for (int i = 0; i < 4; i++) {
        static const char *const versions[] = {"{\"pid\":%d}", "{\"pid\":9999999,\"guardian\":%d}",
                                               "{\"pid\":9999999}", "{\"pid\":%d}"};

        state = (struct state){.client = &client};
        client = (struct client){.open = true, .wire.fd = ends[0], .host = i == 3 ? "box" : NULL};
        snprintf(version, sizeof(version), versions[i], (int) getpid());
        reply(1, version);
        reply(2, "{}");
        reply(3, "[" RUNS(7, "a") "]");
        CHECK_EQUAL(updates_begin(&state), 0);
        CHECK_EQUAL(state.is_local, i < 2);
        CHECK_EQUAL(state.rows.count, 1);
        text_byte(&requests, '\0', 1);
        CHECK((strstr(requests.data, "\"output\"") != NULL) == (i >= 2));
        CHECK((strstr(requests.data, "\"log\"") != NULL) == (i < 3));
        text_release(&requests);
        CHECK(client.notify_context == &state);
        updates_end(&state);
        CHECK(client.notify == NULL);
    }
}

static void events_change_the_rows(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "b") "]", true);
    state.must_arrange = state.must_draw = false;
    send_event("{\"event\":\"forgotten\",\"thread\":{\"id\":1}}");
    CHECK(state.must_arrange && state.must_draw && state.rows.count == 1);
    send_event("{\"event\":\"started\",\"thread\":" RUNS(3, "c") "}");
    CHECK_EQUAL(state.rows.count, 2);
    CHECK_EQUAL(updates_take(&state), 0);
    check_asked("");
    /* Events were missed: the list is asked for, and once more after its reply if more were missed meanwhile. */
    send_event("{\"event\":\"missed\"}");
    CHECK_EQUAL(updates_take(&state), 0);
    CHECK(strncmp(requests.data, "list{\"members\":[\"id\",", 20) == 0);
    text_release(&requests);
    send_event("{\"event\":\"missed\"}");
    CHECK_EQUAL(updates_take(&state), 0);
    check_asked("");
    reply(state.list_id, "[" RUNS(2, "b") "," RUNS(9, "z") "]");
    CHECK_EQUAL(updates_take(&state), 0);
    CHECK(rows_find(&state.rows, 9) != NULL && rows_find(&state.rows, 3) == NULL);
    CHECK(requests.size > 0);
    text_release(&requests);
    reply(state.list_id, "[" RUNS(2, "b") "]");
    CHECK_EQUAL(updates_take(&state), 0);
    check_asked("");
    send_event("{\"event\":\"missed\"}");
    CHECK_EQUAL(updates_take(&state), 0);
    reply(state.list_id, NULL); /* a list that is refused is a failure */
    CHECK_EQUAL(updates_take(&state), -EREMOTEIO);
}

static void take_reply(json_int_t id, const char *object, const char *message)
{
    state.message.size = 0;
    state.must_draw = false;
    reply(id, object);
    CHECK_EQUAL(updates_take(&state), 0);
    CHECK_EQUAL(state.must_draw, message[0] != '\0');
    check_written(&state.message, message);
}

static void requests_have_results(void)
{
    json_int_t first;

    begin("[" RUNS(1, "a") "," RUNS(2, "b") "," RUNS(3, "c") "," RUNS(4, "d") "]", true);
    type("R");
    check_written(&state.message, "restarting a");
    type("jRjRjR");
    CHECK_EQUAL(requests.size, 4 * strlen("restart{\"members\":[\"id\"],\"thread\":1}"));
    text_release(&requests);
    first = client.last_id - 3;
    take_reply(first + 1, "{}", "b runs again");
    take_reply(77, "{}", ""); /* nobody has asked that */
    take_reply(first + 1, "{}", "");
    take_reply(first + 3, "{}", "d runs again");
    take_reply(first + 3, "{}", "");
    take_reply(first, "{}", "a runs again");
    take_reply(first + 2, NULL, "ValueError: no\\nway");
    CHECK_EQUAL(state.asked_count, 0);
    type("R");
    check_asked("restart{\"members\":[\"id\"],\"thread\":4}");
    refusal = "";
    take_reply(client.last_id, NULL, "no\\nway");
    for (int i = 0; i < STATE_ASKED_MAX; i++)
        type("R");
    text_release(&requests);
    CHECK_EQUAL(state.asked_count, STATE_ASKED_MAX);
    type("R");
    check_asked("");
    check_written(&state.message, "the supervisor has not answered the last 32 requests yet");
}

/* The list */

static void the_list_is_drawn(void)
{
    begin("[" RUNS(1, "a") ",{\"id\":2,\"name\":\"b\",\"state\":\"ended\",\"exit_code\":3,\"runs\":"
                           "2,\"seconds\":0.5,"
                           "\"daemon\":true,\"tty\":true,\"cpu\":{\"user\":1.5,\"system\":0.5},"
                           "\"command\":[\"x\"]}"
                           ",{\"id\":3,\"name\":\"c\",\"state\":\"waiting\",\"waits_for\":\"a:"
                           "ended\",\"runs\":0,"
                           "\"needs\":[{\"id\":1}],\"command\":[\"y\"]}]",
          true);
    state.rows.by_id[0]->live = (struct row_live){
        .time = 1, .percent = 12.5, .memory = 2048, .cpu = 3, .line = strdup("last words")};
    state.rows.by_id[1]->live.line = strdup("!");
    draw();
    check_row(0,
              "3 threads, 1 waiting, 1 running, 1 ended, 1 failed                       by tree");
    check_row(1, "ID NAME     STATE      TIME  %CPU MEMORY  LAST LINE");
    check_row(2, " 1 a        running      5s  12.5   2.0K  last words");
    check_row(3, " 3 `- c     waiting       -     -      -  waits for a:ended");
    check_row(4, " 2 b        ended      0.5s     -      -  exit 3  !");
    check_row(5, "");
    check_row(8, "a (1)  pid 100  cpu 3.0s  sleep 1");
    check_row(9, "r raise  R restart  l log  a attach  f filter  s sort  e ended  h help  q quit");
    CHECK_EQUAL(styles[0][0], STYLE_TITLE);
    CHECK_EQUAL(styles[1][0], STYLE_HEADING);
    CHECK_EQUAL(styles[2][0], STYLE_SELECTED);
    CHECK_EQUAL(styles[2][13], STYLE_SELECTED);
    CHECK_EQUAL(styles[3][0], STYLE_PLAIN);
    CHECK_EQUAL(styles[3][12], STYLE_WAITING);
    CHECK_EQUAL(styles[4][12], STYLE_BAD);
    CHECK_EQUAL(styles[4][44], STYLE_BAD);
    CHECK_EQUAL(styles[4][52], STYLE_PLAIN);
    CHECK_EQUAL(styles[8][79], STYLE_HEADING);
    CHECK_EQUAL(styles[9][0], STYLE_FAINT);
    state.rows.by_id[0]->live.time = 0; /* nobody has looked at its processes yet */
    state.rows.by_id[0]->cpu = 2;
    draw();
    check_row(8, "a (1)  pid 100  cpu 2.0s  sleep 1");
    press(DISPLAY_END);
    draw();
    check_row(8, "b (2)  2 runs  cpu 2.0s  daemon  tty  x");
    CHECK_EQUAL(styles[2][12], STYLE_GOOD);
    CHECK_EQUAL(styles[4][52], STYLE_SELECTED);
    state.rows.by_id[0]->state = STATE_STOPPING;
    state.rows.by_id[2]->state = STATE_QUEUED;
    draw();
    CHECK_EQUAL(styles[2][12], STYLE_ENDING);
    CHECK_EQUAL(styles[3][12], STYLE_WAITING);
    state.rows.by_id[0]->state = STATE_READY;
    state.rows.by_id[2]->state = STATE_DELAYED;
    draw();
    CHECK_EQUAL(styles[2][12], STYLE_GOOD);
    CHECK_EQUAL(styles[3][12], STYLE_WAITING);
    type("s");
    draw();
    check_row(0,
              "3 threads, 1 waiting, 1 running, 1 ended, 1 failed                         by id");
    type("Si");
    draw();
    check_row(0,
              "3 threads, 1 waiting, 1 running, 1 ended, 1 failed                       by tree");
    state.rows.by_id[0]->state = STATE_RUNNING;
    type("es");
    draw();
    check_row(0,
              "3 threads, 1 waiting, 1 running, 1 ended,  by id, reversed, ended threads hidden");
}

/* The column of the names is as wide as they are, up to half of the room, and ids may have any number of digits. */
static void columns_fit(void)
{
    begin("[" RUNS(5, "a_name_that_takes_more_than_half_of_the_room") "," RUNS(1234, "x") "]",
          true);
    draw();
    check_row(1, "  ID NAME                   STATE      TIME  %CPU MEMORY  LAST LINE");
    check_row(2, "   5 a_name_that_takes_more running      5s     -      -");
    state.display.columns = 81; /* half of 45 columns */
    draw();
    check_row(2, "   5 a_name_that_takes_more running      5s     -      -");
    begin("[" RUNS(1234, "x") "]", true);
    draw();
    check_row(2, "1234 x        running      5s     -      -");
}

static void keys_move_the_selection(void)
{
    static const struct {
        int key, selected, first;
    } table[] = {
        {'j', 2, 1},
        {DISPLAY_DOWN, 3, 1},
        {DISPLAY_PAGE_DOWN, 9, 4},
        {'k', 8, 4},
        {DISPLAY_PAGE_UP, 2, 2},
        {DISPLAY_UP, 1, 1},
        {DISPLAY_UP, 1, 1},
        {'G', 9, 4},
        {DISPLAY_DOWN, 9, 4},
        {'g', 1, 1},
        {DISPLAY_END, 9, 4},
        {DISPLAY_PAGE_UP, 3, 3},
        {DISPLAY_HOME, 1, 1},
        {DISPLAY_PAGE_DOWN, 7, 2},
        {DISPLAY_PAGE_UP, 1, 1},
        {DISPLAY_PAGE_UP, 1, 1},
    };
    size_t count;

    begin("[" RUNS(1, "a") "," RUNS(2, "b") "," RUNS(3, "c") "," RUNS(4, "d") "," RUNS(
              5, "e") "," RUNS(6, "f") "," RUNS(7, "g") "," RUNS(8, "h") "," RUNS(9, "i") "]",
          true);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        press(table[i].key);
        CHECK_EQUAL(state.selected, table[i].selected);
        CHECK_EQUAL(state_visible(&state, &count)[0]->id, table[i].first);
        CHECK_EQUAL(count, 6);
    }
    /* When the selected thread is gone, the one in its place is selected. */
    type("jj");
    send_event("{\"event\":\"forgotten\",\"thread\":{\"id\":3}}");
    CHECK_EQUAL(state_arrange(&state, now), 0);
    CHECK_EQUAL(state.selected, 4);
    press(DISPLAY_END);
    send_event("{\"event\":\"forgotten\",\"thread\":{\"id\":9}}");
    CHECK_EQUAL(state_arrange(&state, now), 0);
    CHECK_EQUAL(state.selected, 8);
    CHECK_EQUAL(state_visible(&state, &count)[0]->id, 2);
    /* Another size of the display keeps the selected row on it. */
    state.display.rows = 6;
    CHECK_EQUAL(state_arrange(&state, now), 0);
    CHECK_EQUAL(state_visible(&state, &count)[0]->id, 7);
    CHECK_EQUAL(count, 2);
    state.display.rows = 4;
    CHECK_EQUAL(state_page(&state), 1);
    state.display.rows = 50;
    CHECK_EQUAL(state_arrange(&state, now), 0);
    CHECK_EQUAL(state_visible(&state, &count)[0]->id, 1);
    CHECK_EQUAL(count, 7);
}

static void keys_choose_what_is_shown(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "b") "]", true);
    type("fb");
    draw();
    check_row(9, "Filter: b");
    CHECK(cursor_row == 9 && cursor_column == 9);
    CHECK_EQUAL(state.arrangement.count, 1);
    type("j"); /* a letter of the filter, too */
    CHECK_EQUAL(state.arrangement.count, 0);
    CHECK(state_selected(&state) == NULL);
    draw();
    check_row(2, "No thread fits: Esc clears the filter.");
    check_row(8, "");
    press(DISPLAY_BACKSPACE);
    press(DISPLAY_ENTER);
    CHECK_EQUAL(state.mode, MODE_LIST);
    CHECK_EQUAL(state.selected, 2);
    draw();
    check_row(0,
              "2 threads, 2 running                                           by tree, filter b");
    type("q");
    CHECK(state.is_over);
    type("f");
    for (int i = 0; i < 100; i++)
        type("b"); /* more than fits beside the counts */
    press(DISPLAY_ENTER);
    draw();
    check_row(0, "2 threads, 2 running");
    CHECK_EQUAL(state.selected, 0);
    press(DISPLAY_ESCAPE);
    CHECK_EQUAL(state.selected, 1);
    type("f");
    press(DISPLAY_DOWN); /* arrows move while a filter is typed */
    CHECK_EQUAL(state.selected, 2);
    press(DISPLAY_UP);
    CHECK_EQUAL(state.selected, 1);
    press(DISPLAY_ENTER);
    CHECK_EQUAL(state.message.size, 0);
    check_asked("");
    /* A message stays until the next key, and while a filter is typed. */
    state_say(&state, "said");
    state.must_draw = false;
    type("f");
    CHECK(state.must_draw && state.message.size == 0);
    state_say(&state, "said");
    type("a");
    CHECK_EQUAL(state.message.size, 4);
    press(DISPLAY_ESCAPE);
    /* The selected thread stays selected wherever it is. */
    type("sGi");
    CHECK(state.selected == 2 && state.cursor == 0 && !state.must_arrange);
    type("iSg");
    CHECK_EQUAL(state.arrangement.count, 2);
    type("/a");
    press(DISPLAY_ESCAPE);
    CHECK(state.mode == MODE_LIST && state.arrangement.count == 2);
    for (int i = 0; i < ARRANGE_COUNT; i++) {
        CHECK_EQUAL(state.arrangement.order, i);
        type("s");
    }
    CHECK_EQUAL(state.arrangement.order, ARRANGE_TREE);
    type("S");
    CHECK_EQUAL(state.arrangement.order, ARRANGE_COUNT - 1);
    type("ii");
    CHECK(!state.arrangement.is_reversed);
    type("h");
    CHECK_EQUAL(state.mode, MODE_HELP);
    type("r"); /* any key ends the help, and does nothing else */
    CHECK_EQUAL(state.mode, MODE_LIST);
    type("h/");
    CHECK_EQUAL(state.mode, MODE_LIST);
    type("?");
    CHECK_EQUAL(state.mode, MODE_HELP);
    type(" \014");
    CHECK_EQUAL(redrawn, 1);
    begin("[{\"id\":1,\"name\":\"a\",\"state\":\"ended\"}]", true);
    type("e");
    draw();
    check_row(2, "All threads have ended: e shows them.");
    type("fx");
    press(DISPLAY_ENTER);
    draw();
    check_row(2, "No thread fits: Esc clears the filter, e shows ended threads.");
    type("e");
    draw();
    check_row(2, "No thread fits: Esc clears the filter.");
    begin("[]", true);
    type("rlRa");
    press(DISPLAY_ENTER);
    CHECK_EQUAL(state.mode, MODE_LIST);
    draw();
    check_row(0,
              "0 threads                                                                by tree");
    check_row(2, "There are no threads.");
}

/* A character of UTF-8 goes as a whole, and a line has an end. */
static void lines_are_typed(void)
{
    struct typed typed = {0};

    CHECK(!typed_take(&typed, DISPLAY_BACKSPACE));
    for (const char *at = "a\303\244\346\227\245"; *at != '\0'; at++)
        CHECK(typed_take(&typed, (unsigned char) *at));
    CHECK(typed_take(&typed, DISPLAY_BACKSPACE));
    CHECK_TEXT(typed.text, "a\303\244");
    CHECK(typed_take(&typed, DISPLAY_BACKSPACE));
    CHECK_TEXT(typed.text, "a");
    CHECK(!typed_take(&typed, '\001') && !typed_take(&typed, DISPLAY_UP));
    CHECK(typed_take(&typed, ' '));
    CHECK_TEXT(typed.text, "a ");
    CHECK(typed_take(&typed, DISPLAY_BACKSPACE) && typed_take(&typed, DISPLAY_BACKSPACE));
    CHECK_TEXT(typed.text, "");
    CHECK(!typed_take(&typed, DISPLAY_BACKSPACE));
    CHECK(typed_take(&typed, 'a') && typed_take(&typed, ' ') && typed_take(&typed, 255));
    for (size_t i = 3; i < STATE_TYPED_MAX; i++)
        CHECK(typed_take(&typed, 'x'));
    CHECK(!typed_take(&typed, 'x'));
    CHECK_EQUAL(strlen(typed.text), STATE_TYPED_MAX);
}

/* The menu of exceptions */

static void exceptions_are_chosen(void)
{
    begin("[" RUNS(1, "a") "]", true);
    state.display.rows = 12;
    type("r");
    draw();
    check_row(1, "                   Raise in a:");
    check_row(2, "                   SystemExit");
    check_row(3, "                   KeyboardInterrupt");
    check_row(8, "                   SIGUSR2");
    check_row(9, "                   Enter raise  Esc cancel  letters narrow");
    CHECK_EQUAL(styles[2][18], STYLE_SELECTED);
    CHECK_EQUAL(styles[2][61], STYLE_SELECTED);
    CHECK_EQUAL(styles[2][17], STYLE_PLAIN);
    CHECK_EQUAL(styles[3][18], STYLE_PLAIN);
    for (int i = 0; i < 7; i++)
        press(DISPLAY_DOWN);
    draw();
    check_row(2, "                   KeyboardInterrupt");
    check_row(8, "                   SIGSTOP");
    CHECK_EQUAL(styles[8][18], STYLE_SELECTED);
    press(DISPLAY_UP);
    press(DISPLAY_ENTER);
    check_asked("raise{\"exception\":\"SIGUSR2\",\"members\":[\"id\"],\"thread\":1}");
    CHECK_EQUAL(state.mode, MODE_LIST);
    reply(client.last_id, "{}");
    CHECK_EQUAL(updates_take(&state), 0);
    check_written(&state.message, "SIGUSR2 was raised in a");
    /* The letters narrow the choice, which begins anew with each of them. */
    type("r");
    press(DISPLAY_DOWN);
    type("sigk");
    press(DISPLAY_DOWN);
    press(DISPLAY_ENTER);
    check_asked("raise{\"exception\":\"SIGKILL\",\"members\":[\"id\"],\"thread\":1}");
    type("rtime");
    press(DISPLAY_END);
    press(DISPLAY_HOME);
    press(DISPLAY_UP);
    press(DISPLAY_ENTER);
    check_asked("raise{\"exception\":\"TimeoutError\",\"members\":[\"id\"],\"thread\":1}");
    type("rOwn");
    press(DISPLAY_END);
    draw();
    check_row(1, "                   Raise in a: Own");
    check_row(2, "                   Enter raises what is typed");
    check_row(3, "");
    press(DISPLAY_ENTER);
    check_asked("raise{\"exception\":\"Own\",\"members\":[\"id\"],\"thread\":1}");
    type("r");
    press(DISPLAY_ESCAPE);
    CHECK_EQUAL(state.mode, MODE_LIST);
    type("r");
    send_event("{\"event\":\"forgotten\",\"thread\":{\"id\":1}}");
    draw();
    check_row(1, "                   Raise in a thread that is gone:");
    press(DISPLAY_ENTER);
    check_asked("");
    check_written(&state.message, "the thread is gone");
}

/* Every exception is offered once. */
static void every_exception_is_offered(void)
{
    int choices = 1, exceptions = 0;

    begin("[" RUNS(1, "a") "]", true);
    type("r");
    press(DISPLAY_END);
    while (exceptions_at((size_t) exceptions) != NULL)
        exceptions++;
    CHECK_EQUAL(state.raise.choice + 1, exceptions);
    for (; state.raise.choice > 0; choices++)
        press(DISPLAY_UP);
    press(DISPLAY_END);
    CHECK_EQUAL(state.raise.choice + 1, choices);
    press(DISPLAY_DOWN);
    CHECK_EQUAL(state.raise.choice + 1, choices);
    type("systemexit");
    press(DISPLAY_END);
    CHECK_EQUAL(state.raise.choice, 0);
}

/* Attaching */

static int64_t attached;

static bool attach(void *context, int64_t id, int *ret_signal)
{
    CHECK(context == &attached);
    CHECK_EQUAL(entered, -1); /* the display was given back */
    attached = id;
    *ret_signal = id == 3 ? SIGTERM : 0;
    return id != 2;
}

static void terminals_are_attached(void)
{
    static const struct top_owner owner = {.attach = attach, .context = &attached};

    begin("[{\"id\":1,\"name\":\"a\",\"tty\":true,\"state\":\"running\"},"
          "{\"id\":2,\"name\":\"b\",\"tty\":true,\"state\":\"running\"},"
          "{\"id\":3,\"name\":\"c\",\"tty\":true,\"state\":\"running\"},"
          "{\"id\":4,\"name\":\"d\",\"tty\":true,\"state\":\"ended\"},"
          "{\"id\":5,\"name\":\"e\",\"state\":\"running\"}]",
          true);
    state.owner = &owner;
    type("a");
    CHECK(attached == 1 && entered == 0 && state.message.size == 0 && state.must_draw);
    type("ja");
    check_written(&state.message, "could not attach to b");
    CHECK(!state.is_over);
    type("ja");
    CHECK(state.is_over && state.signal == SIGTERM);
    type("ja");
    check_written(&state.message, "d has ended");
    type("ja");
    check_written(&state.message, "e has no terminal: it was not started with --tty");
    CHECK_EQUAL(attached, 3);
}

/* The log */

static void write_log(const char *path, int from, int to)
{
    FILE *file = fopen(path, from == 1 ? "w" : "a");

    CHECK(file != NULL);
    for (int i = from; i <= to; i++)
        fprintf(file, "line %03d\n", i);
    CHECK_EQUAL(fclose(file), 0);
}

static void check_log(const char *title, const char *first, const char *last)
{
    draw();
    check_row(0, title);
    check_row(1, first);
    check_row(8, last);
}

static void the_log_is_read(void)
{
    FILE *file;

    begin("[" RUNS(1, "a") "]", true);
    unlink("a.log");
    log_view_close(&state); /* no log is open, and no descriptor is closed */
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    type("l");
    draw();
    check_row(0, "Log of a (1): empty, following the end");
    write_log("a.log", 1, 100);
    check_log("Log of a (1): 900, following the end", "line 093", "line 100");
    type("/");
    press(DISPLAY_ENTER); /* nothing was typed */
    check_log("Log of a (1): 900, following the end", "line 093", "line 100");
    check_row(9, "Up Down PgUp PgDn Left Right move  / search  n next  G follow  q back");
    write_log("a.log", 101, 101);
    check_log("Log of a (1): 909, following the end", "line 094", "line 101");
    press(DISPLAY_UP);
    check_log("Log of a (1): 909, 91 %", "line 093", "line 100");
    write_log("a.log", 102, 102);
    check_log("Log of a (1): 918, 90 %", "line 093", "line 100");
    type("b");
    check_log("Log of a (1): 918, 82 %", "line 085", "line 092");
    press(DISPLAY_PAGE_UP);
    check_log("Log of a (1): 918, 74 %", "line 077", "line 084");
    type("k");
    type(" ");
    check_log("Log of a (1): 918, 81 %", "line 084", "line 091");
    press(DISPLAY_PAGE_DOWN);
    type("j");
    press(DISPLAY_ENTER);
    press(DISPLAY_DOWN);
    check_log("Log of a (1): 918, following the end", "line 095", "line 102");
    type("g");
    press(DISPLAY_UP);
    check_log("Log of a (1): 918, 0 %", "line 001", "line 008");
    type("/NE 03");
    draw();
    check_row(9, "Search: NE 03");
    CHECK(cursor_row == 9 && cursor_column == 13);
    press(DISPLAY_ENTER);
    check_log("Log of a (1): 918, 28 %", "line 030", "line 037");
    type("n");
    check_log("Log of a (1): 918, 29 %", "line 031", "line 038");
    type("/");
    press(DISPLAY_ENTER); /* nothing was typed */
    type("n");
    check_log("Log of a (1): 918, 29 %", "line 031", "line 038");
    CHECK_EQUAL(state.message.size, 0);
    type("/nowhere");
    press(DISPLAY_BACKSPACE);
    press(DISPLAY_ENTER);
    draw();
    check_row(9, "not found: nowher");
    check_row(1, "line 031");
    type("/x");
    press(DISPLAY_ESCAPE);
    CHECK_EQUAL(state.mode, MODE_LOG);
    check_row(1, "line 031");
    press(DISPLAY_END);
    check_log("Log of a (1): 918, following the end", "line 095", "line 102");
    type("/097");
    press(DISPLAY_ENTER);
    check_log("Log of a (1): 918, 94 %", "line 097", "");
    type("Fk"); /* before anything is drawn */
    check_log("Log of a (1): 918, 91 %", "line 094", "line 101");
    type("Gb");
    check_log("Log of a (1): 918, 84 %", "line 087", "line 094");
    type("g/001");
    press(DISPLAY_ENTER);
    check_log("Log of a (1): 918, 0 %", "line 001", "line 008");
    CHECK_EQUAL(state.message.size, 0);
    type("/5");
    press(DISPLAY_ENTER);
    type("n");
    check_log("Log of a (1): 918, 13 %", "line 015", "line 022");
    state.display.rows = 2; /* a page has a line at least */
    press(DISPLAY_PAGE_DOWN);
    state.display.rows = 10;
    check_log("Log of a (1): 918, 14 %", "line 016", "line 023");
    press(DISPLAY_HOME);
    press(DISPLAY_RIGHT);
    check_log("Log of a (1): 918, 0 %", "", "");
    CHECK_EQUAL(state.log.column, 20);
    press(DISPLAY_LEFT);
    press(DISPLAY_LEFT);
    check_log("Log of a (1): 918, 0 %", "line 001", "line 008");
    CHECK_EQUAL(rename("a.log", "old.log"), 0); /* another log takes its place */
    write_log("a.log", 1, 200);
    draw();
    check_row(1, "line 193");
    press(DISPLAY_PAGE_UP);
    write_log("a.log", 1, 3); /* emptied */
    draw();
    check_row(1, "line 001");
    check_row(4, "");
    press(DISPLAY_ESCAPE);
    CHECK(state.mode == MODE_LIST && state.log.name == NULL && state.log.pager.fd == -1);
    log_view_close(&state); /* again, which does nothing */
    write_log("a.log", 1, 0);
    file = fopen("a.log", "w");
    CHECK(file != NULL && fputs("x\n0123456789012345678901234\n", file) >= 0 && fclose(file) == 0);
    type("l");
    draw();
    check_row(1, "x");
    press(DISPLAY_RIGHT);
    draw();
    check_row(1, "");
    check_row(2, "01234");
    press(DISPLAY_RIGHT);
    press(DISPLAY_LEFT);
    draw();
    check_row(2, "01234");
    type("qln"); /* at the first column, and without the search */
    draw();
    check_row(2, "0123456789012345678901234");
    CHECK_EQUAL(state.message.size, 0);
    press(DISPLAY_UP);
    press(DISPLAY_HOME); /* all of the log is shown, and its end is followed */
    draw();
    check_row(0, "Log of a (1): 28, following the end");
    type("q");
    CHECK(state.mode == MODE_LIST && !state.is_over);
}

static void a_log_elsewhere_is_asked_for(void)
{
    begin("[" RUNS(1, "a") "]", false);
    type("l");
    check_asked("read{\"follow\":true,\"lines\":5000,\"open\":true,\"reader\":1,\"thread\":1}");
    state.must_draw = false;
    reply(client.last_id, "{\"data\":\"one\\ntwo\\n\",\"offset\":100}");
    CHECK_EQUAL(updates_take(&state), 0);
    check_asked("read{\"reader\":1}");
    CHECK(state.must_draw);
    draw();
    check_row(1, "one");
    check_row(2, "two");
    check_asked("");
    reply(client.last_id, "{\"data\":\"three\\n\",\"offset\":108,\"end\":true}");
    CHECK_EQUAL(updates_take(&state), 0);
    check_asked("");
    draw(); /* the thread runs: it goes on where it has ended */
    check_row(3, "three");
    check_asked("read{\"follow\":true,\"offset\":114,\"open\":true,\"reader\":2,\"thread\":1}");
    draw();
    check_asked("");
    reply(client.last_id, NULL);
    CHECK_EQUAL(updates_take(&state), 0);
    check_written(&state.message, "ValueError: no\\nway");
    draw();
    type("q");
    check_asked("");
    /* The log of a thread that has ended, or is gone, goes on nowhere. */
    type("l");
    text_release(&requests);
    state.rows.by_id[0]->state = STATE_ENDED;
    reply(client.last_id, "{\"data\":\"x\",\"offset\":0,\"end\":true}");
    CHECK_EQUAL(updates_take(&state), 0);
    draw();
    send_event("{\"event\":\"forgotten\",\"thread\":{\"id\":1}}");
    draw();
    check_row(1, "x");
    check_asked("");
    type("q");
    check_asked("");
    begin("[" RUNS(1, "a") "]", false);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_max = 1024}), 0);
    type("l");
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 1024}), 0);
    check_asked("");
    CHECK(state.mode == MODE_LIST && state.log.name == NULL);
    check_written(&state.message, "cannot read the log: Too many open files");
    type("lq");
    check_asked("read{\"follow\":true,\"lines\":5000,\"open\":true,\"reader\":4,\"thread\":1}"
                "read{\"close\":true,\"reader\":4}");
}

/* The functions that threads use */

/* Looks at the processes that are here; the pause doubles while they use nothing. */
static void processes_are_looked_at(void)
{
    static const double pauses[] = {0.9, 1.8, 3.6, 3.6};
    struct row         *row;

    begin("[" RUNS(1, "a") "]", true);
    row = state.rows.by_id[0];
    row->cpu = 2; /* of processes that have ended */
    usage = (struct live_usage){.cpu = 1, .memory = 4096};
    CHECK_EQUAL(live_next(row), 0);
    CHECK(live_look(row, now));
    CHECK(isnan(row->live.percent) && row->live.memory == 4096 && row->live.cpu >= 3);
    CHECK(fabs(live_next(row) - now - 0.9) < 1e-9);
    now += 0.5;
    CHECK(!live_look(row, now) && looks == 1);
    now += 0.5;
    usage.cpu = 1.25;
    CHECK(live_look(row, now));
    CHECK_EQUAL(row->live.percent * 100, 2500);
    for (size_t i = 1; i < 4; i++) {
        now += 4;
        CHECK_EQUAL(live_look(row, now), i == 1); /* the percentage falls to 0, once */
        CHECK(fabs(live_next(row) - now - pauses[i]) < 1e-9);
    }
    now += 4;
    usage.cpu = 0; /* some of them have gone */
    CHECK(!live_look(row, now));
    CHECK_EQUAL(row->live.percent, 0);
    usage.cpu = 5;
    now += 4;
    CHECK(live_look(row, now));
    CHECK(fabs(live_next(row) - now - 0.9) < 1e-9);
    live_skip(row, now + 1);
    CHECK(fabs(live_next(row) - now - 4.6) < 1e-9);
    row->state = STATE_ENDED;
    CHECK(isinf(live_next(row)));
    CHECK(live_look(row, now + 100));
    CHECK(isnan(row->live.percent) && row->live.memory == 0 && row->live.time <= 0);
    CHECK(!live_look(row, now + 100));
}

static void usage_elsewhere_is_asked_for(void)
{
    struct row *row;

    begin("[" RUNS(1, "a") "," RUNS(
              2, "b") ",{\"id\":3,\"name\":\"c\",\"state\":\"ended\",\"runs\":1,\"seconds\":1}]",
          false);
    survey_visible(&state, now);
    check_asked(
        "look{\"output\":false,\"threads\":[1,2]}look{\"output\":true,\"threads\":[1,2,3]}");
    CHECK_EQUAL(looks, 0);
    survey_visible(&state, now + 100); /* nothing more before the replies */
    check_asked("");
    CHECK(isinf(far_look_next(&state)));
    state.must_draw = false;
    reply(client.last_id, "[{\"id\":1,\"output\":\"x\\ny\\n\"},{\"id\":9,\"output\":\"z\"},"
                          "{\"id\":3,\"output\":\"bye\"}]");
    CHECK_EQUAL(updates_take(&state), 0);
    CHECK(state.must_draw);
    reply(client.last_id - 1, "[{\"id\":1,\"cpu\":1,\"memory\":4096},{\"id\":2,\"cpu\":null}]");
    CHECK_EQUAL(updates_take(&state), 0);
    row = state.rows.by_id[0];
    CHECK_TEXT(row->live.line, "y");
    CHECK_TEXT(state.rows.by_id[2]->live.line, "bye");
    CHECK(row->live.memory == 4096 && row->live.cpu >= 1);
    CHECK(fabs(live_next(row) - now - 0.9) < 1e-9);
    CHECK(fabs(live_next(state.rows.by_id[1]) - now - 3.6) < 1e-9);
    CHECK(fabs(far_look_next(&state) - now - 0.9) < 1e-9);
    row->seconds = state.rows.by_id[1]->seconds = 7210; /* which change once a minute */
    CHECK_EQUAL(survey_next(&state, now), now + 1);
    row->live.pause = 1;
    survey_visible(&state, now + 0.5);
    check_asked("");
    survey_visible(&state, now + 1);
    check_asked("look{\"output\":false,\"threads\":[1]}");
    /* A log that was written to is asked for again, 0.2 seconds after the last time. */
    row->live.is_read = false;
    state.far.output_next = now + 1.2;
    CHECK(fabs(far_look_next(&state) - now - 1.2) < 1e-9);
    survey_visible(&state, now + 1.1);
    check_asked("");
    survey_visible(&state, now + 1.2);
    check_asked("look{\"output\":true,\"threads\":[1]}");
    CHECK(fabs(state.far.output_next - now - 1.4) < 1e-9);
    /* An older supervisor does not know the method. */
    reply(client.last_id, NULL);
    CHECK_EQUAL(updates_take(&state), 0);
    row->live.is_read = false;
    survey_visible(&state, now + 100);
    check_asked("");
    CHECK(isinf(far_look_next(&state)));
}

/* At most 64 threads are asked for at once; the list by usage takes all of them in turn. */
static void many_threads_are_asked_for_in_turn(void)
{
    struct text list = {0};
    json_t     *request;

    text_add(&list, "[");
    for (int id = 1; id <= 100; id++)
        text_printf(&list,
                    "%s{\"id\":%d,\"name\":\"x\",\"state\":\"running\",\"pid\":%d,\"seconds\":1}",
                    id > 1 ? "," : "", id, id + 1);
    text_add(&list, "]");
    text_byte(&list, '\0', 1);
    begin(list.data, false);
    text_release(&list);
    state.display.rows = 100;
    survey_visible(&state, now);
    text_byte(&requests, '\0', 1);
    CHECK(strstr(requests.data, ",64]}look") != NULL);
    CHECK(strstr(requests.data + requests.size - 8, ",64]}") != NULL);
    text_release(&requests);
    CHECK(state.rows.by_id[63]->live.is_read && !state.rows.by_id[64]->live.is_read);
    reply(client.last_id - 1, "[]");
    CHECK_EQUAL(updates_take(&state), 0);
    state.display.rows = 10;
    state.far.output_next = INFINITY;
    state.arrangement.order = ARRANGE_CPU;
    for (int turn = 0; turn < 2; turn++) {
        survey_visible(&state, now);
        text_byte(&requests, '\0', 1);
        request = json_loads(requests.data + strlen("look"), 0, NULL);
        CHECK_EQUAL(json_array_size(json_object_get(request, "threads")), 64);
        json_decref(request);
        text_release(&requests);
        /* The six on the screen come first, and then those that follow the last request's. */
        CHECK_EQUAL(state.far.next_row, turn == 0 ? 64 : 28);
        state.must_arrange = false;
        reply(client.last_id, "[]");
        CHECK_EQUAL(updates_take(&state), 0);
        CHECK(state.must_arrange);
    }
}

/* The threads on the screen are asked for first, and then the others, from where the last request has stopped. */
static void the_others_are_asked_for_too(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "b") "," RUNS(3, "c") "," RUNS(4, "d") "," RUNS(
              5, "e") "," RUNS(6, "f") "," RUNS(7, "g") "," RUNS(8, "h") "]",
          false);
    state.far.output_next = INFINITY;
    survey_visible(&state, now);
    check_asked("look{\"output\":false,\"threads\":[1,2,3,4,5,6]}");
    reply(client.last_id, "[]");
    CHECK_EQUAL(updates_take(&state), 0);
    state.arrangement.order = ARRANGE_MEMORY;
    survey_visible(&state, now);
    check_asked("look{\"output\":false,\"threads\":[1,2,3,4,5,6,7,8]}");
    reply(client.last_id, "[]");
    press(DISPLAY_END);
    CHECK_EQUAL(updates_take(&state), 0);
    survey_visible(&state, now);
    check_asked("look{\"output\":false,\"threads\":[3,4,5,6,7,8,1,2]}");
}

/* In the orders by usage, all threads are looked at, in slices. */
static void all_threads_are_surveyed(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "b") "]", true);
    looks = 0;
    survey_all(&state, now);
    CHECK_EQUAL(looks, 0);
    state.arrangement.order = ARRANGE_CPU;
    state.must_draw = state.must_arrange = false;
    survey_all(&state, now);
    CHECK_EQUAL(looks, 2);
    CHECK(state.must_draw && state.must_arrange);
    CHECK(fabs(state.survey_next - now - 1) < 1e-9 && state.surveyed == 0);
    now += 0.9;
    survey_all(&state, now);
    now += 0.1;
    survey_all(&state, now);
    CHECK_EQUAL(looks, 4);
}

/* A survey of many threads pauses after four milliseconds, and goes on where it has stopped. */
static void a_survey_has_slices(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "b") "," RUNS(3, "c") "," RUNS(4, "d") "," RUNS(5, "e") "]",
          true);
    state.arrangement.order = ARRANGE_CPU;
    looks = 0;
    step = 0.003;
    for (size_t done = 2; done < 6; done += 2) {
        state.must_draw = false;
        survey_all(&state, now);
        CHECK(looks == (int) done && state.surveyed == done && !state.must_draw);
        CHECK(fabs(state.survey_next - now - 0.1) < 1e-9);
        survey_all(&state, now + 0.09);
        CHECK_EQUAL(looks, done);
        now += 0.1;
    }
    survey_all(&state, now);
    CHECK(looks == 5 && state.surveyed == 0 && state.must_draw);
}

static void note_change(void *context, int64_t id)
{
    CHECK(context == &state);
    rows_find(&state.rows, id)->live.is_read = false;
}

/* Surveys the screen, and checks the last lines of the first two threads. */
static void check_lines(const char *first, const char *second)
{
    survey_visible(&state, now);
    CHECK_TEXT(state.rows.by_id[0]->live.line, first);
    CHECK_TEXT(state.rows.by_id[1]->live.line, second);
}

/* The last line of a log is read when the log was written to, or when nobody would notice that. */
static void logs_are_watched(void)
{
    int before = test_count_open();

    begin("[" RUNS(1, "a") "," RUNS(2, "b") "]", true);
    write_log("a.log", 1, 2);
    unlink("b.log");
    check_lines("line 002", "");
    CHECK(!log_watch_take(&state.logs, note_change, &state));
    write_log("b.log", 1, 1); /* it could not be watched before */
    check_lines("line 002", "line 001");
    write_log("a.log", 3, 3);
    write_log("b.log", 2, 2);
    check_lines("line 002", "line 001");
    CHECK(log_watch_take(&state.logs, note_change, &state));
    check_lines("line 003", "line 002");
    CHECK_EQUAL(state.logs.count, 2);
    /* Only the logs on the screen are watched, and of threads that have not ended. */
    state.rows.by_id[1]->state = STATE_ENDED;
    check_lines("line 003", "line 002");
    CHECK_EQUAL(state.logs.count, 1);
    (void) log_watch_take(&state.logs, note_change, &state);
    write_log("b.log", 3, 3);
    CHECK_EQUAL(poll(&(struct pollfd){.fd = state.logs.fd, .events = POLLIN}, 1, 0), 0);
    state.rows.by_id[1]->state = STATE_RUNNING;
    check_lines("line 003", "line 003");
    CHECK_EQUAL(state.logs.count, 2);
    state.rows.by_id[0]->state = STATE_ENDED;
    survey_visible(&state, now);
    CHECK(state.logs.count == 1 && state.logs.list[0].id == 2);
    state.rows.by_id[0]->state = STATE_RUNNING;
    state.display.rows = 5;
    survey_visible(&state, now);
    CHECK(state.logs.count == 1 && state.logs.list[0].id == 1);
    /* What cannot be watched is read each time. */
    log_watch_close(&state.logs);
    CHECK(state.logs.fd == -1 && state.logs.count == 0);
    CHECK_EQUAL(test_count_open(), before);
    state.display.rows = 10;
    state.rows.by_id[1]->state = STATE_ENDED;
    write_log("a.log", 4, 4);
    write_log("b.log", 4, 4);
    check_lines("line 004", "line 003");
}

/* Two threads may share a log. It is watched for as long as one of them is on the screen. */
static void a_shared_log_is_watched(void)
{
    begin("[" RUNS(1, "a") "," RUNS(2, "a") "]", true);
    write_log("a.log", 1, 1);
    check_lines("line 001", "line 001");
    CHECK_EQUAL(state.logs.count, 2);
    write_log("a.log", 2, 2);
    CHECK(log_watch_take(&state.logs, note_change, &state));
    check_lines("line 002", "line 002");
    state.display.rows = 5;
    survey_visible(&state, now);
    CHECK_EQUAL(state.logs.count, 1);
    CHECK(!log_watch_take(&state.logs, note_change, &state));
    write_log("a.log", 3, 3);
    CHECK(log_watch_take(&state.logs, note_change, &state));
    survey_visible(&state, now);
    CHECK_TEXT(state.rows.by_id[0]->live.line, "line 003");
}

/* The screen changes at whole seconds, when a time or a thread's usage may be another one. */
static void the_next_picture_is_due_at_a_whole_second(void)
{
    begin("[" RUNS(1, "a") "]", true);
    now = 1000.25;
    usage = (struct live_usage){.cpu = 1};
    survey_visible(&state, now);
    CHECK_EQUAL(looks, 1);
    CHECK_EQUAL(survey_next(&state, now) * 100, 100100);
    state.rows.by_id[0]->seconds =
        7210; /* which changes once a minute, but its processes are looked at */
    CHECK_EQUAL(survey_next(&state, now) * 100, 100200);
    state.rows.by_id[0]->seconds = NAN;
    CHECK(isinf(survey_next(&state, now)));
    state.arrangement.order = ARRANGE_MEMORY;
    state.survey_next = 1000.5;
    CHECK_EQUAL(survey_next(&state, now) * 100, 100050);
}

TEST_MAIN({"beginning", the_beginning}, {"events", events_change_the_rows},
          {"results", requests_have_results}, {"list", the_list_is_drawn}, {"columns", columns_fit},
          {"moves", keys_move_the_selection}, {"choices", keys_choose_what_is_shown},
          {"typed", lines_are_typed}, {"raise", exceptions_are_chosen},
          {"offered", every_exception_is_offered}, {"attach", terminals_are_attached},
          {"log", the_log_is_read}, {"far-log", a_log_elsewhere_is_asked_for},
          {"live", processes_are_looked_at}, {"far", usage_elsewhere_is_asked_for},
          {"others", the_others_are_asked_for_too}, {"turns", many_threads_are_asked_for_in_turn},
          {"survey", all_threads_are_surveyed}, {"slices", a_survey_has_slices},
          {"watched", logs_are_watched}, {"shared", a_shared_log_is_watched},
          {"ticks", the_next_picture_is_due_at_a_whole_second})
