/* Tests the loop of a run: what it waits for, and what it does then (cli/script/front.h). */
#include "tests/parts/script/front_played.h"

#include "cli/view/output.h"

/* Puts four bytes into the output, of which two are written. */
static void ready_output(void)
{
    text_add(&played.front->output.printer.ready, "abcd");
    played.front->output.printer.written = 2;
}

/* The course of the loop */

/* Lets everything but one be over, another one each time, and then all. */
static int miss_one(struct pollfd *fds, int timeout)
{
    struct front *front = played.front;

    (void) fds, (void) timeout;
    front->script = played.waits == 1 ? NOBODY : 0;
    front->script_done = played.waits != 2;
    front->supervisor = played.waits == 3 ? NOBODY : 0;
    front->carrier = played.waits == 4 ? NOBODY : 0;
    played.idle = played.waits != 5;
    return 0;
}

static void a_run_goes_on_until_all_is_over(void)
{
    begin_run();
    played.wait = miss_one;
    check_run(0);
    CHECK_EQUAL(played.waits, 6);
}

static int say_when(struct pollfd *fds, int timeout)
{
    CHECK_EQUAL(fds[OUTPUT].events, 0);
    switch (played.waits) {
    case 1:
        CHECK_EQUAL(timeout, -1);
        text_add(&played.front->notices, "one\n");
        played.idle = false;
        return 0;
    case 2: /* output comes first */
        CHECK(played.front->notices.size > 0);
        played.idle = true;
        return 0;
    case 3:
        CHECK_EQUAL(played.front->notices.size, 0);
        text_add(&played.front->notices, "two\n");
        played.front->notices.failed = true;
        return 0;
    case 4:
        played.front->notices.failed = false;
        text_add(&played.front->notices, "three\n"); /* is said at the end too */
        return end_all(fds, timeout);
    default:
        test_fail(__FILE__, __LINE__, "no more waits");
    }
}

static void notices_come_behind_the_output(void)
{
    begin_run();
    played.wait = say_when;
    said_begin();
    check_run(0);
    said_check("one\nthree\n");
}

/* Times */

static int check_patience(struct pollfd *fds, int timeout)
{
    static const struct {
        double deadline, not_ready, drawn_next, released, room;
        bool   stopping, holds;
        int    waits_for_writes, wanted;
    } times[] = {
        {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, false, false, -1, -1},
        {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, false, false, 200, 200},
        {107, INFINITY, INFINITY, INFINITY, INFINITY, false, false, -1, 7000},
        {INFINITY, 106, INFINITY, INFINITY, INFINITY, false, false, -1, 6000},
        {107, 106, INFINITY, INFINITY, INFINITY, true, false, -1, -1},
        {INFINITY, INFINITY, 105, 103, INFINITY, false, false, -1, 5000},
        {INFINITY, INFINITY, 103, 105, INFINITY, false, true, -1, 5000},
        {INFINITY, INFINITY, INFINITY, INFINITY, 104, false, false, -1, 4000},
        {107, 106, 105, INFINITY, 104, false, false, -1, 4000},
        {107, 106, 103, INFINITY, 104, true, false, -1, 3000},
        {100.5, INFINITY, INFINITY, INFINITY, INFINITY, false, false, -1, 500},
        {100.0001, INFINITY, INFINITY, INFINITY, INFINITY, false, false, -1, 1},
        {INFINITY, INFINITY, 99, INFINITY, INFINITY, false, false, -1, 0},
        {107, INFINITY, INFINITY, INFINITY, INFINITY, false, false, 200, 200},
        {107, INFINITY, INFINITY, INFINITY, INFINITY, false, false, 0, 0},
        {100.1, INFINITY, INFINITY, INFINITY, INFINITY, false, false, 200, 100},
        {3e9, INFINITY, INFINITY, INFINITY, INFINITY, false, false, 200, 200},
    };
    const int count = sizeof(times) / sizeof(times[0]);
    int       n = played.waits - 1;

    if (n > 0 && timeout != times[n - 1].wanted) {
        fprintf(stderr, "%d: ", n);
        CHECK_EQUAL(timeout, times[n - 1].wanted);
    }
    played.front->stopping = false;
    if (n == count)
        return end_all(fds, timeout);
    if (n == 0)
        ready_output();
    played.front->deadline = times[n].deadline;
    played.front->not_ready.next = times[n].not_ready;
    played.drawn_next = times[n].drawn_next;
    played.released = times[n].released;
    played.room = times[n].room;
    played.front->stopping = times[n].stopping;
    played.holds = times[n].holds;
    played.waits_for_writes = times[n].waits_for_writes;
    return -1; /* interrupted: the time has not come */
}

static void a_run_waits_until_the_next_time(void)
{
    begin_run();
    played.wait = check_patience;
    check_run(0);
}

static int check_deadline(struct pollfd *fds, int timeout)
{
    switch (played.waits) {
    case 1:
        CHECK(played.front->deadline == 102.5 && isinf(played.front->not_ready.next));
        played.now = 102.4;
        text_release(&played.done);
        return 0;
    case 2:
        check_done("collect thin draw00 ");
        played.now = 102.5;
        return 0;
    case 3: /* the end of the time comes once */
        check_done("timeout collect thin draw00 ");
        return 0;
    case 4:
        check_done("collect thin draw00 ");
        played.front->not_ready = (struct not_ready){.ids = json_pack("[i]", 3), .next = 102.6};
        return 0;
    case 5: /* not yet */
        check_requests(played.pair, "");
        played.now = 102.6;
        return 0;
    case 6:
        check_requests(
            played.pair,
            REQUEST(1, "list", "'threads':[3],'members':['id','name','state','waits_for']"));
        CHECK_EQUAL(played.front->not_ready_id, 1);
        return 0;
    default:
        check_requests(played.pair, "");
        return end_all(fds, timeout);
    }
}

static void what_is_due_is_done_once(void)
{
    begin_run();
    options.timeout = 2.5;
    played.wait = check_deadline;
    check_run(0);
    CHECK_EQUAL(played.waits, 7);
}

static int expect_time_out(struct pollfd *fds, int timeout)
{
    if (played.waits == 1) {
        CHECK_EQUAL(timeout, 0);
        return 0;
    }
    CHECK(played.front->stopping);
    return end_all(fds, timeout);
}

static int expect_no_time_out(struct pollfd *fds, int timeout)
{
    CHECK(isinf(played.front->deadline));
    return end_all(fds, timeout);
}

static void a_time_limit_may_be_none(void)
{
    begin_run();
    options.timeout = 0;
    played.wait = expect_time_out;
    check_run(0);

    begin_run();
    played.wait = expect_no_time_out;
    check_run(0);
}

/* The wait */

static void check_fds(const struct pollfd *fds, int client, int inotify, int output)
{
    CHECK_EQUAL(fds[SIGNALS].fd, played.front->signals.fd);
    CHECK_EQUAL(fds[SIGNALS].events, POLLIN);
    CHECK_EQUAL(fds[CLIENT].fd, client);
    CHECK_EQUAL(fds[INOTIFY].fd, inotify);
    CHECK_EQUAL(fds[INOTIFY].events, POLLIN);
    CHECK_EQUAL(fds[SYNC].fd, played.front->sync);
    CHECK_EQUAL(fds[SYNC].events, POLLIN);
    CHECK_EQUAL(fds[OUTPUT].fd, output);
}

static int check_waits(struct pollfd *fds, int timeout)
{
    struct front *front = played.front;
    int           client = front->client.wire.fd, inotify = front->output.inotify;

    CHECK(inotify >= 0);
    switch (played.waits) {
    case 1: /* logs are not watched */
        check_fds(fds, client, -1, STDOUT_FILENO);
        CHECK_EQUAL(fds[CLIENT].events, POLLIN);
        CHECK_EQUAL(fds[OUTPUT].events, 0);
        front->output.watching = true;
        return -1;
    case 2:
        check_fds(fds, client, inotify, STDOUT_FILENO);
        CHECK_EQUAL(timeout, -1);
        front->looked = 99.9965; /* less than 4 ms ago: more is let come together */
        return -1;
    case 3:
        check_fds(fds, -1, -1, STDOUT_FILENO);
        CHECK_EQUAL(timeout, 4);
        text_add(&front->client.wire.unsent, "x"); /* but what is unsent is not held back */
        return -1;
    case 4:
        check_fds(fds, client, -1, STDOUT_FILENO);
        CHECK_EQUAL(fds[CLIENT].events, POLLIN | POLLOUT);
        front->barrier = BARRIER_ASKED; /* and the script does not wait for that */
        front->client.wire.unsent.size = 0;
        return -1;
    case 5:
        check_fds(fds, client, inotify, STDOUT_FILENO);
        CHECK_EQUAL(fds[CLIENT].events, POLLIN);
        CHECK_EQUAL(timeout, -1);
        front->barrier = BARRIER_NONE;
        front->looked = 99.995;
        front->client.open = false;
        front->output_closed = true;
        front->client.wire.unsent.size = 2;
        return -1;
    default:
        check_fds(fds, -1, inotify, -1);
        front->client.wire.unsent.size = 0;
        front->client.open = true;
        return end_all(fds, timeout);
    }
}

static void a_run_waits_for_what_it_can_use(void)
{
    begin_run();
    played.wait = check_waits;
    check_run(0);
}

static int check_output(struct pollfd *fds, int timeout)
{
    struct front *front = played.front;

    switch (played.waits) {
    case 1:
        CHECK_EQUAL(fds[OUTPUT].events, 0);
        ready_output();
        return -1;
    case 2:
        CHECK_EQUAL(fds[OUTPUT].events, POLLOUT);
        played.holds = true;
        return -1;
    case 3: /* held back for the line of progress */
        CHECK_EQUAL(fds[OUTPUT].events, 0);
        front->barrier = BARRIER_ASKED;
        return -1;
    case 4: /* but not if the script waits for it */
        CHECK_EQUAL(fds[OUTPUT].events, POLLOUT);
        front->barrier = BARRIER_NONE;
        front->supervisor = 0;
        return -1;
    case 5: /* nor at the end */
        CHECK_EQUAL(fds[OUTPUT].events, POLLOUT);
        front->output.printer.written = 4;
        played.holds = false;
        return -1;
    case 6:
        CHECK(fds[OUTPUT].fd == STDOUT_FILENO && fds[OUTPUT].events == 0);
        played.written_fd = 77;
        front->output.printer.written = 2;
        front->supervisor = NOBODY;
        played.holds = true;
        return -1;
    case 7: /* the second thread's end is not held back */
        CHECK(fds[OUTPUT].fd == 77 && fds[OUTPUT].events == POLLIN);
        front->output_closed = true;
        return -1;
    default:
        CHECK_EQUAL(fds[OUTPUT].fd, -1);
        return end_all(fds, timeout);
    }
}

static void output_waits_for_the_line_of_progress(void)
{
    begin_run();
    played.wait = check_output;
    check_run(0);
    CHECK_EQUAL(played.waits, 8);
}

/* The steps after the wait */

static int check_order(struct pollfd *fds, int timeout)
{
    static const struct {
        int         signals, client, inotify, sync, output;
        const char *done;
    } news[] = {
        {0, 0, 0, 0, 0, ""},
        {POLLIN, 0, 0, 0, 0, "reap signal15 look "},
        {0, POLLIN, 0, 0, 0, "client look "},
        {0, 0, POLLIN, 0, 0, "look "},
        {0, 0, 0, POLLIN, 0, "sync "},
        {0, 0, 0, POLLHUP, 0, "sync "},
        {0, 0, 0, 0, POLLOUT, "write "},
        {0, 0, 0, 0, POLLOUT | POLLERR, "write "},
        {0, 0, 0, 0, POLLIN, "write "},
        {POLLIN, POLLIN, POLLIN, POLLIN, POLLOUT, "reap signal15 client look sync write "},
        {0, 0, 0, 0, POLLERR, "close-32 "},
        {0, 0, 0, 0, POLLHUP, "close-32 "},
    };
    const int count = sizeof(news) / sizeof(news[0]);
    int       n = played.waits - 1;
    char      wanted[128];

    if (n > 0) {
        bool closes = strncmp(news[n - 1].done, "close", 5) == 0;
        bool has_news = news[n - 1].client || news[n - 1].inotify;

        (void) snprintf(wanted, sizeof(wanted), "%s%s thin draw00 ", news[n - 1].done,
                        closes ? "discard" : "collect");
        check_done(wanted);
        CHECK(played.front->looked == (has_news ? played.now : 0));
        played.front->output_closed = false;
    } else {
        check_done("open0 collect thin draw00 ");
    }
    if (n == count)
        return end_all(fds, timeout);
    played.now += 1;
    played.front->looked = 0;
    played.signals[0] = SIGCHLD;
    played.signals[1] = SIGTERM;
    played.signal_count = 0;
    fds[SIGNALS].revents = (short) news[n].signals;
    fds[CLIENT].revents = (short) news[n].client;
    fds[INOTIFY].revents = (short) news[n].inotify;
    fds[SYNC].revents = (short) news[n].sync;
    fds[OUTPUT].revents = (short) news[n].output;
    return 1;
}

/* Notes what is said. */
static void note_said(int fd, const char *data, size_t size)
{
    (void) data;
    NOTE("say%d/%zu ", fd, size);
}

static void news_are_taken_in_order(void)
{
    begin_run();
    output_set_listener(note_said); /* there is nothing to say */
    played.wait = check_order;
    check_run(0);
    output_set_listener(NULL);
}

static int fail_output(struct pollfd *fds, int timeout)
{
    switch (played.waits) {
    case 1:
        text_release(&played.done);
        played.write_error = -ENOSPC;
        fds[OUTPUT].revents = POLLOUT;
        return 1;
    case 2:
        check_done("write close-28 discard thin draw00 ");
        played.front->output_closed = true; /* it is closed once */
        fds[OUTPUT].revents = POLLOUT;
        return 1;
    case 3:
        check_done("write discard thin draw00 ");
        played.front->output_closed = false;
        played.write_error = 0;
        fds[OUTPUT].revents = POLLOUT;
        played.collect_error = -ENOMEM;
        return 1;
    case 4:
        check_done("write collect close-12 thin draw00 ");
        played.full = true;
        return 0;
    default:
        played.full = false;
        return end_all(fds, timeout);
    }
}

static void output_that_cannot_be_written_is_closed(void)
{
    begin_run();
    played.wait = fail_output;
    said_begin();
    check_run(0);
    said_check(
        "k3thread: run: the file system of the logs is full: /nowhere: output may be lost\n");
}

static int pass_barriers(struct pollfd *fds, int timeout)
{
    struct front *front = played.front;

    switch (played.waits) {
    case 1:
        text_release(&played.done);
        front->barrier = BARRIER_ASKED;
        return 0;
    case 2:
        check_done("collect thin draw00 ");
        front->barrier = BARRIER_PRINTING;
        return 0;
    case 3: /* it was passed, and a wait came after it */
        check_done("collect thin draw00 pass collect thin draw00 ");
        front->barrier = BARRIER_PRINTING;
        played.idle = false; /* the output comes first */
        return 0;
    case 4:
        check_done("collect thin ");
        CHECK_EQUAL(front->barrier, BARRIER_PRINTING);
        front->progress.is_wanted =
            true; /* then the unfinished line is ended for the line of progress */
        return 0;
    case 5:
        check_done("collect thin row ");
        played.idle = true;
        return 0;
    case 6:
        check_done("collect thin draw00 row pass collect thin draw00 ");
        return 0;
    default:
        check_done("collect thin draw00 ");
        return end_all(fds, timeout);
    }
}

static void a_barrier_is_passed_when_all_is_printed(void)
{
    begin_run();
    played.wait = pass_barriers;
    check_run(0);
}

static int check_drawing(struct pollfd *fds, int timeout)
{
    struct front *front = played.front;

    switch (played.waits) {
    case 1:
        check_done("open1 collect thin draw00 ");
        front->script = 0;
        return 0;
    case 2: /* no more starts will come */
        check_done("collect thin draw10 ");
        front->ending = true;
        return 0;
    case 3:
        check_done("collect thin draw11 ");
        front->stopping = true; /* what waits will not run */
        return 0;
    case 4:
        check_done("collect thin draw01 ");
        front->output.printer.open = (struct printer_source *) &played; /* a line is not finished */
        return 0;
    case 5:
        check_done("collect thin ");
        played.drawn_next = 101; /* which need not be waited for */
        return 0;
    case 6:
        CHECK_EQUAL(timeout, -1);
        front->output.printer.open = NULL;
        played.idle = false; /* output waits */
        return 0;
    case 7:
        CHECK_EQUAL(timeout, -1);
        played.idle = true;
        return 0;
    default:
        CHECK_EQUAL(timeout, 1000);
        return end_all(fds, timeout);
    }
}

static int check_first_drawing(struct pollfd *fds, int timeout)
{
    check_done(options.slots == 1 && !options.quiet ? "open1 collect thin draw10 "
                                                    : "open0 collect thin draw10 ");
    return end_all(fds, timeout);
}

static void the_line_of_progress_is_drawn_on_a_free_row(void)
{
    begin_run();
    options.slots = 2;
    options.quiet = false;
    played.wait = check_drawing;
    check_run(0);

    for (int i = 0; i < 4; i++) {
        begin_run();
        options.has_all_starts = true;
        options.slots = i & 1;
        options.quiet = (i & 2) != 0;
        played.wait = check_first_drawing;
        check_run(0);
    }
}

TEST_MAIN({"over", a_run_goes_on_until_all_is_over}, {"notices", notices_come_behind_the_output},
          {"times", a_run_waits_until_the_next_time}, {"due", what_is_due_is_done_once},
          {"limit", a_time_limit_may_be_none}, {"waits", a_run_waits_for_what_it_can_use},
          {"output", output_waits_for_the_line_of_progress}, {"order", news_are_taken_in_order},
          {"closed", output_that_cannot_be_written_is_closed},
          {"barriers", a_barrier_is_passed_when_all_is_printed},
          {"drawing", the_line_of_progress_is_drawn_on_a_free_row})
