/* Tests what keys do in top, what is drawn, and what the supervisor is asked. */
#include "tests/parts/top/top_played.h"

#include "cli/top/help.h"

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
    CHECK(state.rows.gone == NULL);
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
    state_say(&state, "x");
    draw();
    check_row(9, "x");
    CHECK(styles[9][0] == STYLE_TITLE && styles[9][79] == STYLE_TITLE);
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

static void the_keys_are_explained(void)
{
    begin("[]", true);
    state.display.rows = 22;
    memset(picture, ' ', sizeof(picture));
    help_draw(&state);
    check_row(0, "Keys");
    check_row(1, "");
    check_row(2, "  Up Down j k          select a thread");
    check_row(21, "Press a key.");
    CHECK(styles[0][0] == STYLE_TITLE && styles[0][79] == STYLE_TITLE);
    CHECK(styles[2][2] == STYLE_PLAIN && styles[21][0] == STYLE_PLAIN);
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

TEST_MAIN({"beginning", the_beginning}, {"events", events_change_the_rows},
          {"results", requests_have_results}, {"list", the_list_is_drawn}, {"columns", columns_fit},
          {"moves", keys_move_the_selection}, {"choices", keys_choose_what_is_shown},
          {"help", the_keys_are_explained}, {"typed", lines_are_typed},
          {"raise", exceptions_are_chosen}, {"offered", every_exception_is_offered},
          {"attach", terminals_are_attached})
