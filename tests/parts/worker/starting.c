/*
 * Tests how a worker starts its command (cli/worker/starting.h). The spawn and the other parts of a worker are this
 * file's, and write down what they are called for.
 */
#include "tests/lib/test.h"

#include "cli/base/status.h"
#include "cli/process/limits.h"
#include "cli/process/mark.h"
#include "cli/worker/environment.h"
#include "cli/worker/job_tokens.h"
#include "cli/worker/loading.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/output_file.h"
#include "cli/worker/raised.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/starting.h"
#include "cli/worker/thread_terminal.h"

#include <math.h>

double __wrap_clock_monotonic(void);
double __wrap_clock_wall(void);

static char *command[] = {(char *) "make", NULL};

static struct job             job;
static struct assignment      assignment;
static struct worker          worker;
static struct thread_terminal terminal = {.master = -1, .slave = 88};
static struct environment    *environment;
static char                   done[1024];
static double                 now;

/* Any address is one of these, which only this file has. */
static struct ready *const      probe = (struct ready *) &now;
static struct loading *const    library = (struct loading *) &done;
static struct job_tokens *const pipes = (struct job_tokens *) &terminal;

/* The errors of the steps, and how often some are taken. */
static int              ready_error, rule_error, cancels, loading_error, slot_error, tokens_error;
static int              spawn_error, terminal_error, restores;
static enum spawn_stage spawn_stage;
static const char      *interpreter;
static const char      *reason;
static bool             is_ended, has_tokens;

static void note(const char *format, long number)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, format, number);
}

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_wall(void)
{
    return 5000 + now;
}

void mailbox_post(struct mail *mail, const struct report *report)
{
    CHECK(mail == &assignment.mail);
    note(" post:%ld", (long) report->state);
}

enum raised raised_while_idle(struct worker *of)
{
    CHECK(of == &worker);
    return is_ended ? RAISED_END : RAISED_NOTHING;
}

int ready_open(const char *spec, struct ready **ret)
{
    CHECK_TEXT(spec, "tcp:1");
    note(" probe", 0);
    if (ready_error == 0)
        *ret = probe;
    return ready_error;
}

int ready_rule_out(struct ready *ready, const struct spawn_plan *plan, struct text *why)
{
    CHECK(ready == probe && plan->argv == command);
    note(" rule-out", 0);
    if (cancels-- > 0)
        return -ECANCELED;
    if (rule_error != 0)
        text_add(why, "it is there already");
    return rule_error;
}

void ready_extend(const struct ready *ready, struct spawn_plan *plan)
{
    CHECK(ready == probe);
    plan->extras[plan->extra_count++] = (struct spawn_descriptor){70, 7};
}

const char *ready_notify_socket(const struct ready *ready)
{
    return ready != NULL ? "/notify" : NULL;
}

void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    CHECK(ready == probe && plan->extras[0].to == 7 && plan->environment == worker.environment);
    note(" look:%ld", (long) start);
}

void ready_close(struct ready *ready)
{
    if (ready != NULL)
        note(" unprobe", 0);
}

int loading_open(const struct job *of, struct loading **ret, struct text *why)
{
    CHECK(of == &job);
    note(" loading", 0);
    if (loading_error == 0)
        *ret = library;
    else if (reason != NULL)
        text_add(why, reason);
    return loading_error;
}

void loading_extend(struct loading *loading, struct spawn_plan *plan)
{
    CHECK(loading == library);
    plan->extras[plan->extra_count++] = (struct spawn_descriptor){71, 8};
}

void loading_begin(struct loading *loading)
{
    CHECK(loading == library);
    note(" load", 0);
}

void loading_close(struct loading *loading)
{
    if (loading != NULL)
        note(" unload", 0);
}

int slot_numbers_take(int *ret)
{
    note(" slot", 0);
    if (slot_error == 0)
        *ret = 4;
    return slot_error;
}

void slot_numbers_give_back(int number)
{
    note(" give:%ld", number);
}

int job_tokens_open(struct job_tokens **ret, uint64_t id, const struct spawn_plan *plan,
                    struct text *why)
{
    CHECK(id == 7 && plan->argv == command);
    if (tokens_error != 0 && reason != NULL)
        text_add(why, reason);
    *ret = has_tokens && tokens_error == 0 ? pipes : NULL;
    return tokens_error;
}

char *job_tokens_makeflags(const struct job_tokens *tokens, const char *old)
{
    char *flags;

    CHECK(tokens == pipes && asprintf(&flags, "%s -j", old) > 0);
    return flags;
}

void job_tokens_extend(const struct job_tokens *tokens, struct spawn_plan *plan)
{
    if (tokens != NULL)
        plan->extras[plan->extra_count++] = (struct spawn_descriptor){72, 9};
}

void job_tokens_begin(struct job_tokens *tokens)
{
    if (tokens != NULL)
        note(" tokens", 0);
}

void job_tokens_end(struct job_tokens *tokens)
{
    if (tokens != NULL)
        note(" untokens", 0);
}

void log_limit_init(struct log_limit *log)
{
    *log = (struct log_limit){.next = 3};
}

void log_limit_open(struct log_limit *log, const char *path, off_t limit)
{
    CHECK(log == worker.log_limit && log->next == 3);
    CHECK_TEXT(path, "out");
    note(" limit:%ld", (long) limit);
}

void log_limit_close(struct log_limit *log)
{
    CHECK(log->next == 3);
    note(" unlimit", 0);
}

struct output_begin output_begin(struct worker *of)
{
    CHECK(of == &worker);
    note(" mark", 0);
    return (struct output_begin){.offset = 77};
}

void output_begin_note(const struct worker *of, const struct output_begin *begin)
{
    CHECK(of == &worker && begin->offset == 77);
    note(" begin", 0);
}

void output_begin_undo(const struct worker *of)
{
    CHECK(of == &worker);
    note(" undo", 0);
}

bool output_file_restore(const struct job *of, int error)
{
    CHECK(of == &job && error == spawn_error + terminal_error);
    note(" restore", 0);
    return restores-- > 0;
}

int thread_terminal_begin(struct thread_terminal *of, const struct job *its_job)
{
    CHECK(of == &terminal && its_job == &job);
    note(" terminal", 0);
    return terminal_error;
}

void thread_terminal_end_run(struct thread_terminal *of)
{
    CHECK(of == &terminal);
    note(" end-terminal", 0);
}

void account_set_leader(struct account *account, pid_t leader)
{
    CHECK(account == &assignment.account);
    note(" leader:%ld", leader);
}

static struct spawn_plan planned; /* by the last spawn */
static int               input_flags;

int spawn(const struct spawn_plan *plan, struct spawned *ret)
{
    planned = *plan;
    if (plan->input_from >= 0 && !plan->at_terminal)
        input_flags = fcntl(plan->input_from, F_GETFL);
    note(" spawn", 0);
    now += 0.5; /* a child has taken its time */
    if (spawn_error != 0) {
        ret->stage = spawn_stage;
        if (interpreter != NULL)
            (void) snprintf(ret->interpreter, sizeof(ret->interpreter), "%s", interpreter);
        if (restores == 0)
            spawn_error = spawn_stage == SPAWN_OUTPUT && job.has_own_log ? 0 : spawn_error;
        if (spawn_error != 0)
            return spawn_error;
    }
    ret->pid = 33;
    ret->pidfd = 44;
    ret->missed = 5;
    return 0;
}

/* Starts */

static void prepare(void)
{
    static const char *const   strings[] = {"A=1", "MAKEFLAGS=k", NULL};
    static const struct limits limits;

    if (environment == NULL)
        environment = environment_new((char *const *) strings, &limits);
    report_release(&assignment.draft);
    job = (struct job){.name = (char *) "web",
                       .argv = command,
                       .environment = environment,
                       .directory = (char *) "/dir",
                       .output = (char *) "out",
                       .umask = 022,
                       .timeout = -1,
                       .ready_timeout = -1};
    assignment = (struct assignment){
        .id = 7, .job = &job, .input = -1, .draft = {.loaded = true, .signal = 9, .run_end = 3}};
    worker = (struct worker){.assignment = &assignment,
                             .job = &job,
                             .report = &assignment.draft,
                             .deadline = 1,
                             .ready_deadline = 1,
                             .told_overdue = true,
                             .end.killing = true,
                             .slot = SLOT_NUMBER_NONE};
    ready_error = rule_error = cancels = loading_error = slot_error = tokens_error = 0;
    spawn_error = terminal_error = restores = 0;
    spawn_stage = SPAWN_EXEC;
    interpreter = reason = NULL;
    is_ended = has_tokens = false;
    now = 100;
    done[0] = '\0';
}

static void check_done(const char *wanted)
{
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
    done[0] = '\0';
}

/* Ends the run, and checks what that has done. */
static void finish(const char *wanted)
{
    starting_close(&worker);
    check_done(wanted);
    CHECK(worker.ready == NULL && worker.loading == NULL && worker.log_limit == NULL);
    CHECK(worker.tokens == NULL && worker.environment == NULL && worker.slot == SLOT_NUMBER_NONE);
    CHECK(isinf(worker.ready_deadline));
}

static void a_command_is_started(void)
{
    const struct report *report = &assignment.draft;

    prepare();
    CHECK(starting_run(&worker));
    check_done(" slot mark spawn begin leader:33 post:3");
    CHECK(worker.pid == 33 && worker.pidfd == 44 && isinf(worker.deadline));
    CHECK(isinf(worker.ready_deadline) && !worker.told_overdue && !report->ready_overdue);
    CHECK(!worker.end.killing && isinf(worker.end.half));
    CHECK(report->pid == 33 && report->missed == 5 && report->slot == 4);
    CHECK(report->run_begin == 100 && report->run_end == 0 && report->started == 5100);
    CHECK(report->runs == 1 && report->ready && report->shown == 1 && report->loaded);
    CHECK(report->message == NULL && report->error == 0 && report->exit_code == 0);
    CHECK(worker.environment == NULL); /* nothing needs it any more */
    CHECK(planned.argv == command && planned.input == NULL && planned.input_from == -1);
    CHECK(planned.umask == 022 && planned.output_umask == 022 && planned.extra_count == 0);
    CHECK(planned.limits == environment_limits(environment) && !planned.at_terminal);
    CHECK(planned.mark == mark_of(7) && planned.mark_resource == mark_resource());
    CHECK(planned.pid_until_exec == &assignment.spawning);
    CHECK_TEXT(planned.output, "out");
    CHECK_TEXT(planned.directory, "/dir");
    finish(" give:4");
    prepare();
    job.daemon = job.has_own_log = true; /* it takes no slot; and its log is its owner's */
    job.timeout = 3;
    assignment.draft.state = STATE_STOPPING;
    CHECK(starting_run(&worker));
    check_done(" mark spawn begin leader:33 post:5");
    CHECK(worker.deadline == 103.5 && report->slot == SLOT_NUMBER_NONE);
    CHECK_EQUAL(planned.output_umask, 0177);
    finish(" give:-1");
}

static void limits_of_time_begin_with_the_command(void)
{
    for (double limit = 0; limit < 1; limit += 0.5)
        for (int probes = 0; probes < 2; probes++) {
            prepare();
            job.timeout = job.ready_timeout = limit;
            job.ready = probes ? (char *) "tcp:1" : NULL;
            CHECK(starting_run(&worker) && worker.deadline == 100.5 + limit);
            CHECK(probes ? worker.ready_deadline == 100.5 + limit : isinf(worker.ready_deadline));
            starting_close(&worker);
        }
}

static void a_command_gets_all_that_its_start_asks_for(void)
{
    char **list;

    prepare();
    job.ready = (char *) "tcp:1";
    job.ready_timeout = 2;
    job.call = has_tokens = true;
    job.log_limit = 1; /* of one byte */
    job.input = (char *) "in";
    cancels = 2; /* exceptions that end nothing */
    CHECK(starting_run(&worker));
    check_done(" probe rule-out rule-out rule-out loading slot mark spawn begin load leader:33"
               " post:3 tokens look:77 limit:1");
    CHECK(worker.ready_deadline == 102.5 && !assignment.draft.ready && !assignment.draft.loaded);
    CHECK(assignment.draft.runs == 0 && assignment.draft.shown == 0);
    CHECK_EQUAL(planned.extra_count, 3);
    CHECK(planned.extras[0].to == 7 && planned.extras[1].to == 8 && planned.extras[2].to == 9);
    CHECK_TEXT(planned.input, "in");
    list = worker.environment;
    CHECK_TEXT(list[0], "A=1");
    CHECK_TEXT(list[1], "K3THREAD_ID=7");
    CHECK_TEXT(list[2], "K3THREAD_NAME=web");
    CHECK_TEXT(list[3], "K3THREAD_SLOT=4");
    CHECK_TEXT(list[4], "NOTIFY_SOCKET=/notify");
    CHECK_TEXT(list[5], "MAKEFLAGS=k -j");
    CHECK(list[6] == NULL);
    starting_announce(&worker, true);
    CHECK(!assignment.draft.ready && assignment.draft.runs == 1 && assignment.draft.loaded);
    CHECK_EQUAL(assignment.draft.shown, 0);
    check_done(" post:3");
    starting_close_probe(&worker);
    CHECK(worker.ready == NULL && worker.environment == NULL && isinf(worker.ready_deadline));
    check_done(" unprobe");
    finish(" unload unlimit untokens give:4");
}

static void a_pipe_is_opened_for_each_run(void)
{
    int ends[2], before;

    prepare();
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    assignment.input = ends[1]; /* either end */
    before = test_count_open();
    CHECK(starting_run(&worker));
    CHECK_EQUAL(test_count_open(), before);
    CHECK(planned.input_from >= 0 && (input_flags & (O_ACCMODE | O_NONBLOCK)) == O_RDONLY);
    check_done(" slot mark spawn begin leader:33 post:3");
    finish(" give:4");
    prepare();
    close(ends[1]); /* nobody writes: the worker does not wait for a writer */
    assignment.input = ends[0];
    CHECK(starting_run(&worker) && planned.input_from >= 0);
    starting_close(&worker);
    prepare();
    close(ends[0]);
    assignment.input = ends[0]; /* it cannot be opened */
    CHECK(!starting_run(&worker));
    check_done(" slot mark undo");
    CHECK_EQUAL(assignment.draft.error, ENOENT);
    CHECK_TEXT(assignment.draft.message,
               "cannot set up a process 'make': No such file or directory");
    finish(" give:4");
}

static void a_command_at_a_terminal_gets_it(void)
{
    prepare();
    CHECK_EQUAL(dup2(STDERR_FILENO, terminal.slave), terminal.slave);
    assignment.terminal = &terminal;
    assignment.input = 3; /* for the keys: the command gets the terminal */
    CHECK(starting_run(&worker));
    check_done(" slot mark terminal spawn begin leader:33 post:3");
    CHECK(planned.input_from == 88 && planned.at_terminal && planned.input == NULL);
    CHECK(fcntl(terminal.slave, F_GETFD) >= 0); /* for the next run */
    finish(" end-terminal give:4");
    prepare();
    assignment.terminal = &terminal;
    job.has_own_log = true;
    terminal_error = -EACCES;
    CHECK(!starting_run(&worker));
    check_done(" slot mark terminal restore undo");
    CHECK_TEXT(assignment.draft.message, "cannot open the log 'out': Permission denied");
    finish(" end-terminal give:4");
}

/* Failures */

static void check_failure(int error, int status, const char *message, const char *wanted)
{
    const struct report *report = &assignment.draft;

    CHECK(!starting_run(&worker));
    CHECK_EQUAL(report->error, error);
    CHECK_EQUAL(report->exit_code, status);
    CHECK(report->signal == 0 && report->runs == 0 && !report->loaded);
    CHECK_TEXT(report->message, message);
    check_done(wanted);
    starting_close(&worker);
    done[0] = '\0';
}

static void what_cannot_be_prepared_is_not_started(void)
{
    prepare();
    job.ready = (char *) "tcp:1";
    ready_error = -EINVAL;
    check_failure(EINVAL, STATUS_INTERNAL, "cannot set up a process 'make': Invalid argument",
                  " probe");
    prepare();
    job.ready = (char *) "tcp:1";
    rule_error = -EADDRINUSE;
    check_failure(EADDRINUSE, STATUS_INTERNAL, "it is there already", " probe rule-out");
    prepare();
    job.ready = (char *) "tcp:1";
    cancels = 1;
    is_ended = true;
    CHECK(!starting_run(&worker));
    CHECK(assignment.draft.message == NULL && assignment.draft.error == 0);
    check_done(" probe rule-out");
    finish(" unprobe give:-1");
    prepare();
    job.call = true;
    loading_error = -ENOENT;
    reason = "k3thread-host is nowhere";
    check_failure(ENOENT, STATUS_INTERNAL, reason, " loading");
    prepare();
    slot_error = -ENOMEM;
    check_failure(ENOMEM, STATUS_INTERNAL, "cannot set up a process 'make': Cannot allocate memory",
                  " slot");
    prepare();
    has_tokens = true;
    tokens_error = -ENOSPC;
    reason = "no more watches";
    check_failure(ENOSPC, STATUS_INTERNAL, reason, " slot");
}

static void check_stage(enum spawn_stage stage, int error, int status, const char *message)
{
    prepare();
    job.input = (char *) "in";
    spawn_stage = stage;
    spawn_error = -error;
    check_failure(error, status, message,
                  stage == SPAWN_OUTPUT ? " slot mark spawn restore undo"
                                        : " slot mark spawn undo");
}

static void the_step_that_fails_is_named(void)
{
    check_stage(SPAWN_INPUT, ENOENT, STATUS_INTERNAL,
                "cannot open the input 'in': No such file or directory");
    check_stage(SPAWN_OUTPUT, EACCES, STATUS_INTERNAL,
                "cannot open the output 'out': Permission denied");
    check_stage(SPAWN_DIRECTORY, ENOTDIR, STATUS_INTERNAL, "cannot enter '/dir': Not a directory");
    check_stage(SPAWN_FORK, ENOMEM, STATUS_INTERNAL, "cannot fork 'make': Cannot allocate memory");
    check_stage(SPAWN_EXEC, ENOENT, STATUS_NOT_FOUND,
                "cannot run 'make': No such file or directory");
    check_stage(SPAWN_EXEC, EACCES, STATUS_NOT_EXECUTABLE, "cannot run 'make': Permission denied");
    check_stage(SPAWN_EXEC, EMFILE, STATUS_NOT_EXECUTABLE,
                "cannot run 'make': Too many open files");
    prepare();
    spawn_stage = SPAWN_FORK;
    spawn_error = -EMFILE;
    CHECK(!starting_run(&worker)); /* the supervisor's own limit is named */
    CHECK_EQUAL(strncmp(assignment.draft.message,
                        "cannot fork 'make': Too many open files; the supervisor's own limit is ",
                        70),
                0);
    starting_close(&worker);
    prepare();
    spawn_error = -ENOENT;
    interpreter = "/bin/none";
    check_failure(ENOENT, STATUS_NOT_FOUND,
                  "'make' needs the interpreter '/bin/none', which is not there",
                  " slot mark spawn undo");
    prepare();
    spawn_error = -EACCES;
    interpreter = "i";
    check_failure(EACCES, STATUS_NOT_EXECUTABLE,
                  "'make' needs the interpreter 'i', which may not be executed",
                  " slot mark spawn undo");
}

static void a_log_that_was_removed_is_made_again(void)
{
    prepare();
    job.has_own_log = true;
    spawn_stage = SPAWN_OUTPUT;
    spawn_error = -ENOENT;
    restores = 2;
    CHECK(starting_run(&worker));
    check_done(" slot mark spawn restore spawn restore spawn begin leader:33 post:3");
    finish(" give:4");
    prepare();
    spawn_stage = SPAWN_OUTPUT;
    spawn_error = -ENOENT;
    restores = 1000;
    CHECK(!starting_run(&worker));
    CHECK_EQUAL(restores, 1000 - LOGS_RESTORES_MAX);
    CHECK_TEXT(assignment.draft.message, "cannot open the output 'out': No such file or directory");
    done[0] = '\0';
    finish(" give:4");
}

TEST_MAIN({"started", a_command_is_started}, {"times", limits_of_time_begin_with_the_command},
          {"asked", a_command_gets_all_that_its_start_asks_for},
          {"pipe", a_pipe_is_opened_for_each_run}, {"terminal", a_command_at_a_terminal_gets_it},
          {"unprepared", what_cannot_be_prepared_is_not_started},
          {"steps", the_step_that_fails_is_named}, {"log", a_log_that_was_removed_is_made_again})
