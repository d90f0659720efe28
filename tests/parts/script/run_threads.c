/* Tests the threads of a run and their output (cli/script/run_threads.h, run_output.h). */
#include "tests/parts/written.h"

#include "cli/base/directory.h"
#include "cli/base/status.h"
#include "cli/script/run_output.h"

#include <poll.h>
#include <sys/stat.h>

/* Returns the thread that TEXT is, with ' in place of ". */
static json_t *thread_of(const char *text)
{
    char   *copy = strdup(text);
    json_t *thread;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    thread = json_loads(copy, 0, NULL);
    CHECK(thread != NULL);
    free(copy);
    return thread;
}

static struct run_thread *update(struct run_threads *threads, const char *text)
{
    json_t            *thread = thread_of(text);
    struct run_thread *element = run_threads_update(threads, thread);

    CHECK(element != NULL && element->thread == thread);
    json_decref(thread);
    return element;
}

/* The threads */

static void threads_are_found_by_their_ids(void)
{
    struct run_threads threads = {0};
    struct run_thread *first, *far, *element;
    size_t             id = 0;

    CHECK(run_threads_find(&threads, 1) == NULL);
    CHECK(run_threads_next(&threads, &id) == NULL);
    CHECK(run_threads_at(&threads, 0) == NULL);
    CHECK(run_threads_at(&threads, -1) == NULL);
    CHECK(run_threads_at(&threads, 100000001) == NULL);
    CHECK_EQUAL(threads.size, 0);
    first = run_threads_at(&threads, 1);
    CHECK(first != NULL && run_threads_at(&threads, 1) == first);
    CHECK(run_threads_find(&threads, 1) == NULL); /* it has no description */
    CHECK(run_threads_get(&threads, 1) == NULL);
    CHECK(update(&threads, "{'id':1}") == first);
    far = update(&threads, "{'id':1000}");
    CHECK(update(&threads, "{'id':127}") != far);
    element = update(&threads, "{'id':128}");
    CHECK(run_threads_find(&threads, 1) == first);
    CHECK(run_threads_find(&threads, 128) == element);
    CHECK(run_threads_find(&threads, 1000) == far);
    CHECK(run_threads_get(&threads, 1000) == far->thread);
    CHECK(run_threads_find(&threads, 0) == NULL);
    CHECK(run_threads_find(&threads, -1) == NULL);
    CHECK(run_threads_find(&threads, 2) == NULL);
    CHECK(run_threads_find(&threads, 500) == NULL);  /* a chunk without threads */
    CHECK(run_threads_find(&threads, 1024) == NULL); /* the first id behind all chunks */
    CHECK(run_threads_find(&threads, 99999) == NULL);
    CHECK(threads.size > 1000);
    id = 0;
    CHECK(run_threads_next(&threads, &id) == first->thread && id == 1);
    CHECK(run_threads_next(&threads, &id) != NULL && id == 127);
    CHECK(run_threads_next(&threads, &id) == element->thread && id == 128);
    CHECK(run_threads_next(&threads, &id) == far->thread && id == 1000);
    CHECK(run_threads_next(&threads, &id) == NULL);
    CHECK_EQUAL(run_threads_count(&threads), 4);
    CHECK(update(&threads, "{'id':100000000}") != NULL); /* the largest id */
    run_threads_release(&threads);
    CHECK(threads.chunks == NULL && threads.size == 0);
}

/* Checks that the thread ID 1, as TEXT describes it, is of KIND, and counts once. */
static void check_kind(struct run_threads *threads, const char *text, enum run_thread_kind kind)
{
    CHECK_EQUAL(update(threads, text)->kind, kind);
    for (int i = 0; i < RUN_THREAD_KINDS; i++)
        CHECK_EQUAL(threads->counts[i], i == (int) kind);
}

static void each_thread_is_of_a_kind(void)
{
    struct run_threads threads = {0};

    check_kind(&threads, "{'id':1,'state':'waiting','runs':0}", RUN_THREAD_WAITING);
    check_kind(&threads, "{'id':1,'state':'queued'}", RUN_THREAD_WAITING);
    check_kind(&threads, "{'id':1,'state':'delayed','ended':null}", RUN_THREAD_WAITING);
    check_kind(&threads, "{'id':1,'state':'running','runs':0}", RUN_THREAD_RUNNING);
    check_kind(&threads, "{'id':1}", RUN_THREAD_RUNNING);
    check_kind(&threads, "{'id':1,'state':'delayed','runs':1}", RUN_THREAD_RUNNING);
    check_kind(&threads, "{'id':1,'state':'done','ended':3,'exit_code':0}", RUN_THREAD_DONE);
    check_kind(&threads, "{'id':1,'state':'failed','ended':3,'exit_code':1}", RUN_THREAD_FAILED);
    check_kind(&threads, "{'id':1,'state':'running','daemon':true}", RUN_THREAD_DAEMON);
    check_kind(&threads, "{'id':1,'daemon':true,'ended':3,'exit_code':1}", RUN_THREAD_OTHER);
    run_threads_release(&threads);
}

/* Checks what the end of the thread that TEXT describes counts as, with and without --leaks=fail. */
static void check_status(const char *text, int status, int with_leaks)
{
    struct run_threads threads = {0};
    json_t            *thread = thread_of(text);

    CHECK_EQUAL(run_threads_status(&threads, thread), status);
    threads.leaks_fail = true;
    CHECK_EQUAL(run_threads_status(&threads, thread), with_leaks);
    json_decref(thread);
}

static void an_end_counts_as_a_status(void)
{
    check_status("{'id':1,'exit_code':0,'left':[]}", 0, 0);
    check_status("{'id':1,'exit_code':3,'left':[{'pid':4}]}", 3, 3);
    check_status("{'id':1,'exit_code':0,'left':[{'pid':4}]}", 0, 1);
    check_status("{'id':1,'exit_code':3,'exception':'SystemExit'}", 0, 0);
    check_status("{'id':1,'signal':15,'exception':'SystemExit','left':[{'pid':4}]}", 0, 1);
    check_status("{'id':1,'signal':15,'exception':'ValueError'}", 143, 143);
}

static void threads_are_counted(void)
{
    struct run_threads threads = {0};
    struct run_thread *element;

    CHECK(!run_threads_are_daemons(&threads));
    element = update(&threads, "{'id':1,'daemon':true,'state':'running','left':[{'pid':3}]}");
    CHECK(run_threads_are_daemons(&threads));
    CHECK_EQUAL(run_threads_count_left(&threads), 1);
    update(&threads, "{'id':2,'daemon':true,'ended':4,'exit_code':3}")->ended = true;
    CHECK(run_threads_are_daemons(&threads));
    element->ended = true; /* none lives */
    CHECK(!run_threads_are_daemons(&threads));
    element->ended = false;
    element = update(&threads, "{'id':3,'ended':4,'exit_code':0,'left':[{'pid':4}]}");
    CHECK(!run_threads_are_daemons(&threads));
    CHECK_EQUAL(run_threads_count(&threads), 3);
    CHECK_EQUAL(run_threads_count_failed(&threads), 2); /* daemons count, and what was lost */
    CHECK_EQUAL(run_threads_count_left(&threads), 2);
    run_threads_let_go(&threads, element);
    CHECK(run_threads_get(&threads, 3) == NULL);
    CHECK(!run_threads_are_daemons(&threads)); /* it was none */
    CHECK_EQUAL(run_threads_count(&threads), 3);
    CHECK_EQUAL(threads.counts[RUN_THREAD_DONE], 1);
    CHECK_EQUAL(run_threads_count_left(&threads), 1);
    run_threads_release(&threads);
}

/* Ends the thread ID, which succeeds. */
static struct run_thread *end(struct run_threads *threads, int id)
{
    struct run_thread *element;
    char               text[64];

    (void) snprintf(text, sizeof(text), "{'id':%d,'ended':4,'exit_code':0}", id);
    element = update(threads, text);
    run_threads_end(threads, element);
    CHECK(element->ended);
    return element;
}

/* Checks which threads may be let go, in this order. */
static void check_past(const struct run_threads *threads, const char *wanted)
{
    const struct run_thread *element;
    struct text              text = {0};
    size_t                   count = 0;

    if (threads->past_count > 0)
        TAILQ_FOREACH(element, &threads->past, past) {
            text_printf(&text, "%lld ",
                        (long long) json_integer_value(json_object_get(element->thread, "id")));
            CHECK(element->is_past);
            count++;
        }
    CHECK_EQUAL(threads->past_count, count);
    check_written(&text, wanted);
}

static void threads_that_have_succeeded_may_be_let_go(void)
{
    struct run_threads threads = {0};
    struct run_thread *element;

    check_past(&threads, "");
    (void) end(&threads, 2);
    element = end(&threads, 1);
    (void) end(&threads, 3);
    check_past(&threads, "2 1 3 ");
    run_threads_end(&threads, update(&threads, "{'id':4,'ended':4,'exit_code':3}"));
    run_threads_end(&threads, update(&threads, "{'id':5,'ended':4,'exit_code':0,'daemon':true}"));
    run_threads_end(&threads,
                    update(&threads, "{'id':6,'ended':4,'exit_code':0,'left':[{'pid':4}]}"));
    CHECK(run_threads_find(&threads, 4)->ended);
    check_past(&threads, "2 1 3 ");
    run_threads_resume(&threads, element);
    CHECK(!element->ended && !element->is_past);
    check_past(&threads, "2 3 ");
    run_threads_leave_past(&threads, element);
    check_past(&threads, "2 3 ");
    run_threads_leave_past(&threads, run_threads_find(&threads, 2));
    run_threads_leave_past(&threads, run_threads_find(&threads, 3));
    check_past(&threads, "");
    (void) end(&threads, 1);
    check_past(&threads, "1 ");
    run_threads_let_go(&threads, element);
    check_past(&threads, "");
    CHECK_EQUAL(threads.let_go, 1);
    CHECK(run_threads_find(&threads, 1) == NULL);
    run_threads_release(&threads);

    /* Threads that are let go take no memory: their chunk is freed with its last thread. */
    for (int id = 128; id < 256; id++) {
        CHECK(id == 128 || threads.chunks[1] != NULL);
        run_threads_let_go(&threads, end(&threads, id));
    }
    CHECK(threads.chunks[1] == NULL);
    CHECK(run_threads_find(&threads, 200) == NULL);
    CHECK_EQUAL(threads.let_go, 128);
    CHECK_EQUAL(run_threads_count(&threads), 128);
    run_threads_release(&threads);
}

/* The output */

/* The output of a run, which is printed to a pipe that OUT reads. */
struct printed {
    struct run_output output;
    char              directory[64]; /* of the logs */
    int               in, out;
};

static void watch(struct printed *printed)
{
    json_t *directory = json_string(printed->directory);

    CHECK_EQUAL(run_output_watch(&printed->output, directory), 0);
    json_decref(directory);
}

static struct printed *open_output(void)
{
    static struct printed printed;
    int                   ends[2];

    printed = (struct printed){.directory = "/tmp/run_output.XXXXXX"};
    CHECK(mkdtemp(printed.directory) != NULL);
    CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    printed.out = ends[0];
    printed.in = ends[1];
    run_output_open(&printed.output, ends[1], PRINTER_NAMES);
    watch(&printed);
    CHECK(printed.output.watching);
    CHECK_EQUAL(printed.output.printer.flags, PRINTER_NAMES | PRINTER_KEEP);
    return &printed;
}

/* Returns the path of the file NAME in the directory of the logs. */
static const char *path_of(const struct printed *printed, const char *name)
{
    static char path[128];

    (void) snprintf(path, sizeof(path), "%s/%s", printed->directory, name);
    return path;
}

static bool exists(const struct printed *printed, const char *name)
{
    return access(path_of(printed, name), F_OK) == 0;
}

static void close_output(struct printed *printed)
{
    const char *const names[] = {"1.log", "2.log", "3.log", "12.log"};

    run_output_close(&printed->output);
    CHECK(!exists(printed, "times"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void) unlink(path_of(printed, names[i]));
    (void) rmdir(printed->directory);
    close(printed->in);
    close(printed->out);
}

/* Appends TEXT to the log NAME. */
static void write_log(const struct printed *printed, const char *name, const char *text)
{
    int fd = open(path_of(printed, name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text));
    close(fd);
}

/* Takes a description. Returns true if it is the first that says that the thread has ended. */
static bool take(struct printed *printed, const char *text)
{
    json_t *thread = thread_of(text);
    bool    has_ended = run_output_update(&printed->output, thread);

    json_decref(thread);
    return has_ended;
}

/* Prints what is known to be written, and checks it. */
static void check_printed(struct printed *printed, const char *wanted)
{
    struct text text = {0};
    char        bytes[4096];
    ssize_t     size;

    CHECK_EQUAL(run_output_collect(&printed->output), 0);
    while (printer_is_ready(&printed->output.printer))
        CHECK_EQUAL(printer_write(&printed->output.printer), 0);
    size = read(printed->out, bytes, sizeof(bytes));
    text_append(&text, bytes, size > 0 ? (size_t) size : 0);
    check_written(&text, wanted);
}

static void what_is_written_is_printed(void)
{
    struct printed        *printed = open_output();
    struct printer_source *source;
    struct stat            info;

    CHECK(stat(path_of(printed, "times"), &info) == 0 && info.st_mode == (S_IFDIR | 0700));
    CHECK(!take(printed, "{'id':1,'name':'a','state':'running','runs':1}"));
    write_log(printed, "1.log", "one\n");
    check_printed(printed, ""); /* the events were not read */
    run_output_look(&printed->output);
    check_printed(printed, "a | one\n");
    write_log(printed, "2.log", "early\n"); /* before the thread is known */
    run_output_look(&printed->output);
    check_printed(printed, "");
    CHECK(!take(printed, "{'id':2,'name':'b','state':'running','runs':1}"));
    check_printed(printed, "b | early\n");
    write_log(printed, "1.log", "last");
    CHECK(take(printed, "{'id':1,'name':'a','ended':4,'exit_code':0,'runs':1}"));
    CHECK(!take(printed, "{'id':1,'name':'a','ended':4,'exit_code':0,'runs':1}"));
    run_output_look(&printed->output);
    CHECK(!run_output_is_over(run_threads_find(&printed->output.threads, 1)));
    check_printed(printed, "a | last\n");
    CHECK(run_output_is_over(run_threads_find(&printed->output.threads, 1)));

    /* The thread runs again. */
    CHECK(!take(printed, "{'id':1,'name':'a','state':'running','runs':2}"));
    CHECK(!run_threads_find(&printed->output.threads, 1)->ended);
    write_log(printed, "1.log", "again\n");
    run_output_look(&printed->output);
    check_printed(printed, "a | again\n");
    CHECK(take(printed, "{'id':1,'name':'a','ended':4,'exit_code':0,'runs':2}"));
    write_log(printed, "1.log", "short\n"); /* a short run is reported by its end alone */
    CHECK(take(printed, "{'id':1,'name':'a','ended':5,'exit_code':0,'runs':3}"));
    run_output_look(&printed->output);
    check_printed(printed, "a | short\n");
    CHECK_EQUAL(printed->output.threads.past_count, 1);

    run_output_let_go(&printed->output, run_threads_find(&printed->output.threads, 1));
    CHECK(run_threads_find(&printed->output.threads, 1) == NULL);
    source = LIST_FIRST(&printed->output.printer.sources);
    CHECK(source == run_threads_find(&printed->output.threads, 2)->source);
    CHECK(LIST_NEXT(source, link) == NULL);
    CHECK(unlink(path_of(printed, "1.log")) == 0); /* its supervisor forgets it */
    run_output_look(&printed->output);
    CHECK(printed->output.watching);
    CHECK_EQUAL(run_output_patience(&printed->output), -1);
    close_output(printed);
}

/* The answers of the parts of the output that the test plays. */
static bool is_full, is_played;
static int  waiting;

bool __wrap_disk_is_full(const char *path);
int  __real_printer_patience(const struct printer *printer);
int  __wrap_printer_patience(const struct printer *printer);

bool __wrap_disk_is_full(const char *path)
{
    CHECK(path != NULL);
    return is_full;
}

int __wrap_printer_patience(const struct printer *printer)
{
    return is_played ? waiting : __real_printer_patience(printer);
}

static void a_full_disk_is_noticed_once(void)
{
    struct printed *printed = open_output();

    CHECK(!run_output_fills_up(&printed->output));
    is_full = true;
    CHECK(run_output_fills_up(&printed->output));
    CHECK(!run_output_fills_up(&printed->output));
    close_output(printed);
}

static void a_line_is_waited_for_no_longer_than_for_the_next_look(void)
{
    static const int waits[][2] = {{-1, 200}, {0, 0}, {1, 1}, {199, 199}, {200, 200}, {300, 200}};
    struct printed  *printed = open_output();

    is_played = true;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        waiting = waits[i][0];
        printed->output.watching = true;
        CHECK_EQUAL(run_output_patience(&printed->output), waiting);
        printed->output.watching = false;
        CHECK_EQUAL(run_output_patience(&printed->output), waits[i][1]);
    }
    close_output(printed);
}

static void logs_are_read_in_intervals_if_they_cannot_be_watched(void)
{
    struct printed *printed = open_output();
    char            moved[128];

    /* A log that disappears while its thread lives shows that the directory is not the supervisor's any more. */
    CHECK(!take(printed, "{'id':1,'name':'a','state':'running','runs':1}"));
    CHECK(!take(printed, "{'id':2,'name':'b','state':'running','runs':1}"));
    write_log(printed, "1.log", "one\n");
    CHECK(unlink(path_of(printed, "1.log")) == 0);
    run_output_look(&printed->output);
    CHECK(!printed->output.watching);
    CHECK_EQUAL(run_output_patience(&printed->output), 200);
    write_log(printed, "2.log", "two\n");
    run_output_look(&printed->output);
    check_printed(printed, "b | two\n");
    write_log(printed, "2.log", "last\n");
    CHECK(take(printed, "{'id':2,'name':'b','ended':4,'exit_code':0,'runs':1}"));
    check_printed(printed, "b | last\n");
    write_log(printed, "3.log", "short\n");
    CHECK(take(printed, "{'id':3,'name':'c','ended':4,'exit_code':0,'runs':1}"));
    check_printed(printed, "c | short\n");
    CHECK(run_output_is_over(run_threads_find(&printed->output.threads, 3)));
    /* Whatever becomes of the directory. */
    CHECK(rename(printed->directory, strcat(strcpy(moved, printed->directory), ".moved")) == 0);
    CHECK(mkdir(printed->directory, 0700) == 0);
    run_output_look(&printed->output);
    CHECK(!printed->output.watching);
    CHECK(rmdir(printed->directory) == 0 && rename(moved, printed->directory) == 0);
    close_output(printed);

    /* A directory that was moved away is looked for at its path, at which a new one may be. */
    printed = open_output();
    CHECK(!take(printed, "{'id':1,'name':'a','state':'running','runs':1}"));
    (void) snprintf(moved, sizeof(moved), "%s.moved", printed->directory);
    write_log(printed, "1.log", "one\n");
    run_output_look(&printed->output);
    check_printed(printed, "a | one\n");
    CHECK(rename(printed->directory, moved) == 0);
    CHECK(mkdir(printed->directory, 0700) == 0);
    write_log(printed, "1.log", "new\n");
    run_output_look(&printed->output);
    CHECK(printed->output.watching);
    check_printed(printed, "a | new\n");
    write_log(printed, "1.log", "newer\n");
    run_output_look(&printed->output);
    check_printed(printed, "a | newer\n");
    close_output(printed);
    directory_remove(moved);
    CHECK(access(moved, F_OK) < 0);
}

static void no_event_of_a_log_is_lost(void)
{
    struct printed *printed = open_output();
    int             fd;

    CHECK(!take(printed, "{'id':1,'name':'a','state':'running','runs':1}"));
    CHECK(!take(printed, "{'id':12,'name':'c','state':'running','runs':1}"));
    fd = open(path_of(printed, "2.log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    for (int i = 0; i < 2000;
         i++) { /* more events than one read takes; equal ones in a row count once */
        CHECK(write(fd, "x", 1) == 1);
        write_log(printed, "1.log", "y\n");
    }
    write_log(printed, "12.log", "last\n");
    run_output_look(&printed->output);
    CHECK(run_threads_find(&printed->output.threads, 12)->written);
    run_output_look(&printed->output); /* there is nothing, which is not waited for */
    close(fd);
    close_output(printed);
}

static void a_thread_that_waited_is_known(void)
{
    struct printed *printed = open_output();

    CHECK(!take(printed, "{'id':1,'name':'a','state':'waiting'}"));
    CHECK(!take(printed, "{'id':2,'name':'a','state':'queued'}"));
    CHECK(!take(printed, "{'id':3,'name':'a','state':'running','after':0.5}"));
    CHECK(!take(printed, "{'id':4,'name':'a','state':'running','after':0}"));
    CHECK(!take(printed, "{'id':4,'name':'a','state':'waiting'}")); /* not at first */
    CHECK(!take(printed, "{'id':5,'name':'a'}"));
    CHECK(!take(printed, "{'id':6}")); /* no output, for lack of a name */
    CHECK(!take(printed, "{'name':'a'}"));
    for (int id = 1; id <= 6; id++)
        CHECK(run_threads_find(&printed->output.threads, id)->waited == (id <= 3));
    CHECK(run_threads_find(&printed->output.threads, 5)->source != NULL);
    CHECK(run_threads_find(&printed->output.threads, 6)->source == NULL);
    CHECK(take(printed, "{'id':6,'ended':3,'exit_code':0}"));
    CHECK(run_output_is_over(run_threads_find(&printed->output.threads, 6)));
    CHECK(!take(printed, "{'id':6,'state':'running'}"));
    CHECK(take(printed, "{'id':6,'ended':3,'exit_code':0}"));
    run_output_let_go(&printed->output, run_threads_find(&printed->output.threads, 6));
    close_output(printed);
}

/* Checks the events and the number of members in the request that run_output_make_watch() makes. */
static void check_watch(json_t *watch, const char *events, size_t members)
{
    struct text text = {0};
    json_t     *event;
    size_t      i;

    json_array_foreach(json_object_get(watch, "events"), i, event)
        text_printf(&text, "%s ", json_string_value(event));
    check_written(&text, events);
    CHECK_EQUAL(json_array_size(json_object_get(watch, "members")), members);
    json_decref(watch);
}

static void a_run_asks_for_the_events_that_it_needs(void)
{
    check_watch(run_output_make_watch(false, false, false), "created restarted ended ", 17);
    check_watch(run_output_make_watch(true, false, false), "created restarted ended started ", 17);
    check_watch(run_output_make_watch(false, true, true),
                "created restarted ended started ready raised changed ", 0);
}

static void output_without_a_directory_is_closed(void)
{
    struct run_output output;
    json_t           *number = json_integer(3), *missing = json_string("/no/such");

    run_output_open(&output, STDOUT_FILENO, 0);
    CHECK(fcntl(output.inotify, F_GETFD) == FD_CLOEXEC);
    CHECK(run_output_watch(&output, number) < 0);
    CHECK(!run_output_fills_up(&output)); /* no directory is known */
    run_output_look(&output);
    CHECK_EQUAL(run_output_patience(&output), 200);
    CHECK_EQUAL(run_output_watch(&output, missing), 0); /* the supervisor may make it */
    CHECK(!output.watching && output.printer.flags == 0);
    run_output_close(&output);
    json_decref(number);
    json_decref(missing);
}

TEST_MAIN({"full", a_full_disk_is_noticed_once},
          {"look", a_line_is_waited_for_no_longer_than_for_the_next_look},
          {"ids", threads_are_found_by_their_ids}, {"kinds", each_thread_is_of_a_kind},
          {"status", an_end_counts_as_a_status}, {"counts", threads_are_counted},
          {"past", threads_that_have_succeeded_may_be_let_go},
          {"printed", what_is_written_is_printed},
          {"intervals", logs_are_read_in_intervals_if_they_cannot_be_watched},
          {"many", no_event_of_a_log_is_lost}, {"waited", a_thread_that_waited_is_known},
          {"watch", a_run_asks_for_the_events_that_it_needs},
          {"none", output_without_a_directory_is_closed})
