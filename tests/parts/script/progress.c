/* Tests the line of progress of a run with slots (cli/script/run_progress.h), at a terminal that the test reads. */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/script/run_progress.h"
#include "cli/view/bottom_line.h"

#include <math.h>
#include <poll.h>
#include <sys/ioctl.h>

/* A terminal: what is printed goes to it, and MASTER reads it. */
struct terminal {
    int master, saved;
};

static struct terminal open_terminal(void)
{
    struct winsize  window = {.ws_row = 24, .ws_col = 120};
    struct terminal terminal = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK),
                                .saved = dup(STDERR_FILENO)};
    int             fd;

    CHECK(terminal.master >= 0 && grantpt(terminal.master) == 0 && unlockpt(terminal.master) == 0);
    fd = open(ptsname(terminal.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0 && ioctl(fd, TIOCSWINSZ, &window) == 0);
    CHECK(dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    close(fd);
    CHECK(setenv("TERM", "xterm", 1) == 0);
    return terminal;
}

/* Checks what has come to the terminal since the last check, without what removes a line. Then errors can be seen. */
static void check_shown(const struct terminal *terminal, const char *wanted)
{
    static const char clear[] = "\r\033[K";
    char              bytes[4096];
    ssize_t           size = read(terminal->master, bytes, sizeof(bytes) - 1);
    char             *shown = bytes;

    bytes[size > 0 ? size : 0] = '\0';
    while (strncmp(shown, clear, strlen(clear)) == 0)
        shown += strlen(clear);
    if (strcmp(shown, wanted) == 0)
        return;
    CHECK(dup2(terminal->saved, STDERR_FILENO) >= 0);
    fprintf(stderr, "'%s', not '%s'\n", shown, wanted);
    test_fail(__FILE__, __LINE__, "as it should be");
}

/* Sets how many threads are done, have failed, run and wait. */
static void set_counts(struct run_threads *threads, size_t done, size_t failed, size_t running,
                       size_t waiting)
{
    threads->counts[RUN_THREAD_DONE] = done;
    threads->counts[RUN_THREAD_FAILED] = failed;
    threads->counts[RUN_THREAD_RUNNING] = running;
    threads->counts[RUN_THREAD_WAITING] = waiting;
}

/* Draws the line of a run that began SECONDS ago, and in which a thread ended AGO seconds ago for the last time. */
static void draw(struct run_threads *threads, size_t rest, double seconds, double ago, bool is_all,
                 bool is_ending)
{
    double              now = clock_monotonic();
    struct run_progress progress = {.is_wanted = true,
                                    .threads = threads,
                                    .drawn = now - 5,
                                    .began = now - seconds,
                                    .last = now - ago,
                                    .over = threads->counts[RUN_THREAD_DONE] +
                                            threads->counts[RUN_THREAD_FAILED],
                                    .rest = rest};

    run_progress_draw(&progress, is_all, is_ending);
}

static void the_rest_takes_as_long_as_the_ends_so_far(void)
{
    struct terminal    terminal = open_terminal();
    struct run_threads threads = {0};

    set_counts(&threads, 1, 1, 2, 2);
    draw(&threads, 0, 10, 0.01, true, false);
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting, about 20s left");
    draw(&threads, 0, 10, 2.01, true,
         false); /* 4 s for each end, of which the first one should come in 2 s */
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting, about 14s left");
    draw(&threads, 0, 1000, 998.99, true, false);
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting, about 1s left");
    draw(&threads, 0, 59.5 / 2 + 0.01, 0.01, true, false);
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting, about 1m00s left");
    draw(&threads, 0, 58.5 / 2 + 0.01, 0.01, true, false);
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting, about 59s left");
    draw(&threads, 0, 10, 0.01, false, false); /* more may be started */
    check_shown(&terminal, "1 done, 1 failed, 2 running, 2 waiting");
    draw(&threads, 1, 10, 0.01, true, false); /* less than a third is over */
    check_shown(&terminal, "1 done, 1 failed, 2 running, 3 waiting");
    set_counts(&threads, 0, 0, 1, 0);
    draw(&threads, 0, 10, 0.01, true, false);
    check_shown(&terminal, "0 done, 0 failed, 1 running, 0 waiting");
    set_counts(&threads, 3, 0, 0, 0);
    draw(&threads, 0, 10, 0.01, true, false);
    check_shown(&terminal, "3 done, 0 failed, 0 running, 0 waiting");
}

static void daemons_are_named_when_they_are_ended(void)
{
    struct terminal    terminal = open_terminal();
    struct run_threads threads = {0};

    set_counts(&threads, 1, 0, 0, 0);
    threads.counts[RUN_THREAD_DAEMON] = 2;
    draw(&threads, 0, 10, 0.01, true, true);
    check_shown(&terminal, "1 done, 0 failed, 0 running, 0 waiting, ending 2 daemons");
    threads.counts[RUN_THREAD_DAEMON] = 1;
    draw(&threads, 0, 10, 0.01, true, true);
    check_shown(&terminal, "1 done, 0 failed, 0 running, 0 waiting, ending 1 daemon");
    draw(&threads, 0, 10, 0.01, true, false);
    check_shown(&terminal, "1 done, 0 failed, 0 running, 0 waiting");
    set_counts(&threads, 1, 0, 1, 0);
    draw(&threads, 0, 10, 0.01, true, true); /* a thread is ended, too */
    check_shown(&terminal, "1 done, 0 failed, 1 running, 0 waiting, about 10s left");
    set_counts(&threads, 1, 0, 0, 0);
    threads.counts[RUN_THREAD_DAEMON] = 0;
    draw(&threads, 0, 10, 0.01, true, true);
    check_shown(&terminal, "1 done, 0 failed, 0 running, 0 waiting");
}

/* Checks that TIME is SECONDS behind the last drawing. */
static void check_time(const struct run_progress *progress, double time, double seconds)
{
    CHECK(time > progress->drawn + seconds - 0.001 && time < progress->drawn + seconds + 0.001);
}

static void the_line_is_drawn_when_it_is_due(void)
{
    struct terminal     terminal = open_terminal();
    struct run_threads  threads = {0};
    struct run_progress progress;
    char                bytes[16];

    run_progress_open(&progress, &threads, true);
    CHECK(progress.is_wanted);
    CHECK(clock_monotonic() - progress.drawn < 10);
    progress.drawn -= 50;
    run_progress_draw(&progress, true, false);
    check_shown(&terminal, ""); /* no thread is known */
    CHECK(run_progress_next(&progress) == INFINITY);
    CHECK(!run_progress_holds(&progress, 1));
    threads.counts[RUN_THREAD_DAEMON] = 1;
    run_progress_draw(&progress, true, false);
    check_shown(&terminal, ""); /* daemons do not count */
    set_counts(&threads, 0, 0, 0, 1);
    run_progress_draw(&progress, true, false);
    check_shown(&terminal, "0 done, 0 failed, 0 running, 1 waiting");
    CHECK(clock_monotonic() - progress.began < 10 && clock_monotonic() - progress.drawn < 10);
    check_time(&progress, run_progress_next(&progress), 1); /* nothing is new but the time */
    check_time(&progress, run_progress_release(&progress), 0.1);
    progress.drawn += 100; /* a little output waits until the line may be drawn again */
    CHECK(run_progress_holds(&progress, 16383));
    CHECK(!run_progress_holds(&progress, 16384));
    progress.drawn -= 200;
    CHECK(!run_progress_holds(&progress, 1));
    set_counts(&threads, 1, 0, 0, 0);
    check_time(&progress, run_progress_next(&progress), 0.1);
    progress.last = 0;
    progress.drawn = clock_monotonic() + 100;
    run_progress_draw(&progress, true, false);
    check_shown(&terminal, ""); /* not yet; but the end is noticed */
    CHECK_EQUAL(progress.over, 1);
    CHECK(clock_monotonic() - progress.last < 10);
    progress.last = 7;
    run_progress_draw(&progress, true, false);
    CHECK(progress.last == 7); /* no thread has ended since */
    CHECK(bottom_line_is_shown());
    run_progress_close(&progress);
    CHECK(!bottom_line_is_shown());
    CHECK_EQUAL(read(terminal.master, bytes, sizeof(bytes)), 4);
    CHECK(memcmp(bytes, "\r\033[K", 4) == 0);
    CHECK(run_progress_next(&progress) == INFINITY);
    progress.drawn = 0;
    run_progress_draw(&progress, true, false);
    check_shown(&terminal, "");
}

static void the_first_thread_begins_the_estimate(void)
{
    static const size_t counts[][4] = {{1, 0, 1, 0}, {0, 1, 1, 0}, {0, 0, 1, 1}, {0, 0, 1, 0}};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct run_threads  threads = {0};
        struct run_progress progress = {.threads = &threads};

        run_progress_draw(&progress, true, false);
        CHECK(progress.began == 0);
        set_counts(&threads, counts[i][0], counts[i][1], counts[i][2], counts[i][3]);
        run_progress_draw(&progress, true, false); /* it is not wanted, so nothing is drawn */
        CHECK(progress.began > 0 && progress.began <= clock_monotonic());
    }
}

/* Draws a line that is due. Returns the seconds after which it may be drawn again. */
static double draw_now(struct run_threads *threads)
{
    struct run_progress progress = {.is_wanted = true, .threads = threads, .began = 1};

    run_progress_draw(&progress, true, false);
    return progress.drawn - clock_monotonic();
}

static void a_terminal_that_takes_nothing_is_not_waited_for(void)
{
    struct terminal    terminal = open_terminal();
    struct run_threads threads = {0};
    struct pollfd      output = {.fd = STDERR_FILENO, .events = POLLOUT};
    char               bytes[4096];
    ssize_t            size;

    set_counts(&threads, 0, 0, 1, 0);
    while (poll(&output, 1, 0) == 1) {
        CHECK(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK) == 0);
        (void) !write(STDERR_FILENO, "xxxxxxxxxxxxxxxx", 16);
        CHECK(fcntl(STDERR_FILENO, F_SETFL, 0) == 0);
    }
    CHECK(draw_now(&threads) > 0.5);
    CHECK(!bottom_line_is_shown());
    while ((size = read(terminal.master, bytes, sizeof(bytes))) > 0)
        CHECK(memchr(bytes, 'd', (size_t) size) == NULL);
    CHECK(draw_now(&threads) < 0.1);
    check_shown(&terminal, "0 done, 0 failed, 1 running, 0 waiting");
}

/* Draws a line in a process group of its own. Returns true if it waits until it is in the foreground. */
static bool waits_in_background(struct run_threads *threads)
{
    pid_t pid = fork();
    int   status;

    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setpgid(0, 0) == 0);
        _exit(draw_now(threads) > 0.5);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

static void a_run_in_the_background_draws_nothing(void)
{
    struct terminal    terminal = open_terminal();
    struct run_threads threads = {0};
    pid_t              pid;
    int                status;

    set_counts(&threads, 0, 0, 1, 0);
    CHECK(!waits_in_background(&threads)); /* the terminal does not control this process */
    check_shown(&terminal, "0 done, 0 failed, 1 running, 0 waiting");
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setsid() > 0 && ioctl(STDERR_FILENO, TIOCSCTTY, 0) == 0);
        CHECK(waits_in_background(&threads));
        check_shown(&terminal, "");
        CHECK(draw_now(&threads) < 0.1);
        check_shown(&terminal, "0 done, 0 failed, 1 running, 0 waiting");
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void the_line_is_shown_only_where_it_can_be_replaced(void)
{
    struct terminal     terminal = open_terminal();
    struct run_threads  threads = {0};
    struct run_progress progress;
    int                 file = open("/dev/null", O_WRONLY | O_CLOEXEC), fd = dup(STDERR_FILENO);

    run_progress_open(&progress, &threads, false);
    CHECK(!progress.is_wanted);
    CHECK(setenv("TERM", "dumb", 1) == 0);
    run_progress_open(&progress, &threads, true);
    CHECK(!progress.is_wanted);
    CHECK(setenv("TERM", "xterm", 1) == 0);
    CHECK(dup2(file, STDERR_FILENO) >= 0);
    run_progress_open(&progress, &threads, true);
    CHECK(!progress.is_wanted);
    CHECK(dup2(fd, STDERR_FILENO) >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    run_progress_open(&progress, &threads, true);
    CHECK(!progress.is_wanted);
    check_shown(&terminal, "");
}

TEST_MAIN({"rest", the_rest_takes_as_long_as_the_ends_so_far},
          {"daemons", daemons_are_named_when_they_are_ended},
          {"due", the_line_is_drawn_when_it_is_due},
          {"began", the_first_thread_begins_the_estimate},
          {"full", a_terminal_that_takes_nothing_is_not_waited_for},
          {"background", a_run_in_the_background_draws_nothing},
          {"seen", the_line_is_shown_only_where_it_can_be_replaced})
