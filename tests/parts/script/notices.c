/* Tests the notices of a run (cli/script/notices.h), and the results of an earlier one (cli/script/earlier_run.h). */
#include "tests/parts/said.h"

#include "cli/place/place.h"
#include "cli/script/earlier_run.h"
#include "cli/script/log_tail.h"
#include "cli/script/notices.h"
#include "cli/script/outcome.h"

/* Returns the object that TEXT is, with ' in place of ". */
static json_t *parse(const char *text)
{
    char   *copy = strdup(text);
    json_t *object;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    object = json_loads(copy, 0, NULL);
    free(copy);
    CHECK(object != NULL);
    return object;
}

/* Writes the SIZE bytes of TEXT into the file NAME in the current directory. */
static void put(const char *name, const char *text, size_t size)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, size), size);
    close(fd);
}

/* Notices */

static void each_notice_is_a_line(void)
{
    json_t *failed = parse(
        "{'id':7,'name':'web','state':'failed','ended':9,'exit_code':3,'signal':null,'runs':2,"
        "'exception':null,'message':null}");
    json_t *timed = parse("{'id':7,'name':'w\\u0001b','state':'failed','ended':9,'exit_code':null,'"
                          "signal':15,'runs':1,"
                          "'exception':'TimeoutError','message':'too slow'}");
    json_t *waits = parse("{'name':'db','state':'running','waits_for':'tcp:5432'}");
    json_t *other = parse("{'name':'db','state':'ready','waits_for':'tcp:5432'}");
    json_t *unprobed = parse("{'name':'db','state':'running'}");

    struct text text = {0};

    notices_ends_all(&text, failed);
    check_written(&text, "k3thread: run: 'web' ended (exit 3), which ends all\n");
    notices_ends_all(&text, timed);
    check_written(
        &text,
        "k3thread: run: 'w\\x01b' ended (TimeoutError, SIGTERM): too slow, which ends all\n");
    notices_restarted(&text, failed);
    check_written(&text, "k3thread: run: 'web' ended (exit 3); its run 2 begins\n");
    notices_daemon_failed(&text, failed, NULL);
    check_written(&text, "k3thread: run: the daemon 'web' failed (exit 3)\n");
    put("log", "1\n2\n3\n4\n5\x01\n6\n7", 14);
    notices_daemon_failed(&text, failed, "log");
    check_written(&text, "k3thread: run: the daemon 'web' failed (exit 3); its last lines:\n"
                         "  3\n  4\n  5\\x01\n  6\n  7\n");
    notices_daemon_failed(&text, failed, "missing");
    check_written(&text, "k3thread: run: the daemon 'web' failed (exit 3)\n");
    notices_not_ready(&text, waits);
    check_written(&text, "k3thread: run: 'db' is not ready yet: it waits for tcp:5432\n");
    notices_not_ready(&text, other);
    notices_not_ready(&text, unprobed);
    notices_not_run(&text, failed);
    notices_unended(&text, failed);
    notices_left(&text, failed);
    check_written(&text, "");
    notices_full(&text, "/a\x01");
    check_written(
        &text, "k3thread: run: the file system of the logs is full: /a\\x01: output may be lost\n");
    notices_timed_out(&text, 90);
    check_written(&text, "k3thread: run: TimeoutError: not over after 1m30s\n");
    notices_only_daemons(&text);
    check_written(&text, "k3thread: run: the script started only daemons, which end with it; use "
                         "\"start\" for a thread "
                         "that run is to wait for\n");
    json_decref(failed);
    json_decref(timed);
    json_decref(waits);
    json_decref(other);
    json_decref(unprobed);
}

static void the_end_of_a_supervisor_has_its_reason(void)
{
    struct place place = {.socket = "/nowhere/socket", .journal = "./missing"};
    struct text  text = {0};

    notices_add_supervisor(&text, &place, "went away");
    check_written(
        &text, "the supervisor went away: it could not use ./missing: No such file or directory");
    said_begin();
    notices_supervisor_ended(&place, "went away");
    said_check("k3thread: run: the supervisor went away: it could not use ./missing: No such file "
               "or directory\n");
}

/* Checks the last LINES lines, of at most BYTES bytes, of a log of SIZE bytes. */
static void check_tail(const char *log, size_t size, size_t lines, size_t bytes, const char *wanted)
{
    struct text text = {0};

    put("log", log, size);
    log_tail_add(&text, "log", lines, bytes);
    check_written(&text, wanted);
}

static void the_last_lines_of_a_log_are_found(void)
{
    struct text text = {0};
    size_t      at = 0, size = 0;

    check_tail("a\nb\nc\n", 6, 2, 100, "b\nc");
    check_tail("a\nb\nc", 5, 2, 100, "b\nc");
    check_tail("a\nb\nc", 5, 3, 100, "a\nb\nc");
    check_tail("a\nb\nc", 5, 9, 100, "a\nb\nc");
    check_tail("a\nb\n\n", 5, 2, 100, "b\n");
    check_tail("\n", 1, 2, 100, "");
    check_tail("", 0, 2, 100, "");
    check_tail("abcdef\n", 7, 2, 4, "def");
    /* --log-limit has left zeros where the log began. */
    check_tail("\0\0\0ab\n", 6, 2, 100, "ab");
    check_tail("\0\0", 2, 2, 100, "");
    /* The lines of a tail */
    text_add(&text, "one\n\nthree");
    CHECK(strncmp(log_tail_next(&text, &at, &size), "one", size) == 0 && size == 3);
    CHECK(log_tail_next(&text, &at, &size) != NULL && size == 0);
    CHECK(strncmp(log_tail_next(&text, &at, &size), "three", size) == 0 && size == 5);
    CHECK(log_tail_next(&text, &at, &size) == NULL);
    text_release(&text);
}

/* An earlier run */

/* Reads TEXT, with ' in place of ", as an earlier run. Returns what earlier_run_read() returns; checks what it says. */
static int read_run(struct earlier_run *run, const char *text, const char *said)
{
    struct text why = {0};
    char       *copy = strdup(text);
    int         error;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    put("r.json", copy, strlen(copy));
    free(copy);
    *run = (struct earlier_run){0};
    error = earlier_run_read(run, "r.json", &why);
    check_written(&why, said);
    return error;
}

static void an_earlier_run_knows_what_failed(void)
{
    struct earlier_run run;

    CHECK_EQUAL(read_run(&run,
                         "{'exit_status':1,'complete':false,'left_out':['old','older'],'threads':["
                         "{'name':'a','failed':false,'exit_status':0},{'name':'b','failed':true,'"
                         "exit_status':1},"
                         "{'name':'a','failed':true,'exit_status':2},{'name':'d','failed':false,'"
                         "exit_status':143,'daemon':true},"
                         "{'name':'cut','failed':false,'exit_status':143}]}",
                         ""),
                0);
    CHECK_EQUAL(run.failed, 3);
    CHECK(!run.complete && run.status == 1);
    CHECK(earlier_run_knows(&run, "a") && earlier_run_knows(&run, "old") &&
          earlier_run_knows(&run, "older") && !earlier_run_knows(&run, "new"));
    CHECK(!earlier_run_failed(&run, "a", 0, 2) && earlier_run_failed(&run, "a", 1, 2));
    /* With another number of threads of that name, all count as failed if one has. */
    CHECK(earlier_run_failed(&run, "a", 0, 1) && earlier_run_failed(&run, "a", 0, 3));
    CHECK(earlier_run_failed(&run, "b", 0, 1) && earlier_run_failed(&run, "cut", 0, 1));
    CHECK(!earlier_run_failed(&run, "d", 0, 1) && !earlier_run_failed(&run, "d", 0, 2));
    CHECK(!earlier_run_failed(&run, "old", 0, 1) && !earlier_run_failed(&run, "new", 0, 1));
    earlier_run_release(&run);
    CHECK(run.ends == NULL && run.left_out == NULL && run.path == NULL);
    CHECK_EQUAL(read_run(&run, "{'threads':[]}", ""), 0);
    earlier_run_release(&run);
    CHECK_EQUAL(
        read_run(&run, "{'threads':[{'name':'a','failed':true},{'name':'a','failed':false}]}", ""),
        0);
    CHECK(earlier_run_failed(&run, "a", 0, 1));
    earlier_run_release(&run);
    /* In a run that has succeeded, no thread was cut off. */
    CHECK_EQUAL(
        read_run(&run,
                 "{'exit_status':0,'threads':[{'name':'a','failed':false,'exit_status':143}]}", ""),
        0);
    CHECK(run.failed == 0 && run.complete && run.status == 0);
    CHECK(!earlier_run_failed(&run, "a", 0, 1));
    earlier_run_release(&run);
}

static void a_file_that_is_no_earlier_run_is_refused(void)
{
    static const char *const files[][2] = {
        {"", "it is empty, as a run that was killed leaves it"},
        {"{}", "it has no \"threads\""},
        {"{'threads':{}}", "it has no \"threads\""},
        {"{'threads':[{'name':'a'}]}", "a thread lacks \"name\" or \"failed\""},
        {"{'threads':[{'name':'b'},{'name':'a','failed':true}]}",
         "a thread lacks \"name\" or \"failed\""},
        {"{'threads':[{'name':'a','failed':1}]}", "a thread lacks \"name\" or \"failed\""},
        {"{'threads':[{'failed':true}]}", "a thread lacks \"name\" or \"failed\""},
        {"{'threads':[{'name':'a','failed':true},{'name':'b'}]}",
         "a thread lacks \"name\" or \"failed\""},
    };
    struct earlier_run run;
    struct text        why = {0};
    char               said[256];
    int                next = dup(0);

    close(next);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void) snprintf(said, sizeof(said), "r.json is not a file of run --json: %s", files[i][1]);
        CHECK_EQUAL(read_run(&run, files[i][0], said), -EINVAL);
        CHECK(run.ends == NULL && run.failed == 0);
    }
    CHECK_EQUAL(earlier_run_read(&run, "missing", &why), -ENOENT);
    check_written(&why, "cannot read missing: No such file or directory");
    put("r.json", "{", 1);
    CHECK_EQUAL(earlier_run_read(&run, "r.json", &why), -EINVAL);
    CHECK(why.size > strlen("r.json is not a file of run --json: "));
    CHECK(memcmp(why.data, "r.json is not a file of run --json: ",
                 strlen("r.json is not a file of run --json: ")) == 0);
    text_release(&why);
    CHECK_EQUAL(dup(0), next); /* all files are closed again */
}

/* Outcomes */

static void check_outcome(const char *thread, bool is_skipped, const char *wanted)
{
    const struct run_threads threads = {0};
    json_t                  *object = parse(thread);
    struct text              text = {0};

    outcome_add(&text, object);
    check_written(&text, wanted);
    CHECK_EQUAL(outcome_is_skipped(&threads, object), is_skipped);
    json_decref(object);
}

static void outcomes_are_described(void)
{
    check_outcome("{'runs':1,'ended':9,'exit_code':0,'state':'done'}", false, "exit 0");
    check_outcome("{'runs':1,'ended':9,'exit_code':3,'state':'failed','message':'m','exception':'"
                  "ValueError'}",
                  false, "ValueError, exit 3: m");
    check_outcome("{'runs':1,'ended':9,'exit_code':null,'signal':15,'exception':'SystemExit','"
                  "state':'failed'}",
                  true, "SystemExit, SIGTERM");
    check_outcome("{'runs':0,'ended':9,'exit_code':null,'signal':null,'exception':'SystemExit','"
                  "state':'failed'}",
                  true, "SystemExit");
    check_outcome(
        "{'runs':1,'ended':9,'daemon':true,'signal':15,'exception':'SystemExit','state':'failed'}",
        false, "SystemExit, SIGTERM");
    check_outcome("{'runs':1,'ended':null,'state':'running'}", false, "lost");
    check_outcome("{'runs':0,'ended':9,'exit_code':127,'message':'m'}", false,
                  "exit 127, not run: m");
}

TEST_MAIN({"lines", each_notice_is_a_line}, {"supervisor", the_end_of_a_supervisor_has_its_reason},
          {"tails", the_last_lines_of_a_log_are_found},
          {"earlier", an_earlier_run_knows_what_failed},
          {"refused", a_file_that_is_no_earlier_run_is_refused},
          {"outcomes", outcomes_are_described})
