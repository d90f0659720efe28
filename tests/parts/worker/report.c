/*
 * Tests how a worker takes what an agent says about a command on another machine: the reports
 * (cli/worker/report_json.h, remote_report.h) and the output (remote_output.h). The other parts of a worker are not the
 * program's, but this file's.
 */
#include "tests/lib/test.h"
#include "tests/parts/worker/references.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/process/account.h"
#include "cli/ready/ready.h"
#include "cli/rpc/parse.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"
#include "cli/worker/output_file.h"
#include "cli/worker/remote_output.h"
#include "cli/worker/remote_report.h"
#include "cli/worker/report_json.h"
#include "cli/worker/seat.h"
#include "cli/worker/starting.h"
#include "cli/worker/waiting.h"
#include "cli/worker/worker.h"

#include <math.h>
#include <stdbool.h>

static struct seat       seat = {.name = (char *) "far"};
static struct job        job = {.ready_timeout = -1};
static struct assignment assignment = {.job = &job, .seat = &seat};
static struct worker     worker = {
        .assignment = &assignment, .job = &job, .report = &assignment.draft, .slot = 3};

/* The actions of the worker since the last check. */
static int   posts, noted, undone, probes, limited;
static off_t probed_from;

static enum protocol_state posted;

void worker_post(struct worker *of, enum protocol_state state)
{
    of->report->state = posted = state;
    posts++;
}

void waiting_become_ready(struct worker *of)
{
    of->report->ready = true;
    of->report->shown++;
}

struct output_begin output_begin(struct worker *of)
{
    (void) of;
    return (struct output_begin){.offset = 77};
}

void output_begin_note(const struct worker *of, const struct output_begin *begin)
{
    (void) of;
    CHECK_EQUAL(begin->offset, 77);
    noted++;
}

void output_begin_undo(const struct worker *of)
{
    (void) of;
    undone++;
}

struct spawn_plan starting_plan(const struct worker *of)
{
    (void) of;
    return (struct spawn_plan){.mark = 1};
}

void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    (void) ready;
    CHECK_EQUAL(plan->mark, 1);
    probed_from = start;
    probes++;
}

void log_limit_open(struct log_limit *log, const char *path, off_t limit)
{
    (void) log;
    CHECK_TEXT(path, "log");
    CHECK_EQUAL(limit, 1000);
    limited++;
}

void account_put(struct account *account, const struct usage *usage)
{
    account->usage = *usage;
}

struct usage account_usage(struct account *account)
{
    return account->usage;
}

/* Parses TEXT; the caller drops it. */
static json_t *parse(const char *text)
{
    json_error_t error;
    json_t      *json = json_loads(text, JSON_DECODE_ANY, &error);

    CHECK(json != NULL);
    return json;
}

/* Returns a report as an agent writes it. */
static json_t *write_report(const struct report *report, const struct usage *usage)
{
    struct text text = {0};
    json_t     *json;

    report_write(&text, report, usage);
    text_byte(&text, '\0', 1);
    CHECK(!text.failed);
    json = parse(text.data);
    text_release(&text);
    return json;
}

/* A report */

static void a_report_is_read_as_it_was_written(void)
{
    struct report report = {.state = STATE_STOPPING,
                            .pid = 11,
                            .exit_code = -1,
                            .signal = 9,
                            .error = 2,
                            .left_listed = 1,
                            .left_count = 2,
                            .runs = 4,
                            .unended = 5,
                            .shown = 6,
                            .missed = 7,
                            .loaded = true,
                            .exception = exceptions_find("TimeoutError")};
    struct usage  usage = {1.5, 2.25, 4096};
    struct report got = {0};
    struct usage  used;
    struct text   list = {0};
    json_t       *json;

    report_set_message_string(&report, "too late");
    report_set_status(&report, "busy\xff");
    text_add(&list, "[{\"pid\":8}]");
    report_set_left(&report, &list, 1, 0);
    json = write_report(&report, &usage);
    CHECK(report_read(&got, &used, json));
    json_decref(json);
    CHECK_EQUAL(got.state, STATE_STOPPING);
    CHECK(got.pid == 11 && got.exit_code == -1 && got.signal == 9 && got.error == 2 &&
          got.unended == 5);
    CHECK(got.left_listed == 1 && got.left_count == 2 && got.runs == 4 && got.shown == 6 &&
          got.missed == 7);
    CHECK(got.loaded && got.exception == report.exception && got.foreign == NULL);
    CHECK_TEXT(got.message, "too late");
    CHECK_TEXT(got.status, "busy\xff");
    CHECK_TEXT(got.left, "[{\"pid\":8}]");
    CHECK(used.user == 1.5 && used.system == 2.25 && used.memory == 4096);
    report_release(&got);
    report_release(&report);
    got = (struct report){0};
    json = write_report(&(struct report){.state = STATE_RUNNING}, &usage);
    CHECK(report_read(&got, &used, json));
    json_decref(json);
    CHECK(got.message == NULL && got.status == NULL && got.left == NULL && got.exception == NULL &&
          !got.loaded);
}

/* A type that only a program knows. */
static const k3thread_exctype mine = {.name = "Mine", .base = &k3thread_ValueError};

/* Takes the type that only a program knows from one supervisor to the other. */
static void an_unknown_exception_has_a_known_base(void)
{
    static const k3thread_exctype deeper = {.name = "Deeper", .base = &mine};
    struct report                 got = {0};
    struct usage                  used = {0};
    json_t *json = write_report(&(struct report){.exception = &deeper}, &used);

    CHECK(report_read(&got, &used, json));
    CHECK(got.exception == NULL);
    CHECK_TEXT(got.foreign, "Deeper");
    CHECK(got.foreign_base == &k3thread_ValueError);
    report_release(&got);
    got = (struct report){0};
    CHECK(json_object_del(json, "base") == 0);
    CHECK(report_read(&got, &used, json));
    CHECK(got.exception == NULL && got.foreign == NULL); /* nothing is known of it */
    json_decref(json);
}

static void what_is_no_report_is_refused(void)
{
    static const struct {
        const char *name;
        int         least;
    } numbers[] = {{"pid", 0},         {"exit_code", -1}, {"signal", 0}, {"error", 0},
                   {"left_listed", 0}, {"left_count", 0}, {"runs", 0},   {"unended", 0},
                   {"shown", 0},       {"missed", 0}};
    struct report got = {0};
    struct usage  used = {0};
    json_t       *json = write_report(&(struct report){.state = STATE_RUNNING}, &used);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *name = numbers[i].name;

        CHECK(json_object_set_new(json, name, json_integer(numbers[i].least - 1)) == 0);
        CHECK(!report_read(&got, &used, json));
        CHECK(json_object_set_new(json, name, json_integer(2147483648)) == 0);
        CHECK(!report_read(&got, &used, json));
        CHECK(json_object_set_new(json, name, json_string("1")) == 0);
        CHECK(!report_read(&got, &used, json));
        CHECK(json_object_set_new(json, name, json_integer(2147483647)) == 0);
        CHECK(report_read(&got, &used, json));
        report_release(&got);
        got = (struct report){0};
        CHECK(json_object_set_new(json, name, json_integer(numbers[i].least)) == 0);
        CHECK(report_read(&got, &used, json));
        report_release(&got);
        got = (struct report){0};
    }
    CHECK(json_object_set_new(json, "state", json_string("asleep")) == 0);
    CHECK(!report_read(&got, &used, json));
    json_decref(json);
    json = parse("[]");
    CHECK(!report_read(&got, &used, json));
    json_decref(json);
}

/* The reports of a run, taken into the report of the thread */

/* Takes GOT and USED, the agent's report. */
static void take(struct remote_report *state, const struct report *got, double user,
                 uint64_t memory, bool is_last)
{
    const struct usage usage = {user, 2 * user, memory};
    json_t            *json = write_report(got, &usage);

    posts = 0;
    CHECK(remote_report_take(state, json, is_last));
    CHECK_EQUAL(posts, is_last ? 0 : 1);
    json_decref(json);
}

static void the_runs_of_a_thread_add_up(void)
{
    struct report       *report = &assignment.draft;
    struct remote_report state;
    struct text          list = {0}, old = {0}, none = {0};
    struct report        got = {
               .state = STATE_RUNNING, .runs = 1, .pid = 44, .missed = 2, .loaded = true, .shown = 1};
    const struct usage *usage = &assignment.account.usage;

    assignment.account.usage = (struct usage){10, 20, 5000};
    text_add(&old, "[{\"pid\":1}]");
    report_set_left(report, &old, 1, 3);
    report->runs = 2;
    report->run_end = 99;
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &(struct report){.state = STATE_RUNNING}, 0, 0,
         false); /* the command does not run yet */
    CHECK(report->runs == 2 && noted == 0 && !state.has_begun);
    take(&state, &got, 1, 4000, false);
    CHECK(report->runs == 3 && noted == 1 && state.has_begun);
    CHECK(report->pid == 44 && report->missed == 2 && report->loaded && report->slot == 3);
    CHECK(report->ready &&
          posted == STATE_RUNNING); /* without a probe it is ready, and that is no state */
    CHECK(report->run_begin > 0 && report->run_end == 0);
    CHECK(fabs(report->started - (double) time(NULL)) < 10);
    CHECK(usage->user == 11 && usage->system == 22 && usage->memory == 5000);
    CHECK_EQUAL(report->left_count, 3);
    got.left_count = 1; /* a process that the agent has no memory to list */
    take(&state, &got, 1, 4000, false);
    CHECK_EQUAL(report->left_count, 4);
    CHECK_TEXT(report->left, "[{\"pid\":1}]");
    got.left_count = 0;
    take(&state, &got, 1, 4000, false);
    text_add(&list, "[{\"pid\":2},{\"pid\":3}]");
    report_set_left(&got, &list, 2, 4);
    got.state = STATE_STOPPING;
    take(&state, &got, 2, 6000, false);
    CHECK_TEXT(report->left, "[{\"pid\":1},{\"pid\":2},{\"pid\":3}]");
    take(&state, &got, 2, 6000, false); /* it is the same, and counts once */
    CHECK(report->runs == 3 && noted == 1 && posted == STATE_STOPPING);
    CHECK(usage->user == 12 && usage->memory == 6000);
    CHECK_TEXT(report->left, "[{\"pid\":1},{\"pid\":2},{\"pid\":3}]");
    CHECK(report->left_listed == 3 && report->left_count == 7);
    got.state = STATE_RUNNING;
    take(&state, &got, 2, 6000, false);
    CHECK_EQUAL(posted, STATE_STOPPING); /* an end that has begun goes on */
    report_release(&got);
    text_add(&none, "[]");
    report_set_left(&got, &none, 0, 1); /* one process that could not be listed */
    got.left_count = 8;
    take(&state, &got, 2, 6000, false);
    CHECK_TEXT(report->left, "[{\"pid\":1}]");
    CHECK(report->left_listed == 1 && report->left_count == 11);
    report_release(&got);
    remote_report_close(&state);
    CHECK_EQUAL(undone, 0);
    report_release(report);
    CHECK_EQUAL(references, 0);
}

static void a_probe_of_the_agent_makes_the_thread_ready(void)
{
    struct report       *report = &assignment.draft;
    struct remote_report state;
    struct report        got = {.state = STATE_RUNNING, .runs = 1};

    job.ready = (char *) "tcp:x:1";
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &got, 0, 0, false);
    CHECK(!report->ready && posted == STATE_RUNNING);
    got.shown = 1;
    report_set_status(&got, "ready to serve");
    take(&state, &got, 0, 0, false);
    CHECK(report->ready && report->shown == 1 && posted == STATE_READY);
    report_set_status(&got, NULL);
    take(&state, &got, 0, 0, false);
    CHECK_EQUAL(report->shown, 1);
    CHECK_TEXT(report->status, "ready to serve"); /* the last words stay */
    remote_report_close(&state);
    report_release(report);
}

static void a_probe_of_the_worker_reads_the_output_here(void)
{
    struct remote_report state;
    struct report        got = {.state = STATE_RUNNING, .runs = 1, .shown = 1};
    struct log_limit     limit;

    job = (struct job){.ready = (char *) "line:x",
                       .ready_timeout = -1,
                       .output = (char *) "log",
                       .log_limit = 1000};
    worker.ready = (struct ready *) &limit; /* this file's functions do not look at it */
    worker.log_limit = &limit;
    worker.ready_deadline = INFINITY;
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &got, 0, 0, false);
    CHECK(probes == 1 && probed_from == 77 && limited == 1);
    CHECK(!assignment.draft.ready);
    CHECK(worker.ready_deadline == (double) INFINITY);
    remote_report_close(&state);
    for (job.ready_timeout = 0; job.ready_timeout < 100; job.ready_timeout += 0.5) {
        double begin = clock_monotonic() + job.ready_timeout;

        state = (struct remote_report){0};
        remote_report_open(&state, &worker);
        take(&state, &got, 0, 0, false);
        CHECK(worker.ready_deadline >= begin &&
              worker.ready_deadline <= clock_monotonic() + job.ready_timeout);
        remote_report_close(&state);
    }
}

static void the_end_of_a_run_is_taken(void)
{
    struct report       *report = &assignment.draft;
    struct remote_report state;
    struct report got = {.state = STATE_ENDED, .runs = 1, .pid = 44, .exit_code = 4, .unended = 6};

    report->attached = 5;
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &got, 0, 0, true);
    CHECK(report->exit_code == 4 && report->signal == 0 && report->error == 0 &&
          report->unended == 6);
    CHECK(report->pid == 0 && report->attached == 0 && report->run_end >= report->run_begin &&
          report->run_begin > 0);
    CHECK(report->exception == NULL && report->message == NULL);
    remote_report_close(&state);
    got = (struct report){.state = STATE_ENDED, .exit_code = 127, .signal = 9, .error = 2};
    report_set_message_string(&got, "cannot run 'x'");
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &got, 0, 0, true);
    CHECK(report->exit_code == 127 && report->signal == 9 && report->error == 2);
    CHECK_TEXT(report->message, "cannot run 'x' (on host 'far')");
    remote_report_close(&state);
    CHECK_EQUAL(undone, 1); /* it has not begun, so its output has no mark */
    report_release(report);
    got.error = 0;
    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    take(&state, &got, 0, 0, true);
    CHECK_TEXT(report->message, "cannot run 'x'"); /* no reason of that machine */
    got.exception = &k3thread_ValueError;
    report_set_message_string(&got, "bad line");
    take(&state, &got, 0, 0, true);
    CHECK(report->exception == &k3thread_ValueError);
    CHECK_TEXT(report->message, "bad line");
    got.exception = &mine;
    take(&state, &got, 0, 0, true);
    CHECK(report->exception == NULL && report->foreign_base == &k3thread_ValueError);
    CHECK_TEXT(report->foreign, "Mine");
    remote_report_close(&state);
    report_release(report);
    report_release(&got);
}

static void what_makes_no_sense_changes_nothing(void)
{
    struct remote_report state;
    json_t              *json = parse("{\"state\":\"running\",\"pid\":5}");

    state = (struct remote_report){0};
    remote_report_open(&state, &worker);
    CHECK(!remote_report_take(&state, json, false));
    CHECK(posts == 0 && assignment.draft.pid == 0 && !state.has_begun);
    json_decref(json);
    remote_report_close(&state);
}

/* The output */

static int missing; /* how often the directory of the logs is missing */
static int ends[2];

int output_file_open(const struct job *of)
{
    (void) of;
    return missing > 0 ? -ENOENT : ends[1];
}

bool output_file_restore(const struct job *of, int error)
{
    (void) of;
    return error == -ENOENT && missing-- > 0;
}

#define PATTERN 251
#define MIB     1048576

static char   pattern[MIB + PATTERN]; /* byte I is I % PATTERN */
static size_t written, came;

/* Writes the next SIZE bytes of the pattern. */
static void write_on(struct remote_output *output, size_t size)
{
    CHECK(remote_output_write(output, pattern + written % PATTERN, size));
    written += size;
}

/* Reads SIZE bytes at most, and checks that they are the next ones of the pattern. Returns how many there were. */
static ssize_t read_on(size_t size)
{
    static char bytes[MIB];
    ssize_t     n = read(ends[0], bytes, size);

    for (ssize_t i = 0; i < n; i++, came++)
        CHECK_EQUAL(bytes[i], (char) (came % PATTERN));
    return n;
}

static void a_slow_reader_gets_all_output(void)
{
    struct remote_output output = {0};
    int                  before = test_count_open();

    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (char) (i % PATTERN);
    CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    missing = 3; /* another program removes it again */
    CHECK_EQUAL(remote_output_open(&output, &job), 0);
    CHECK_EQUAL(remote_output_poll(&output).fd, -1);
    while (!remote_output_is_full(&output))
        write_on(&output, 5000);
    CHECK_EQUAL(remote_output_poll(&output).fd, output.fd);
    CHECK_EQUAL(remote_output_poll(&output).events, POLLOUT);
    CHECK(read_on(9000) > 0);
    write_on(&output, 300000); /* behind what is kept */
    while (read_on(3000) > 0)
        CHECK(remote_output_flush(&output));
    CHECK_EQUAL(came, written);
    CHECK(!remote_output_is_full(&output));
    while (byte_queue_size(&output.unwritten) < MIB - 100000) /* nobody reads */
        write_on(&output, 100000);
    write_on(&output, MIB - byte_queue_size(&output.unwritten));
    write_on(&output, 1); /* a MiB is kept, and no more */
    CHECK_EQUAL(byte_queue_size(&output.unwritten), MIB);
    remote_output_close(&output);
    CHECK(output.fd == -1 && !remote_output_is_full(&output));
    close(ends[0]);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_reader_that_goes_is_noticed_once(void)
{
    struct remote_output output = {0};

    (void) signal(SIGPIPE, SIG_IGN);
    CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    CHECK_EQUAL(remote_output_open(&output, &job), 0);
    CHECK(remote_output_write(&output, "x", 1));
    close(ends[0]);
    CHECK(!remote_output_write(&output, "x", 1));
    CHECK(remote_output_write(&output, "x", 1)); /* the command was told already */
    CHECK(remote_output_flush(&output));
    remote_output_close(&output);
    CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    output = (struct remote_output){0};
    CHECK_EQUAL(remote_output_open(&output, &job), 0);
    while (!remote_output_is_full(&output))
        CHECK(remote_output_write(&output, "0123456789", 10));
    close(ends[0]);
    CHECK(!remote_output_flush(&output));
    CHECK(!remote_output_is_full(&output)); /* it would wait for ever */
    CHECK(remote_output_flush(&output));
    CHECK(remote_output_write(&output, "x", 1));
    remote_output_close(&output);
    missing = 1000;
    CHECK_EQUAL(remote_output_open(&output, &job), -ENOENT);
    CHECK_EQUAL(missing, 1000 - LOGS_RESTORES_MAX);
}

TEST_MAIN({"written", a_report_is_read_as_it_was_written},
          {"unknown", an_unknown_exception_has_a_known_base},
          {"refused", what_is_no_report_is_refused}, {"runs", the_runs_of_a_thread_add_up},
          {"agent-probe", a_probe_of_the_agent_makes_the_thread_ready},
          {"own-probe", a_probe_of_the_worker_reads_the_output_here},
          {"end", the_end_of_a_run_is_taken}, {"nonsense", what_makes_no_sense_changes_nothing},
          {"slow", a_slow_reader_gets_all_output}, {"gone", a_reader_that_goes_is_noticed_once})
