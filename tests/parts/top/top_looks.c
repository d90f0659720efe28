/* Tests the logs that top shows, and its looks at processes and at last lines. */
#include "tests/parts/top/top_played.h"

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

/* Where --log-limit has removed what is looked at, the first line that is left takes its place. */
static void a_log_loses_its_beginning(void)
{
    int fd;

    begin("[" RUNS(1, "a") "]", true);
    write_log("a.log", 1, 20000); /* more than a block, in lines of 9 bytes and more */
    type("lg");
    draw();
    check_row(1, "line 001");
    fd = open("a.log", O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 65536) == 0) {
        draw();
        CHECK(state.log.position > 65536 && state.log.position == state.log.pager.begin);
        check_row(1, "line 6655"); /* 999 lines of 9 bytes, and others of 10, end at 65541 */
    }
    close(fd);
    type("q");
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
    row->state = STATE_RUNNING; /* another run, which has used less */
    row->cpu = 0;
    usage.cpu = 0;
    looks = 0;
    now += 100;
    CHECK(live_look(row, now));
    CHECK(fabs(live_next(row) - now - 0.9) < 1e-9);
    row->live.pause = 1;
    (void) live_look(row, now + 1);
    CHECK_EQUAL(looks, 2);
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
    /* A log that cannot be watched is read each time. */
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

TEST_MAIN({"log", the_log_is_read}, {"hole", a_log_loses_its_beginning},
          {"far-log", a_log_elsewhere_is_asked_for}, {"live", processes_are_looked_at},
          {"far", usage_elsewhere_is_asked_for}, {"others", the_others_are_asked_for_too},
          {"turns", many_threads_are_asked_for_in_turn}, {"survey", all_threads_are_surveyed},
          {"slices", a_survey_has_slices}, {"watched", logs_are_watched},
          {"shared", a_shared_log_is_watched}, {"ticks", the_next_picture_is_due_at_a_whole_second})
