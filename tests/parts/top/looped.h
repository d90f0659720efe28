/*
 * The loop of top (cli/top/top.c), and everything around it, which is played: it writes down what it is called for. For
 * top_loop.c and top_loop_end.c here.
 */
#ifndef K3THREAD_TESTS_PARTS_LOOPED_H
#define K3THREAD_TESTS_PARTS_LOOPED_H

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

static void press_keys(void)
{
    keys = "ab";
}

static void go_elsewhere(void)
{
    state->is_local = false;
    state->must_draw = true;
}

#endif
