/* Tests the end of a run: its results and its exit status (cli/script/front.h). */
#include "tests/parts/script/front_played.h"

#include "cli/script/each.h"
#include "cli/script/plan.h"

static char *const each_words[] = {"echo", "{}", NULL};

static int end_with_status(struct pollfd *fds, int timeout)
{
    played.now = 107;
    played.front->status = 0;
    return end_all(fds, timeout);
}

static int check_stdout(struct pollfd *fds, int timeout)
{
    json_t *thread = thread_of("{'id':1,'name':'t','state':'running','runs':1,'started':5101.0}");

    course_take_thread(&played.front->course, thread, 5103);
    json_decref(thread);
    CHECK((fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND) != 0);
    CHECK_EQUAL(played.front->output.printer.flags, PRINTER_NAMES | PRINTER_TIMES);
    CHECK(played.front->course.is_wanted && played.front->output.threads.leaks_fail);
    return end_with_status(fds, timeout);
}

static void results_tell_of_the_run(void)
{
    static char *const arguments[] = {"a", NULL};
    struct each        each = {.command = (char **) each_words};
    struct plan        plan = {.left_out = json_array()};
    int                before = dup(STDOUT_FILENO), file = file_of("", 0);

    CHECK(before >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    begin_run();
    options.quiet = false;
    options.own_place = true;
    options.leaks = LEAKS_FAIL;
    options.printer = PRINTER_NAMES | PRINTER_TIMES;
    options.results.list[RESULT_TRACE].path = "trace";
    script.scope.arguments = (char **) arguments;
    played.first_signal = SIGTERM;
    played.wait = check_stdout;
    check_run(0);
    CHECK(dup2(before, STDOUT_FILENO) >= 0);
    close(before);
    close(file);
    CHECK_TEXT(played.result.name, "script");
    CHECK(played.result.arguments == arguments && !played.result.is_each);
    CHECK(played.result.threads == &played.front->output.threads &&
          played.result.course == &played.front->course);
    CHECK(played.result.left_out == NULL && played.result.logs != NULL);
    CHECK(played.result.seconds == 7 && played.result.began == 5100 && played.summary_seconds == 7);
    CHECK_EQUAL(played.result.signal, SIGTERM);
    CHECK(played.result.complete);
    CHECK(played.ended == 7); /* with the run */

    begin_run();
    script.each = &each;
    script.plan = &plan;
    check_run(0);
    CHECK_TEXT(played.result.name, "echo");
    CHECK(played.result.arguments == each_words + 1 && played.result.is_each);
    CHECK(played.result.left_out == plan.left_out && played.result.logs == NULL);
    CHECK(played.summary_seconds == 0); /* --quiet */
    plan_release(&plan);
}

static bool is_killed;
static int  script_status;

static int end_the_script(struct pollfd *fds, int timeout)
{
    (void) end_all(fds, timeout);
    played.front->script_killed = is_killed;
    played.front->script_status = script_status;
    return 0;
}

static void a_run_is_complete_if_its_script_was(void)
{
    static const struct {
        bool killed;
        int  status;
        bool complete;
    } ends[] = {{false, 0, true},
                {true, 0, false},
                {false, 256, false},
                {false, 1, false},
                {true, 256, false}};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        begin_run();
        is_killed = ends[i].killed;
        script_status = ends[i].status;
        played.wait = end_the_script;
        check_run(0);
        CHECK_EQUAL(played.result.complete, ends[i].complete);
    }
    begin_run(); /* the script has not begun */
    played.start_error = -EMFILE;
    check_run(STATUS_INTERNAL);
    CHECK(!played.result.complete);
}

static int first_status, left;

static int leave(struct pollfd *fds, int timeout)
{
    char thread[160];

    for (int i = 1; i <= left; i++) {
        json_t *description;

        (void) snprintf(
            thread, sizeof(thread),
            "{'id':%d,'name':'t','daemon':true,'ended':5.0,'left':[{'pid':12,'command':['x']}]}",
            i);
        description = thread_of(thread);
        CHECK(run_threads_update(&played.front->output.threads, description) != NULL);
        json_decref(description);
    }
    played.front->status = first_status;
    return end_all(fds, timeout);
}

static void leftovers_and_lost_files_fail_a_run(void)
{
    static const struct {
        int         status, left, keep_error, result_error;
        enum leaks  leaks;
        int         wanted;
        const char *said;
    } ends[] = {
        {0, 0, 0, 0, LEAKS_FAIL, 0, ""},
        {0, 1, 0, 0, LEAKS_FAIL, STATUS_FAILED, ""},
        {0, 2, 0, 0, LEAKS_FAIL, STATUS_FAILED, ""},
        {0, 1, 0, 0, LEAKS_WARN, 0, ""},
        {3, 1, 0, 0, LEAKS_FAIL, 3, ""},
        {0, 0, -EIO, 0, LEAKS_SHOWN, STATUS_INTERNAL, "k3thread: run: no log\n"},
        {0, 0, 0, -EIO, LEAKS_SHOWN, STATUS_INTERNAL, "k3thread: run: no result\n"},
        {3, 0, -EIO, -EIO, LEAKS_SHOWN, 3, "k3thread: run: no log\nk3thread: run: no result\n"},
        {0, 0, 1, 1, LEAKS_SHOWN, STATUS_INTERNAL,
         "k3thread: run: no log\nk3thread: run: no result\n"},
        {1, 0, 0, -EIO, LEAKS_SHOWN, 1, "k3thread: run: no result\n"},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        begin_run();
        first_status = ends[i].status;
        left = ends[i].left;
        options.leaks = ends[i].leaks;
        played.keep_error = ends[i].keep_error;
        played.result_error = ends[i].result_error;
        played.wait = leave;
        said_begin();
        check_run(ends[i].wanted);
        said_check(ends[i].said);
    }
}

/* Returns true if the other end of FD has been closed. */
static bool is_closed(int fd)
{
    char byte;

    return read(fd, &byte, 1) == 0;
}

static int signals_fd, sync_fd, inotify_fd; /* of the run */

static int end_quietly(struct pollfd *fds, int timeout)
{
    (void) timeout;
    signals_fd = fds[SIGNALS].fd;
    sync_fd = fds[SYNC].fd;
    inotify_fd = played.front->output.inotify;
    return end_all(fds, timeout);
}

static void a_run_closes_what_it_has_opened(void)
{
    int signal;

    begin_run();
    played.wait = end_quietly;
    CHECK_EQUAL(front_run(&options, &played.pair->place, &script, &signal), 0);
    check_done("collect closed keep0 results ");
    CHECK(is_closed(played.lifeline) && is_closed(played.pair->supervisor));
    CHECK(fcntl(signals_fd, F_GETFD) < 0 && errno == EBADF);
    CHECK(fcntl(sync_fd, F_GETFD) < 0 && errno == EBADF);
    CHECK(fcntl(inotify_fd, F_GETFD) < 0 && errno == EBADF);

    begin_run(); /* the children were not all started */
    options.quiet = false;
    options.own_place = true;
    played.start_error = -EMFILE;
    CHECK_EQUAL(front_run(&options, &played.pair->place, &script, &signal), STATUS_INTERNAL);
    check_done("open0 fail-24 keep1 results ");
    CHECK_EQUAL(played.waits, 0);
    CHECK(is_closed(played.lifeline) && is_closed(played.pair->supervisor));
}

TEST_MAIN({"results", results_tell_of_the_run}, {"complete", a_run_is_complete_if_its_script_was},
          {"status", leftovers_and_lost_files_fail_a_run},
          {"release", a_run_closes_what_it_has_opened})
