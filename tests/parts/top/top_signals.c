/* Tests the signals of top (cli/top/top_signals.h), at a terminal that the test plays (painted.h). */
#include "tests/parts/top/painted.h"

#include "cli/top/display.h"
#include "cli/top/top_signals.h"

#include <sys/resource.h>

static bool same_settings(const struct termios *a)
{
    struct termios b;

    CHECK(tcgetattr(STDIN_FILENO, &b) == 0);
    return a->c_iflag == b.c_iflag && a->c_oflag == b.c_oflag && a->c_lflag == b.c_lflag;
}

static struct state state;

static bool is_blocked(int number)
{
    sigset_t mask;

    CHECK_EQUAL(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
    return sigismember(&mask, number);
}

static void signals_come_from_a_descriptor(void)
{
    static const int ends[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    struct rlimit    limit = {.rlim_cur = 0, .rlim_max = 1024};
    sigset_t         before;
    int              open = test_count_open(), fd = top_signals_open(&before);

    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    CHECK(is_blocked(SIGTSTP) && is_blocked(SIGCONT) && is_blocked(SIGWINCH));
    top_signals_read(&state, fd);
    CHECK(!state.is_over && !state.must_draw);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        state = (struct state){.display.rows = 1};
        CHECK_EQUAL(raise(ends[i]), 0);
        top_signals_read(&state, fd);
        CHECK(state.is_over && state.must_draw && state.signal == ends[i]);
    }
    /* The first signal that ends top counts. */
    CHECK(raise(SIGHUP) == 0 && raise(SIGTERM) == 0);
    top_signals_read(&state, fd);
    CHECK_EQUAL(state.signal, SIGHUP);
    top_signals_read(&state, fd);
    CHECK_EQUAL(state.signal, SIGTERM);
    top_signals_close(fd, &before);
    CHECK(!is_blocked(SIGTERM) && !is_blocked(SIGTSTP));
    CHECK_EQUAL(test_count_open(), open);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQUAL(top_signals_open(&before), -EMFILE);
    CHECK(!is_blocked(SIGTERM));
}

static void a_signal_changes_the_display(void)
{
    sigset_t before;
    int      fd = top_signals_open(&before);

    CHECK(fd >= 0);
    open_painted(10, 20);
    CHECK(setenv("TERM", "xterm-that-nobody-knows", 1) == 0);
    CHECK_EQUAL(display_open(&state.display, &(struct text){0}), 0);
    resize_painted(12, 30);
    CHECK_EQUAL(raise(SIGWINCH), 0);
    top_signals_read(&state, fd);
    CHECK(state.display.rows == 12 && state.display.columns == 30);
    CHECK(state.must_draw && !state.is_over);
    resize_painted(14, 30);
    CHECK_EQUAL(raise(SIGCONT), 0);
    state.must_draw = state.display.is_shown = false;
    top_signals_read(&state, fd);
    CHECK(state.display.rows == 14 && state.display.is_shown && state.must_draw && !state.is_over);
    display_close(&state.display);
    top_signals_close(fd, &before);
}

/* Takes a SIGTSTP, in a process that then stops and goes on. */
static void be_stopped(void)
{
    struct termios before;
    sigset_t       mask;
    int            fd = top_signals_open(&mask);

    test_alarm();
    CHECK(tcgetattr(STDIN_FILENO, &before) == 0);
    CHECK_EQUAL(display_open(&state.display, &(struct text){0}), 0);
    CHECK_EQUAL(raise(SIGTSTP), 0);
    top_signals_read(&state, fd);
    CHECK(state.must_draw && !state.is_over && state.display.is_shown);
    CHECK(state.display.rows == 12); /* as it was made meanwhile */
    CHECK(is_blocked(SIGTSTP) && !same_settings(&before));
    display_close(&state.display);
    _exit(0);
}

/* Top stops as Ctrl-Z asks, and the terminal is as before until it goes on. */
static void top_stops_and_goes_on(void)
{
    struct termios before;
    int            status;
    pid_t          pid;

    open_painted(10, 20);
    CHECK(setenv("TERM", "xterm-that-nobody-knows", 1) == 0);
    CHECK(tcgetattr(STDIN_FILENO, &before) == 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        be_stopped();
    CHECK_EQUAL(waitpid(pid, &status, WUNTRACED), pid);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    CHECK(same_settings(&before));
    resize_painted(12, 20);
    CHECK_EQUAL(kill(pid, SIGCONT), 0);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK_EQUAL(status, 0);
}

/* Where nobody could continue it, top does not stop, and takes the terminal again. */
static void stay(void)
{
    int fd;

    CHECK(setsid() >= 0);
    fd = top_signals_open(&(sigset_t){0});
    CHECK_EQUAL(display_open(&state.display, &(struct text){0}), 0);
    CHECK_EQUAL(raise(SIGTSTP), 0);
    top_signals_read(&state, fd);
    CHECK(state.display.is_shown && state.must_draw && !state.is_over);
    display_close(&state.display);
}

static void top_stays_where_nobody_could_continue_it(void)
{
    char output[256];
    int  status;

    open_painted(10, 20);
    CHECK(setenv("TERM", "xterm-that-nobody-knows", 1) == 0);
    status = test_child(stay, output, sizeof(output));
    if (status != 0)
        fputs(output, stderr);
    CHECK_EQUAL(status, 0);
}

TEST_MAIN({"signals", signals_come_from_a_descriptor}, {"changes", a_signal_changes_the_display},
          {"stops", top_stops_and_goes_on}, {"stays", top_stays_where_nobody_could_continue_it})
