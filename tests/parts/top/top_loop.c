/* Tests the loop of top (cli/top/top.c): when it draws which picture, for what it waits, and how long. */
#include "tests/parts/top/looped.h"

static void over(void)
{
    state->is_over = true;
}

static void need_picture(void)
{
    needs_picture = true;
}

static void get_busy(void)
{
    is_busy = true;
}

static void get_free(void)
{
    is_busy = false;
}

static void fill_wire(void)
{
    text_add(&client.wire.unsent, "x");
    needs_picture = false;
    picture_lasts = 1e9;
}

static void empty_wire(void)
{
    text_release(&client.wire.unsent);
    picture_lasts = INFINITY;
}

/* A picture is drawn at once after a key, and otherwise 0.05 seconds after the last one, if the terminal takes it. */
static void pictures_are_drawn_when_they_are_due(void)
{
    static const struct step script[] = {
        {START "SKWL 4000", 4, NULL, NULL},
        {LIST "SKWL 4000", 1.0 / 128, "K", press_keys},
        {"arrange a arrange b " LIST "SKWL 4000", 1.0 / 128, "W", need_picture},
        {"updates send SKWL 43", 0.0625, "W", NULL},
        {"updates " LIST "SKWL 4000", 0.0625, "W", get_busy},
        {"updates send SKWLO -1", 5, NULL, NULL},
        {"send SKWLO -1", 5, "O", get_free},
        {LIST "SKWL 4000", 1, NULL, fill_wire},
        {"send SKwL 3000", 3, "w", NULL},
        {"updates " LIST "SKwL 3600000", 1, "w", empty_wire},
        {"updates send SKWL 3600000", 2e9, NULL, NULL},
        {LIST "SKWL -1", 1, NULL, over},
        {NULL, 0, NULL, NULL}};
    struct top_end end;

    picture_lasts = 4;
    end = run(script, END);
    CHECK(end.signal == 0 && !end.is_without && !end.client_failed && end.why.size == 0);
}

static void pause_exactly(void)
{
    now = 1000 + 0.05;
    state->must_draw = true;
}

/* The loop does not spin, nor wait for longer than needed, if the time has come exactly. */
static void a_time_that_has_come_is_now(void)
{
    static const struct step script[] = {{START "SKWL 1000", 0, NULL, pause_exactly},
                                         {LIST "SKWL 1000", SECOND, NULL, NULL},
                                         {LIST "SKWL 1000", SECOND, NULL, over},
                                         {NULL, 0, NULL, NULL}};
    static const struct step soon[] = {{START "SKWL 1", 1, NULL, over}, {NULL, 0, NULL, NULL}};
    static const struct step late[] = {{START "SKWL 0", 1, NULL, over}, {NULL, 0, NULL, NULL}};

    picture_lasts = SECOND;
    (void) run(script, END);
    picture_lasts = 1.0 / 1024;
    (void) run(soon, END);
    picture_lasts = -1;
    (void) run(late, END);
}

static void help(void)
{
    state->mode = MODE_HELP;
    state->must_draw = true;
}

static void choose(void)
{
    state->mode = MODE_RAISE;
    state->must_draw = true;
}

/* Shows the log of the thread 7, which is known. */
static void read_log(void)
{
    json_t *thread =
        json_pack("{s:i, s:s, s:s, s:i}", "id", 7, "name", "a", "state", "running", "seconds", 5);

    CHECK_EQUAL(rows_take(&state->rows, thread, now), 0);
    json_decref(thread);
    state->log.id = 7;
    state->mode = MODE_LOG;
    state->must_draw = true;
}

static void search(void)
{
    state->mode = MODE_SEARCH;
    state->must_draw = misses_logs = true;
}

static void come_back_without_log(void)
{
    state->is_local = true;
    state->log.id = 9;
    state->mode = MODE_LOG;
    state->must_draw = true;
}

static void become_flat(void)
{
    state->display.rows--;
    state->must_draw = true;
}

static void become_narrow(void)
{
    state->display.rows++;
    state->display.columns--;
    state->must_draw = true;
}

/* Each mode has its picture, which changes by itself when something that it shows does. */
static void each_mode_has_its_picture(void)
{
    static const struct step script[] = {
        {START "SKWL 4000", 1, NULL, choose},
        {"arrange look { list menu } send SKWL 4000", 1, NULL, help},
        {"arrange look { help } send SKWL -1", 1, NULL, read_log},
        {"arrange look { log } send SKWL -1", 1, NULL, search},
        {"arrange look { log } send SKWL 1000", SECOND, NULL, NULL},
        {"arrange look { log } send SKWL 1000", 1, NULL, go_elsewhere},
        {"arrange look { log } send SKWL -1", 1, NULL, come_back_without_log},
        {"arrange look { log } send SKWL -1", 1, NULL, become_flat},
        {"arrange look { small } send SKWL -1", 1, NULL, become_narrow},
        {"arrange look { small } send SKWL -1", 1, NULL, over},
        {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    (void) run(script, END);
}

static void get_log(void)
{
    read_log();
    state->mode = MODE_LIST;
    state->must_draw = false;
    rows_find(&state->rows, 7)->live.is_read = true;
}

static void write_to_log(void)
{
    is_written_to = true;
}

static void check_unread(void)
{
    CHECK(!rows_find(&state->rows, 7)->live.is_read);
    is_written_to = false;
}

/* The logs are looked at when they are written to, but at most five times a second. */
static void logs_are_looked_at(void)
{
    static const struct step script[] = {
        {START "SKWL 4000", 1, "L", get_log},
        {"logs send SKW 201", 0.125, NULL, NULL},
        {"send SKW 76", 0.125, "L", write_to_log}, /* which is not watched yet */
        {"send SKWL 2750", 0.25, "L", NULL},
        {"logs " LIST "SKW 201", 0.125, NULL, check_unread},
        {"send SKW 76", 0.125, NULL, NULL},
        {"send SKWL 3750", 1, "L", get_busy},
        {"logs send SKWO 201", 0.25, NULL, NULL},
        {"send SKWLO -1", 0.25, NULL, over},
        {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    (void) run(script, END);
}

static void look_exactly(void)
{
    now = 1001 + 0.2;
}

static void the_pause_of_the_logs_has_an_end(void)
{
    static const struct step script[] = {{START "SKWL 4000", 1, "L", NULL},
                                         {"logs send SKW 201", 0, NULL, look_exactly},
                                         {"send SKWL 2800", 0, NULL, over},
                                         {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    (void) run(script, END);
}

TEST_MAIN({"pictures", pictures_are_drawn_when_they_are_due},
          {"times", a_time_that_has_come_is_now}, {"modes", each_mode_has_its_picture},
          {"logs", logs_are_looked_at}, {"pause", the_pause_of_the_logs_has_an_end})
