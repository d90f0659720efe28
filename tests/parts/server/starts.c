/*
 * Tests alone the methods that wait for a thread: start, restart, join and logs. What they ask the other parts of the
 * server for is noted, and the test makes the threads begin and end.
 */
#include "tests/parts/server/asked.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/place/times.h"
#include "cli/process/limits.h"
#include "cli/server/arrive.h"
#include "cli/server/join_any.h"
#include "cli/server/join_until.h"
#include "cli/server/leash.h"
#include "cli/server/log_open.h"
#include "cli/server/shutdown.h"
#include "cli/server/start_params.h"
#include "cli/server/tail.h"
#include "cli/server/terminal_join.h"
#include "cli/server/threads.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

static double now = 1000;
static int    result;    /* of the function that is asked to do something */
static bool   is_ending; /* a shutdown has begun */
static char   leash_of_test;
#define LEASH ((struct leash *) &leash_of_test)

double clock_monotonic(void)
{
    return now;
}

bool shutdown_has_begun(void)
{
    return is_ending;
}

void mailbox_notify(struct mail *mail)
{
    note("notify %s", record_of_mail(mail)->job.name);
}

struct record *record_of_mail(struct mail *mail)
{
    for (size_t i = 0; i < THREADS; i++)
        if (mail == &threads[i].assignment.mail)
            return &threads[i];
    abort();
}

void refused_call_explain(struct text *why, int error)
{
    CHECK(error == result);
    text_add(why, "; refused");
}

/* The state that is kept for a client. */

void store_keep(struct record *record, struct kept_list *keeper)
{
    CHECK(keeper == &peer.kept);
    note("keep %s", record->job.name);
    record->keeper = keeper;
}

void store_let_go(struct record *record, const struct kept_list *keeper)
{
    CHECK(keeper == &peer.kept);
    if (record->keeper == keeper)
        note("let go %s", record->job.name);
}

void store_hand_on(struct record *record, struct kept_list *to)
{
    CHECK(to == &peer.joined);
    note("hand on %s", record->job.name);
    record->keeper = to;
}

void store_joined(struct record *record)
{
    note("joined %s", record->job.name);
}

void peer_release(struct kept_list *list)
{
    CHECK(list == &peer.joined);
    note("release");
}

/* Starts. A start is of the thread a, in the state that the test has given it. */

bool start_params_read(struct call *call, const json_t *params, struct start_params *ret)
{
    ret->keep = json_is_true(json_object_get(params, "keep"));
    ret->hold = json_is_true(json_object_get(params, "hold"));
    ret->attach = json_is_true(json_object_get(params, "attach"));
    ret->job.rows = 30;
    ret->job.columns = 90;
    ret->leash = json_is_true(json_object_get(params, "leash")) ? LEASH : NULL;
    ret->job.log_limit = json_integer_value(json_object_get(params, "log_limit"));
    if (json_is_true(json_object_get(params, "ready")))
        ret->job.ready = strdup("fd:3");
    if (json_is_true(json_object_get(params, "present")))
        ret->present = &threads[2];
    return json_object_get(params, "wrong") == NULL ||
           call_fail(call, PROTOCOL_VALUE_ERROR, "wrong");
}

void start_params_release(struct start_params *params)
{
    if (params->leash != NULL)
        note("release the leash");
    free(params->job.ready);
}

struct record *store_add(struct job *job, const char *logs)
{
    CHECK_TEXT(logs, "/logs");
    if (result == -ENOMEM)
        return NULL;
    threads[0].job.log_limit = job->log_limit;
    threads[0].job.rows = job->rows;
    threads[0].job.columns = job->columns;
    job->rows = job->columns = 0;
    threads[0].job.ready = job->ready;
    job->ready = NULL;
    return &threads[0];
}

void leash_put(struct leash *leash, struct record *record)
{
    CHECK(leash == LEASH);
    note("leash %s", record->job.name);
}

static bool has_snapped;

bool leash_has_snapped(const struct record *record)
{
    (void) record;
    return has_snapped;
}

const char *leash_message(const struct record *record)
{
    (void) record;
    return "its leash";
}

bool terminal_join(struct call *call, struct record *record, const struct terminal_wish *wish)
{
    CHECK(call->peer == &peer && !wish->read_only);
    note("attach %s %ux%u %s", record->job.name, wish->size.rows, wish->size.columns,
         wish->is_new ? "new" : "old");
    return record->console != NULL || call_fail(call, PROTOCOL_VALUE_ERROR, "no terminal");
}

void file_watch_begin(void)
{
    note("watch files");
}

int threads_begin(struct record *record)
{
    note("begin %s", record->job.name);
    return result;
}

int arrive_restart(struct record *record)
{
    note("restart %s", record->job.name);
    return result;
}

/* Joins and logs */

static const char *awaited;

const char *record_waits_for(const struct record *record)
{
    (void) record;
    return awaited;
}

json_t *tail_of(const struct record *record, json_int_t lines)
{
    CHECK(record == &threads[0]);
    return json_sprintf("last %d", (int) lines);
}

void join_any_begin(struct call *call, const json_t *words, double timeout)
{
    note("any %d %g", (int) json_array_size(words), timeout);
    call_free(call);
}

void join_until_begin(struct call *call, struct record *record, const json_t *spec, double timeout)
{
    CHECK(call->record == record);
    note("until %s %s %g", record->job.name, json_string_value(spec), timeout);
    call_free(call);
}

const char *logs_directory(void)
{
    return "/logs";
}

char *logs_run_marks(uint64_t id)
{
    char *path;

    if (id == 2 || asprintf(&path, "/marks/%d", (int) id) < 0)
        path = NULL;
    return path;
}

bool times_are_kept(const char *log, long long id)
{
    return id == 3 && strcmp(log, "/log") == 0;
}

int log_open(struct logfile *log, const struct record *record, off_t offset, double seconds,
             off_t *ret_size)
{
    note("open %s %d %g", record->job.name, (int) offset, seconds);
    if (result != 0)
        return result;
    log->file.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    log->position = offset + 5;
    *ret_size = 50;
    return 0;
}

static int quoting;

int tail_quote(struct logfile *log, off_t start, json_int_t lines, json_t **ret)
{
    CHECK(start == log->position);
    if (quoting == 0)
        *ret = json_sprintf("%d lines", (int) lines);
    return quoting;
}

/* Wakes the calls that wait for RECORD, which is in STATE after so many RUNS. */
static void change(struct record *record, enum protocol_state state, unsigned runs)
{
    CHECK(call_expire() == -1);
    record->now.state = state;
    record->now.runs = runs;
    call_wake(&record->calls, record);
    CHECK(call_expire() == -1);
}

/* Starts */

static void begin_start(void)
{
    add_threads();
    threads[0].now.runs = 0;
}

static void a_start_is_answered_when_the_command_runs_or_must_wait(void)
{
    begin_start();
    (void) ask(&method_start, "{}");
    CHECK_SEEN("begin a\nnotify a\n");
    CHECK_EQUAL(peer.started, 1);
    change(&threads[0], STATE_RUNNING, 0); /* some other report */
    CHECK_SEEN("");
    change(&threads[0], STATE_RUNNING, 1);
    CHECK_SEEN("{'id':1}\n");
    (void) ask(&method_start, "{'log_limit':1}"); /* has begun already */
    CHECK_SEEN("watch files\nbegin a\n{'id':1}\n");
    change(&threads[0], STATE_QUEUED, 0);
    (void) ask(&method_start, "{'ready':true,'keep':true,'leash':true}");
    CHECK_SEEN("leash a\nwatch files\nbegin a\nkeep a\n{'id':1}\n");
    free(threads[0].job.ready);
    threads[0].job.ready = NULL;
    (void) ask(&method_start, "{'keep':true}"); /* is kept already */
    CHECK_SEEN("begin a\n{'id':1}\n");
    threads[2].now.runs = 1;
    (void) ask(&method_start, "{'present':true,'keep':true}");
    CHECK_SEEN("keep web-1\n{'id':3}\n");
    CHECK_EQUAL(peer.started, 3);
    threads[0].console = (struct console *) &leash_of_test;
    (void) ask(&method_start, "{'attach':true}");
    CHECK_SEEN("begin a\nattach a 30x90 new\n{'id':1}\n");
    threads[0].console = NULL;
    (void) ask(&method_start, "{'attach':true,'present':true}");
    CHECK_SEEN("attach web-1 30x90 old\n-32002 no terminal\n");
    CHECK_EQUAL(peer.started, 0);
    threads[2].now.missed = LIMITS_NICENESS;
    (void) ask(&method_start, "{'present':true}");
    CHECK_SEEN("{'id':3,'limited':['niceness']}\n");
}

static void a_start_that_fails_says_why(void)
{
    begin_start();
    (void) ask(&method_start, "{'wrong':1,'leash':true}");
    CHECK_SEEN("-32002 wrong\nrelease the leash\n");
    CHECK_EQUAL(peer.started, 0);
    result = -ENOMEM;
    (void) ask(&method_start, "{'leash':true}");
    CHECK_SEEN("-32603 out of memory\nrelease the leash\n");
    result = -EIO;
    (void) ask(&method_start, "{'keep':true}");
    CHECK_SEEN("begin a\n-32006 cannot start a thread: Input/output error; refused\n");
    CHECK_EQUAL(peer.started, 0);
    result = -EMFILE; /* for which there is a limit */
    (void) ask(&method_start, "{}");
    CHECK(strstr(seen, ": Too many open files; the supervisor's own limit is ") != NULL);
    CHECK_TEXT(strrchr(seen, ';'), "; refused\n");
    seen[0] = '\0';
    result = 0;
    (void) ask(&method_start, "{'keep':true}");
    threads[0].now.error = ENOENT;
    threads[0].now.message = "no such command";
    change(&threads[0], STATE_ENDED, 0);
    CHECK_SEEN("begin a\nkeep a\nnotify a\nlet go a\n"
               "-32007 no such command{'thread':{'id':1}}\n");
    threads[0].now.error = EACCES;
    threads[0].now.message = NULL;
    (void) ask(&method_start, "{}");
    CHECK_SEEN("begin a\nlet go a\n-32008 out of memory{'thread':{'id':1}}\n");
    threads[0].now.error = 0;
    change(&threads[0], STATE_RUNNING, 0);
    (void) ask(&method_start, "{}"); /* ends before its command runs */
    change(&threads[0], STATE_ENDED, 0);
    CHECK_SEEN("begin a\nnotify a\n{'id':1}\n");
    is_ending = true;
    (void) ask(&method_start, "{'leash':true}");
    CHECK_SEEN("-32009 the supervisor is shutting down\nrelease the leash\n");
}

static void a_chain_of_starts_ends_with_its_first_failure(void)
{
    begin_start();
    (void) ask(&method_start, "{'chained':true,'hold':true}");
    CHECK(peer.connection.chained == 1 && peer.connection.held);
    change(&threads[0], STATE_RUNNING, 1);
    CHECK(peer.connection.chained == 0 && !peer.connection.held && !peer.chain_broken);
    CHECK_SEEN("begin a\nnotify a\n{'id':1}\n");
    threads[0].now.runs = 0;
    (void) ask(&method_start, "{'chained':true}");
    CHECK(peer.connection.chained == 1 && !peer.connection.held);
    (void) ask(&method_start, "{'hold':true}"); /* no part of the chain */
    CHECK(peer.connection.chained == 1 && !peer.connection.held);
    change(&threads[0], STATE_RUNNING, 1);
    seen[0] = '\0';
    (void) ask(&method_start, "{'chained':true,'wrong':1}");
    CHECK(peer.chain_broken);
    (void) ask(&method_start, "{'chained':true}");
    CHECK_SEEN("-32002 wrong\n-32009 an earlier start of its chain failed\n");
    CHECK_EQUAL(peer.started, 0);
    (void) ask(&method_start, "{}");
    CHECK_SEEN("begin a\n{'id':1}\n");
    CHECK(!peer.chain_broken);
}

/* Restarts */

static void a_restart_is_answered_when_the_command_runs_again(void)
{
    static const struct request refused[] = {
        {"{}", "-32602 restart: missing parameter 'thread'\n"},
        {"{'thread':'c'}", "-32003 no thread 'c'\n"},
        {"{'thread':'a','members':1}", "-32001 'members' must be a list of a thread's members\n"},
        {"{'thread':2}", "-32002 a live thread is named 'a' already, its id is 1\n"},
    };

    add_threads();
    threads[0].rerun = RERUN_ENDS;
    (void) ask(&method_restart, "{'thread':'a','members':['id']}");
    CHECK_SEEN("notify a\nrestart a\n");
    threads[0].rerun = RERUN_BEGINS;
    change(&threads[0], STATE_RUNNING, 1);
    CHECK_SEEN("");
    threads[0].rerun = RERUN_NONE;
    change(&threads[0], STATE_RUNNING, 2);
    CHECK_SEEN("{'id':1,'members':1}\n");
    threads[1].rerun = RERUN_FAILED;
    (void) ask(&method_restart, "{'thread':'b'}");
    CHECK_SEEN("notify b\nrestart b\n"
               "-32009 thread 'b' (id 2) was ended before its command ran again\n");
    threads[1].now.message = "a reason";
    (void) ask(&method_restart, "{'thread':'b'}");
    CHECK_SEEN("notify b\nrestart b\n-32006 a reason{'thread':{'id':2}}\n");
    threads[1].now.message = NULL;
    threads[1].now.error = ENOENT;
    (void) ask(&method_restart, "{'thread':'b'}");
    CHECK_SEEN("notify b\nrestart b\n-32007 out of memory{'thread':{'id':2}}\n");
    result = -EPERM;
    threads[0].now.pid = 44;
    (void) ask(&method_restart, "{'thread':'a'}");
    CHECK_SEEN("notify a\nrestart a\n"
               "-32004 process 44 of thread 'a' may not be signalled: Operation not permitted\n");
    result = 0;
    threads[1].job.name = (char *) "a"; /* the name of a live thread */
    CHECK_REQUESTS(method_restart, refused);
    threads[0].now.state = STATE_ENDED;
    threads[1].now.error = 0;
    threads[1].rerun = RERUN_NONE;
    (void) ask(&method_restart, "{'thread':2}");
    CHECK_SEEN("notify a\nrestart a\n{'id':2}\n");
    threads[0].job.name = (char *) "x";
    threads[1].job.name = (char *) "y";
    has_snapped = true;
    (void) ask(&method_restart, "{'thread':1}");
    CHECK_SEEN("-32009 thread 'x' (id 1) does not run again: its leash\n");
    is_ending = true;
    (void) ask(&method_restart, "{'thread':1}");
    CHECK_SEEN("-32009 the supervisor is shutting down\n");
}

/* Joins */

static void a_join_is_answered_at_the_end(void)
{
    add_threads();
    (void) ask(&method_join, "{'thread':'a','members':['pid']}");
    change(&threads[0], STATE_STOPPING, 1);
    CHECK_SEEN("");
    change(&threads[0], STATE_ENDED, 1);
    CHECK_SEEN("{'id':1,'members':2}\njoined a\n");
    (void) ask(&method_join, "{'thread':'b'}");
    CHECK_SEEN("{'id':2}\njoined b\n");
    /* The thread of the last start; which is kept for a client that has no name for it. */
    peer.started = 3;
    (void) ask(&method_join, NULL);
    change(&threads[2], STATE_STOPPING, 1);
    CHECK_SEEN("");
    threads[2].keeper = &peer.kept;
    change(&threads[2], STATE_ENDED, 1);
    CHECK_SEEN("release\nhand on web-1\n{'id':3}\njoined web-1\n");
    (void) ask(&method_join, NULL);
    CHECK_SEEN("{'id':3}\njoined web-1\n");
    threads[2].keeper = &peer.kept;
    (void) ask(&method_join, "{'thread':3}");
    CHECK_SEEN("let go web-1\n{'id':3}\njoined web-1\n");
}

static void a_join_has_a_timeout(void)
{
    add_threads();
    (void) ask(&method_join, "{'thread':'a','timeout':2}");
    CHECK(call_expire() == 2);
    now += 2;
    CHECK(call_expire() == -1);
    CHECK_SEEN("-32005 thread 'a' (id 1) has not ended\n");
    (void) ask(&method_join, "{'thread':'a','timeout':0,'ready':true}");
    CHECK(call_expire() == -1);
    CHECK_SEEN("notify a\n-32005 thread 'a' (id 1) is not ready\n");
    awaited = "fd:3";
    (void) ask(&method_join, "{'thread':'a','timeout':0,'ready':true}");
    CHECK(call_expire() == -1);
    CHECK_SEEN("notify a\n-32005 thread 'a' (id 1) is not ready: it waits for fd:3\n");
    (void) ask(&method_join, "{'thread':'a'}");
    CHECK(call_expire() == -1);
    CHECK_SEEN("");
}

static void a_join_is_answered_when_the_thread_is_ready(void)
{
    add_threads();
    (void) ask(&method_join, "{'thread':'a','ready':true,'members':['id']}");
    change(&threads[0], STATE_RUNNING, 1);
    CHECK_SEEN("notify a\n");
    threads[0].now.ready = true;
    change(&threads[0], STATE_READY, 1);
    CHECK_SEEN("{'id':1,'members':1}\n");
    (void) ask(&method_join, "{'thread':'a','ready':true}");
    CHECK_SEEN("notify a\n{'id':1}\n");
    threads[0].now.ready = false;
    (void) ask(&method_join, "{'thread':'a','ready':true}");
    threads[0].now.message = "too late";
    change(&threads[0], STATE_ENDED, 1);
    CHECK_SEEN("notify a\n-32010 thread 'a' (id 1) ended before it was ready: too late"
               "{'thread':{'id':1},'tail':'last 10'}\n");
    threads[0].now.message = NULL;
    (void) ask(&method_join, "{'thread':'a','ready':true}");
    CHECK_SEEN("notify a\n-32010 thread 'a' (id 1) ended before it was ready"
               "{'thread':{'id':1},'tail':'last 10'}\n");
}

static void the_kinds_of_join_do_not_mix(void)
{
    static const struct request table[] = {
        {"{'any':[1,2]}", "any 2 -1\n"},
        {"{'any':[],'timeout':3}", "any 0 3\n"},
        {"{'thread':'a','until':'fd:3'}", "until a fd:3 -1\n"},
        {"{'thread':'a','until':'fd:3','timeout':0}", "until a fd:3 0\n"},
        {"{'any':[],'thread':'a'}",
         "-32002 'any' goes with none of 'thread', 'ready' and 'until'\n"},
        {"{'any':[],'ready':true}",
         "-32002 'any' goes with none of 'thread', 'ready' and 'until'\n"},
        {"{'any':[],'until':'x'}",
         "-32002 'any' goes with none of 'thread', 'ready' and 'until'\n"},
        {"{'thread':'a','until':'x','ready':true}", "-32002 'until' does not go with 'ready'\n"},
        {"{'thread':'c'}", "-32003 no thread 'c'\n"},
        {"{'thread':-1}", "-32003 no thread -1\n"},
        {"{'thread':'a','timeout':-1}", "-32002 timeout must be 0 seconds or more, not -1\n"},
        {"{'thread':'a','members':1}", "-32001 'members' must be a list of a thread's members\n"},
        {"{'no':1}", "-32602 join: unknown parameter 'no'\n"},
    };

    add_threads();
    CHECK_REQUESTS(method_join, table);
}

/* Logs */

static void logs_says_where_the_output_is(void)
{
    static const struct request table[] = {
        {"{'thread':'web-1'}",
         "open web-1 0 -1\n{'id':3,'name':'web-1','log':'/log','offset':5,'size':50,'limit':9,"
         "'begun':false,'times':true,'text':'-1 lines','run_marks':'/marks/3'}\n"},
        {"{'thread':'b','lines':4,'since':0}",
         "open b 7 0\n{'id':2,'name':'b','log':'/other','offset':12,'size':50,'limit':0,"
         "'begun':true,'times':false,'text':'4 lines'}\n"},
        {"{'thread':'b','lines':-1}", "-32002 lines must be 0 or more, not -1\n"},
        {"{'thread':'b','since':-1}", "-32002 since must be 0 seconds or more, not -1\n"},
        {"{'thread':'c','since':2}", "-32003 no thread 'c'\n"},
        {NULL, "-32003 'thread' is missing, and this connection has started no thread\n"},
        {"{'thread':'b','begun':true,'since':0}",
         "notify b\nopen b 7 0\n{'id':2,'name':'b','log':'/other','offset':12,'size':50,'limit':0,"
         "'begun':true,'times':false,'text':'0 lines'}\n"},
        {"{'no':1}", "-32602 logs: unknown parameter 'no'\n"},
        {"{'thread':'b','begun':true,'since':2}",
         "notify b\nopen b 7 2\n{'id':2,'name':'b','log':'/other','offset':12,'size':50,'limit':0,"
         "'begun':true,'times':false,'text':'0 lines'}\n"},
    };
    int before = test_count_open();

    add_threads();
    threads[2].job.output = (char *) "/log";
    threads[2].job.log_limit = 9;
    threads[1].job.output = (char *) "/other";
    threads[1].now.output_start = 7;
    threads[1].now.runs = 1;
    CHECK_REQUESTS(method_logs, table);
    quoting = -EIO;
    (void) ask(&method_logs, "{'thread':'b'}");
    CHECK_SEEN("open b 7 -1\n-32006 cannot read the log: Input/output error\n");
    quoting = 0;
    result = -EACCES;
    (void) ask(&method_logs, "{'thread':'b'}");
    CHECK_SEEN("open b 7 -1\n-32006 cannot read the log: Permission denied\n");
    for (int i = 0; i < 2; i++) { /* it was removed, or is no regular file */
        result = i == 0 ? -ENOENT : -EINVAL;
        (void) ask(&method_logs, "{'thread':'b'}");
        CHECK_SEEN("open b 7 -1\n{'id':2,'name':'b','log':'/other','offset':7,'size':0,'limit':0,"
                   "'begun':true,'times':false,'text':''}\n");
    }
    CHECK_EQUAL(test_count_open(), before);
}

static void logs_waits_until_the_command_has_begun(void)
{
    add_threads();
    threads[0].job.output = (char *) "/log";
    threads[0].now.runs = 0;
    (void) ask(&method_logs, "{'thread':'a','begun':true}");
    (void) ask(&method_logs, "{'thread':'a','begun':true,'since':3}");
    CHECK_SEEN("notify a\nnotify a\n");
    change(&threads[0], STATE_QUEUED, 0);
    CHECK_SEEN("");
    change(&threads[0], STATE_RUNNING, 1);
    CHECK(strstr(seen, "open a 0 3\n{'id':1,") != NULL);
    CHECK(strstr(seen, "open a 0 -1\n{'id':1,") != NULL);
    CHECK(LIST_EMPTY(&peer.calls));
    seen[0] = '\0';
    change(&threads[0], STATE_QUEUED, 0);
    (void) ask(&method_logs, "{'thread':'a','begun':true}");
    change(&threads[0], STATE_ENDED, 0); /* will never begin */
    CHECK_SEEN("notify a\nopen a 0 -1\n{'id':1,'name':'a','log':'/log','offset':5,'size':50,"
               "'limit':0,'begun':false,'times':false,'text':'0 lines','run_marks':'/marks/1'}\n");
}

TEST_MAIN({"start", a_start_is_answered_when_the_command_runs_or_must_wait},
          {"failures", a_start_that_fails_says_why},
          {"chain", a_chain_of_starts_ends_with_its_first_failure},
          {"restart", a_restart_is_answered_when_the_command_runs_again},
          {"join", a_join_is_answered_at_the_end}, {"timeouts", a_join_has_a_timeout},
          {"ready", a_join_is_answered_when_the_thread_is_ready},
          {"kinds", the_kinds_of_join_do_not_mix}, {"logs", logs_says_where_the_output_is},
          {"begun", logs_waits_until_the_command_has_begun})
