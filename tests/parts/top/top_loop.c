/*
 * Tests the loop of top (cli/top/top.c): when it draws which picture, for what it waits and how long, and how it ends.
 * Everything around the loop is this program, which writes down each call. poll() does what the case says, and the time
 * passes only there.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/top/help.h"
#include "cli/top/keys.h"
#include "cli/top/list_view.h"
#include "cli/top/log_view.h"
#include "cli/top/raise_menu.h"
#include "cli/top/survey.h"
#include "cli/top/top.h"
#include "cli/top/top_signals.h"
#include "cli/top/updates.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>

/* One call of poll(): the calls since the last one, with the descriptors that are watched and the milliseconds. */
struct step {
    const char *did;
    double      passes;    /* the seconds that pass */
    const char *ready;     /* descriptors, by their letters; ! ? - are ends of the terminal */
    void (*happens)(void); /* NULL: nothing else */
};

static const struct step *steps;

static double        now, picture_lasts;
static struct text   calls;
static struct state *state; /* that of the loop */
static struct client client;

/* The results of the functions around the loop. */
static bool has_surveyed; /* since the last look at the terminal */
static bool is_busy, is_gone, misses_logs, is_written_to, needs_picture;
static int  begin_error, signals_error, display_error, arrange_error, updates_error, key_error,
    poll_error;
static const char *keys = "";

static __attribute__((format(printf, 1, 2))) void note(const char *format, ...)
{
    va_list arguments;

    text_byte(&calls, ' ', calls.size > 0);
    va_start(arguments, format);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return now;
}

#define SIGNALS 50 /* descriptors, which nobody opens */
#define WIRE    51
#define LOGS    52
#define OUTPUT  53

static bool is_ready(const struct step *step, char letter)
{
    return step->ready != NULL && strchr(step->ready, letter) != NULL;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static const int   numbers[] = {SIGNALS, STDIN_FILENO, WIRE, LOGS, OUTPUT};
    const struct step *step = steps++;
    char               letters[8] = "";

    CHECK_EQUAL(count, 5);
    for (size_t i = 0; i < count; i++) {
        char letter = "SKWLO"[i];

        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        CHECK_EQUAL(fds[i].fd, numbers[i]);
        if (i != 2 || fds[i].events == POLLIN)
            CHECK_EQUAL(fds[i].events, i == 4 ? POLLOUT : POLLIN);
        else
            letter = 'w'; /* to write */
        snprintf(letters + strlen(letters), 2, "%c", letter);
        if (is_ready(step, letter))
            fds[i].revents = fds[i].events;
    }
    fds[1].revents |= is_ready(step, '!') ? POLLHUP : 0;
    fds[1].revents |= is_ready(step, '?') ? POLLERR : 0;
    fds[1].revents |= is_ready(step, '-') ? POLLNVAL : 0;
    note("%s %d", letters, timeout);
    CHECK(step->did != NULL);
    check_written(&calls, step->did);
    now += step->passes;
    if (step->happens != NULL)
        step->happens();
    errno = poll_error != 0 ? poll_error : EBADF; /* which says nothing without a failure */
    return poll_error != 0 ? -1 : step->ready != NULL ? 1 : 0;
}

/* The beginning and the end of the loop */

int updates_begin(struct state *begun)
{
    state = begun;
    state->is_local = true;
    state->display.rows = DISPLAY_ROWS_MIN;
    state->display.columns = DISPLAY_COLUMNS_MIN;
    note("begin");
    return begin_error;
}

int updates_take(struct state *of)
{
    CHECK(of == state);
    note("updates");
    state->must_draw |= needs_picture;
    return updates_error;
}

void updates_end(struct state *of)
{
    CHECK(of == state);
    note("end");
}

int top_signals_open(sigset_t *ret_before)
{
    sigemptyset(ret_before);
    sigaddset(ret_before, SIGUSR1);
    note("signals");
    return signals_error != 0 ? signals_error : SIGNALS;
}

void top_signals_read(struct state *of, int fd)
{
    CHECK(of == state && fd == SIGNALS);
    note("signal");
    state->signal = SIGTERM;
    state->is_over = true;
}

void top_signals_close(int fd, const sigset_t *before)
{
    CHECK(fd == SIGNALS && sigismember(before, SIGUSR1));
    note("signals-close");
}

bool display_is_possible(struct text *why)
{
    text_add(why, "no");
    return false;
}

int display_open(struct display *display, struct text *why)
{
    CHECK(display == &state->display);
    display->output = OUTPUT;
    note("open");
    if (display_error != 0)
        text_add(why, "no terminal");
    return display_error;
}

void display_close(struct display *display)
{
    CHECK(display == &state->display);
    note("close");
}

void display_begin(struct display *display)
{
    (void) display;
    note("{");
}

void display_end(struct display *display)
{
    (void) display;
    note("}");
}

void display_put_string(struct display *display, int row, int column, int width,
                        enum display_style style, const char *string)
{
    CHECK(row == 0 && column == 0 && width == display->columns && style == STYLE_PLAIN);
    CHECK(strstr(string, "40 columns and 6 rows") != NULL);
    note("small");
}

bool display_is_busy(const struct display *display)
{
    CHECK(display == &state->display);
    return is_busy;
}

bool display_send(struct display *display)
{
    CHECK(display == &state->display);
    CHECK(has_surveyed);
    has_surveyed = false;
    note("send");
    return !is_gone;
}

int display_key(struct display *display)
{
    (void) display;
    return *keys == '\0' ? DISPLAY_NO_KEY : *keys++;
}

int keys_take(struct state *of, int key)
{
    CHECK(of == state);
    note("%c", key);
    state->must_draw = true;
    state->is_over |= key == 'q';
    return key_error;
}

int state_arrange(struct state *of, double time)
{
    CHECK(of == state && time >= now && time <= now);
    note("arrange");
    return arrange_error;
}

void survey_visible(struct state *of, double time)
{
    CHECK(of == state && time >= now && time <= now);
    note("look");
}

void survey_all(struct state *of, double time)
{
    CHECK(of == state && time >= now && time <= now);
    has_surveyed = true;
}

double survey_next(const struct state *of, double time)
{
    CHECK(of == state);
    return time + picture_lasts;
}

void list_view_draw(struct state *of, double time)
{
    CHECK(of == state && time >= now && time <= now);
    note("list");
}

void raise_menu_draw(struct state *of)
{
    CHECK(of == state);
    note("menu");
}

void help_draw(struct state *of)
{
    CHECK(of == state);
    note("help");
}

void log_view_draw(struct state *of)
{
    CHECK(of == state);
    note("log");
}

void log_view_close(struct state *of)
{
    CHECK(of == state);
    note("log-close");
}

void log_watch_open(struct log_watch *watch)
{
    watch->fd = LOGS;
}

bool log_watch_misses(const struct log_watch *watch, const struct row *row)
{
    CHECK(watch == &state->logs && row->id == 7);
    return misses_logs;
}

bool log_watch_take(struct log_watch *watch, void (*changed)(void *context, int64_t id),
                    void             *context)
{
    CHECK(watch == &state->logs);
    note("logs");
    if (!is_written_to)
        return false;
    changed(context, 7);
    changed(context, 8); /* a thread that is gone */
    return true;
}

void log_watch_close(struct log_watch *watch)
{
    CHECK(watch->fd == LOGS);
    note("logs-close");
}

/* The cases */

/* Runs the loop with SCRIPT, which a step without calls ends, and checks the calls since the last poll(). */
static struct top_end run(const struct step *script, const char *rest)
{
    struct top_owner owner = {.client = &client};
    struct top_end   end;

    steps = script;
    now = 1000;
    client = (struct client){.wire.fd = WIRE};
    is_busy = is_gone = misses_logs = is_written_to = needs_picture = false;
    poll_error = 0;
    keys = "";
    top_run(&owner, &end);
    CHECK(steps->did == NULL);
    check_written(&calls, rest);
    return end;
}

#define START  "begin signals open arrange look { list } send "
#define END    "close signals-close end log-close logs-close"
#define LIST   "arrange look { list } send "
#define SECOND 1.0

static void over(void)
{
    state->is_over = true;
}

static void press_keys(void)
{
    keys = "ab";
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

static void go_elsewhere(void)
{
    state->is_local = false;
    state->must_draw = true;
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

static void lose_terminal(void)
{
    is_gone = true;
}

static void press_q(void)
{
    keys = "aqb";
}

/* News that come together with the end are left alone. */
static void the_end_comes_first(void)
{
    static const struct step by_signal[] = {{START "SKWL 4000", 1, "SKW", press_keys},
                                            {NULL, 0, NULL, NULL}};
    static const struct step by_key[] = {{START "SKWL 4000", 1, "KW", press_q},
                                         {NULL, 0, NULL, NULL}};
    static const struct step by_hangup[] = {{START "SKWL 4000", 1, "!W", NULL},
                                            {NULL, 0, NULL, NULL}};
    static const struct step by_error[] = {{START "SKWL 4000", 1, "?W", NULL},
                                           {NULL, 0, NULL, NULL}};
    static const struct step by_absence[] = {{START "SKWL 4000", 1, "-W", NULL},
                                             {NULL, 0, NULL, NULL}};
    static const struct step by_output[] = {{START "SKWL 4000", 1, NULL, lose_terminal},
                                            {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    CHECK_EQUAL(run(by_signal, "signal " END).signal, SIGTERM);
    CHECK_EQUAL(run(by_key, "arrange a arrange q " END).signal, 0);
    CHECK(!run(by_hangup, END).client_failed);
    CHECK(!run(by_error, END).client_failed);
    CHECK(!run(by_absence, END).client_failed);
    CHECK(!run(by_output, "send " END).client_failed);
}

static void fail_to_arrange(void)
{
    arrange_error = -ENOMEM;
    state->must_draw = true;
    keys = "ab";
}

static void fail_at_key(void)
{
    key_error = -EREMOTEIO;
    keys = "ab";
}

static void be_interrupted(void)
{
    poll_error = EINTR;
}

static void fail_to_wait(void)
{
    poll_error = EINVAL;
}

/* Checks the end of the loop, and that nothing fails any longer. */
static void check_end(struct top_end end, bool is_without, bool client_failed, const char *why)
{
    CHECK(end.is_without == is_without && end.client_failed == client_failed && end.signal == 0);
    check_written(&end.why, why);
    begin_error = signals_error = display_error = arrange_error = updates_error = key_error = 0;
}

static void a_failure_ends_the_loop(void)
{
    static const struct step none[] = {{NULL, 0, NULL, NULL}};
    static const struct step message[] = {{START "SKWL 4000", 1, "W", NULL}, {NULL, 0, NULL, NULL}};
    static const struct step elsewhere[] = {{START "SKWL 4000", 1, "W", go_elsewhere},
                                            {NULL, 0, NULL, NULL}};
    static const struct step key[] = {{START "SKWL 4000", 1, "KW", fail_at_key},
                                      {NULL, 0, NULL, NULL}};
    static const struct step arranged[] = {{START "SKWL 4000", 1, "KW", fail_to_arrange},
                                           {NULL, 0, NULL, NULL}};
    static const struct step drawn[] = {{START "SKWL 4000", 1, NULL, fail_to_arrange},
                                        {NULL, 0, NULL, NULL}};
    static const struct step waits[] = {{START "SKWL 4000", 1, "SKW", be_interrupted},
                                        {"send SKWL 3000", 0, "SKW", fail_to_wait},
                                        {NULL, 0, NULL, NULL}};

    picture_lasts = 4;
    updates_error = -ECONNRESET;
    check_end(run(message, "updates " END), true, false, "");
    updates_error = -ENOENT;
    check_end(run(message, "updates " END), true, false, "");
    updates_error = -ECONNRESET;
    check_end(run(elsewhere, "updates " END), false, true, "");
    updates_error = -EPROTO;
    check_end(run(message, "updates " END), false, true, "");
    updates_error = -ENOMEM;
    check_end(run(message, "updates " END), false, false, "out of memory");
    check_end(run(key, "arrange a " END), false, true, "");
    check_end(run(arranged, "arrange " END), false, false, "out of memory");
    check_end(run(drawn, "arrange send " END), false, false, "out of memory");
    check_end(run(waits, END), false, true, "");
    begin_error = -EPROTO;
    check_end(run(none, "begin end log-close logs-close"), false, true, "");
    signals_error = -EMFILE;
    check_end(run(none, "begin signals end log-close logs-close"), false, false,
              "cannot take signals: Too many open files");
    display_error = -ENOTTY;
    check_end(run(none, "begin signals open signals-close end log-close logs-close"), false, false,
              "no terminal");
}

static void the_display_says_what_is_possible(void)
{
    struct text why = {0};

    CHECK(!top_is_possible(&why));
    check_written(&why, "no");
}

TEST_MAIN({"pictures", pictures_are_drawn_when_they_are_due},
          {"times", a_time_that_has_come_is_now}, {"modes", each_mode_has_its_picture},
          {"logs", logs_are_looked_at}, {"pause", the_pause_of_the_logs_has_an_end},
          {"ends", the_end_comes_first}, {"failures", a_failure_ends_the_loop},
          {"possible", the_display_says_what_is_possible})
