#include "cli/worker/remote_run.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/memory_release.h"
#include "cli/base/status.h"
#include "cli/place/logfile.h"
#include "cli/ready/ready.h"
#include "cli/rpc/bytes.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/remote.h"
#include "cli/worker/remote_input.h"
#include "cli/worker/remote_params.h"
#include "cli/worker/report_json.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/starting.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A probe that begins so looks at the log. The log is here, so this worker runs the probe; the agent runs the others. */
static const char line_probe[] = "line:";

/* After so many seconds without an event the worker assumes that the command goes on for a while. */
#define REST_AFTER 1.0

/* One run. */
struct remote_run {
    struct worker      *worker;
    struct remote       remote;
    struct remote_input input;
    int                 log;
    struct output_begin begin;
    struct usage        before;  /* what the runs before have used */
    struct report       last;    /* the agent's last report */
    int64_t             execute; /* the id of the request */
    int64_t             thread;  /* the agent's id of the thread; 0: not known yet */
    bool                started, done;
};

/* Failures */

/* Reports that the run could not start because of WHY, which is released. */
static void fail(struct worker *worker, int error, int status, struct text *why)
{
    worker->report->error = error;
    worker->report->exit_code = status;
    worker->report->signal = 0;
    report_set_message(worker->report, why);
}

static void fail_by(struct worker *worker, int error, const char *what, const char *object)
{
    struct text why = {0};

    text_printf(&why, "cannot %s '%s': %s", what, object, strerror(-error));
    fail(worker, -error, STATUS_INTERNAL, &why);
}

/* Notes that the machine was lost, and with it the run. */
static void lose(struct remote_run *run, const char *how)
{
    struct worker     *worker = run->worker;
    const struct seat *seat = worker->assignment->seat;
    const char        *reason = atomic_load(&seat->lost);
    struct text        why = {0};

    run->done = worker->lost = true;
    worker->report->lost++;
    if (worker->report->exception != NULL) /* it was to end anyway */
        return;
    worker->report->exception = &k3thread_ConnectionError;
    worker->report->exit_code = STATUS_INTERNAL;
    worker->report->signal = 0;
    text_printf(&why, "host '%s' is lost: %s", seat->name, reason != NULL ? reason : how);
    report_set_message(worker->report, &why);
}

/* The log */

static int open_once(const struct job *job)
{
    mode_t mode = job->has_own_log ? 0600 : 0666 & ~job->umask;
    int    flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;
    int    fd = open(job->output, flags | O_CREAT | O_EXCL, mode);

    if (fd >= 0) { /* the supervisor's umask is not the user's */
        (void) fchmod(fd, mode);
        return fd;
    }
    fd = open(job->output, flags | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Opens the log, and makes its directory again if that was removed. Returns 0 or -errno. */
static int open_log(struct remote_run *run)
{
    const struct job *job = run->worker->job;

    run->log = open_once(job);
    if (run->log == -ENOENT && job->has_own_log && logs_restore() == 0)
        run->log = open_once(job);
    return run->log < 0 ? run->log : 0;
}

/* Writes output. What a full disk does not take is lost, as it is for a command here. */
static void write_log(const struct remote_run *run, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(run->log, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        data += n;
        size -= (size_t) n;
    }
}

/* The agent's messages */

static void take_output(const struct remote_run *run, const json_t *params)
{
    char  *data;
    size_t size;

    if (bytes_any_from_json(json_object_get(params, "data"), &data, &size) != 0)
        return;
    write_log(run, data, size);
    free(data);
}

/* Takes over into REPORT which processes GOT says were left behind, if they are more than in LAST. */
static void take_left(struct report *report, const struct report *got, const struct report *last)
{
    struct text list = {0};

    if (got->left_count == last->left_count)
        return;
    if (got->left != NULL && report->left != NULL && report->left[1] != ']') {
        text_append(&list, report->left, strlen(report->left) - 1);
        text_byte(&list, ',', 1);
        text_add(&list, got->left + 1);
    } else if (got->left != NULL) {
        text_add(&list, got->left);
    }
    report_set_left(report, &list, report->left_listed + got->left_listed - last->left_listed,
                    got->left_count - last->left_count);
}

static void take_usage(const struct remote_run *run, const struct usage *used)
{
    struct usage sum = run->before;

    sum.user += used->user;
    sum.system += used->system;
    if (sum.memory < used->memory)
        sum.memory = used->memory;
    account_put(&run->worker->assignment->account, &sum);
}

static void become_ready(struct worker *worker)
{
    worker->ready_deadline = INFINITY;
    worker->report->ready = true;
    worker->report->shown++;
}

static void begin_looking(struct worker *worker, off_t offset)
{
    struct spawn_plan plan = starting_plan(worker);

    ready_begin(worker->ready, &plan, offset);
    if (worker->job->ready_timeout >= 0)
        worker->ready_deadline = clock_monotonic() + worker->job->ready_timeout;
}

/* Notes that the command has begun to run. */
static void begin(struct remote_run *run)
{
    struct worker *worker = run->worker;
    struct report *report = worker->report;

    run->started = true;
    report->started = clock_wall();
    report->run_begin = clock_monotonic();
    report->run_end = 0;
    report->slot = worker->slot;
    output_begin_note(worker, &run->begin);
    report->runs++;
    if (worker->job->ready == NULL)
        become_ready(worker);
    if (worker->ready != NULL)
        begin_looking(worker, run->begin.offset);
    if (worker->log_limit != NULL)
        log_limit_open(worker->log_limit, worker->job->output, worker->job->log_limit);
}

/* Returns the state that the thread has by what the agent says. */
static enum protocol_state state_of(const struct worker *worker, const struct report *got)
{
    if (worker->report->state == STATE_STOPPING || got->state == STATE_STOPPING)
        return STATE_STOPPING;
    return worker->report->ready && worker->job->ready != NULL ? STATE_READY : STATE_RUNNING;
}

/* Takes how the command has ended. */
static void take_end(const struct remote_run *run, const struct report *got)
{
    struct report *report = run->worker->report;

    report->exit_code = got->exit_code;
    report->signal = got->signal;
    report->error = got->error;
    report->unended = got->unended;
    report->run_end = clock_monotonic();
    report->pid = 0;
    if (report->exception == NULL && got->exception != NULL)
        report->exception = got->exception;
    if (report->message == NULL && got->message != NULL)
        report_set_message_string(report, got->message);
}

/* Takes a report, the last one if IS_END. Returns false if it is none. */
static bool take_report(struct remote_run *run, const json_t *json, bool is_end)
{
    struct worker *worker = run->worker;
    struct report  got = {0};
    struct usage   used = {0};
    bool           shows;

    if (!report_read(&got, &used, json)) {
        report_release(&got);
        return false;
    }
    worker->report->pid = got.pid;
    worker->report->missed = got.missed;
    if (got.status != NULL)
        report_set_status(worker->report, got.status);
    take_left(worker->report, &got, &run->last);
    take_usage(run, &used);
    if (got.runs > 0 && !run->started)
        begin(run);
    shows = worker->job->ready != NULL && worker->ready == NULL && !worker->report->ready;
    if (shows && got.shown > 0 && run->started)
        become_ready(worker);
    if (is_end)
        take_end(run, &got);
    else
        worker_post(worker, state_of(worker, &got));
    report_release(&run->last);
    run->last = got;
    return true;
}

/* Ends the run because the agent has refused to begin it. */
static void take_refusal(struct remote_run *run, const json_t *error)
{
    const char *words = json_string_value(json_object_get(error, "message"));
    struct text why = {0};

    text_printf(&why, "host '%s': %s", run->worker->assignment->seat->name,
                words != NULL ? words : "no reason was given");
    fail(run->worker, EPROTO, STATUS_INTERNAL, &why);
    run->done = true;
}

static bool take_reply(struct remote_run *run, const json_t *message)
{
    json_int_t    id = json_integer_value(json_object_get(message, "id"));
    const json_t *error = json_object_get(message, "error");

    if (id != run->execute) {
        (void) remote_input_take_reply(&run->input, id, error != NULL);
        return true; /* or to a raise, whose effect a report shows */
    }
    if (error != NULL) {
        take_refusal(run, error);
        return true;
    }
    run->done = true;
    return take_report(run, json_object_get(message, "result"), true);
}

/* Takes MESSAGE. Returns false if it makes no sense. */
static bool take_message(struct remote_run *run, const json_t *message)
{
    const char   *method = json_string_value(json_object_get(message, "method"));
    const json_t *params = json_object_get(message, "params");

    if (method == NULL)
        return take_reply(run, message);
    if (strcmp(method, "output") == 0) {
        take_output(run, params);
        return true;
    }
    if (strcmp(method, "report") != 0)
        return true;
    run->thread = json_integer_value(json_object_get(params, "thread"));
    return take_report(run, json_object_get(params, "report"), false);
}

/* Sends what is to be sent, and takes what has come. */
static void move(struct remote_run *run)
{
    bool    bad = false;
    int     error = remote_move(&run->remote);
    json_t *message;

    while (!run->done && (message = remote_next(&run->remote, &bad)) != NULL) {
        bad = !take_message(run, message);
        json_decref(message);
        if (bad)
            break;
    }
    if (bad && !run->worker->lost)
        lose(run, "its agent does not keep to the protocol");
    else if (error != 0 && !run->done)
        lose(run, error == -ECONNRESET ? "the connection was cut" : strerror(-error));
}

/* What is raised in the thread */

static void send_end(struct remote_run *run, const struct k3thread_exc *e, bool automatic)
{
    struct text params = {0};

    remote_write_end(&params, e, automatic);
    (void) remote_request(&run->remote, "end", &params);
}

static void stop(struct remote_run *run, const struct k3thread_exc *e, bool automatic)
{
    worker_remember(run->worker, e);
    send_end(run, e, automatic);
    if (run->worker->report->state != STATE_STOPPING)
        worker_post(run->worker, STATE_STOPPING);
}

static void take_raised(struct remote_run *run)
{
    struct k3thread_exc e;
    bool                automatic;

    while (worker_take(run->worker, &e, &automatic)) {
        bool is_signal = exceptions_signal(e.type) != 0;

        run->worker->ending |= !is_signal;
        if (is_signal)
            send_end(run, &e, false);
        else if (!automatic || run->worker->report->state != STATE_STOPPING)
            stop(run, &e, automatic);
    }
}

/* The probe of the output */

static void time_out_ready(struct remote_run *run)
{
    struct worker      *worker = run->worker;
    struct k3thread_exc e = {.type = &k3thread_TimeoutError};

    worker->ready_deadline = INFINITY;
    if (worker->report->state == STATE_STOPPING)
        return;
    worker->report->ready_overdue = true;
    worker_word_not_ready(worker->job, e.message, sizeof(e.message));
    stop(run, &e, true);
}

static void check_ready(struct worker *worker)
{
    struct spawn_plan plan = starting_plan(worker);

    if (!ready_check(worker->ready, &plan))
        return;
    ready_close(worker->ready);
    worker->ready = NULL;
    become_ready(worker);
    if (worker->report->state != STATE_STOPPING)
        worker_post(worker, STATE_READY);
}

/* The loop */

enum { REMOTE, PROBE, LOG, INPUT, POLLED };

static double seconds_until_due(const struct remote_run *run)
{
    const struct worker *worker = run->worker;
    double               next = INFINITY, left;

    if (worker->ready != NULL && run->started)
        next = clock_earlier(ready_next(worker->ready), worker->ready_deadline);
    if (worker->log_limit != NULL && run->started)
        next = clock_earlier(next, worker->log_limit->next);
    left = clock_until(next);
    return worker->rested || (left >= 0 && left < REST_AFTER) ? left : REST_AFTER;
}

static bool is_due(const struct pollfd *poll, double next)
{
    return poll->revents != 0 || clock_until(next) == 0;
}

static void serve(struct remote_run *run, const struct pollfd *polls)
{
    struct worker *worker = run->worker;

    if (polls[REMOTE].revents != 0)
        move(run);
    if (run->done || !run->started)
        return;
    if (worker->log_limit != NULL && is_due(&polls[LOG], worker->log_limit->next))
        log_limit_check(worker->log_limit);
    if (worker->ready != NULL && is_due(&polls[PROBE], ready_next(worker->ready)))
        check_ready(worker);
    if (worker->ready != NULL && clock_until(worker->ready_deadline) == 0)
        time_out_ready(run);
    if (polls[INPUT].revents != 0)
        remote_input_send(&run->input, &run->remote, run->thread);
}

static void wait_for_end(struct remote_run *run)
{
    static const struct pollfd none = {.fd = -1};
    struct worker             *worker = run->worker;

    while (!run->done) {
        bool          looks = run->started;
        struct pollfd polls[POLLED] = {
            [REMOTE] = remote_poll(&run->remote),
            [PROBE] = looks && worker->ready != NULL ? ready_poll(worker->ready) : none,
            [LOG] = looks && worker->log_limit != NULL ? log_limit_poll(worker->log_limit) : none,
            [INPUT] = looks ? remote_input_poll(&run->input) : none,
        };
        int n = k3thread_poll(polls, POLLED, seconds_until_due(run));

        if (n == -ECANCELED) {
            take_raised(run);
            continue;
        }
        if (n == 0 && !worker->rested)
            memory_release_stack();
        worker->rested |= n == 0;
        serve(run, polls);
    }
}

/* The beginning and the end of a run */

static bool looks_at_output(const struct job *job)
{
    return job->ready != NULL && strncmp(job->ready, line_probe, strlen(line_probe)) == 0;
}

static int open_extras(struct remote_run *run)
{
    struct worker    *worker = run->worker;
    const struct job *job = worker->job;
    int               error;

    if (job->log_limit > 0 && (worker->log_limit = malloc(sizeof(*worker->log_limit))) == NULL)
        return -ENOMEM;
    if (worker->log_limit != NULL)
        log_limit_init(worker->log_limit);
    error = looks_at_output(job) ? ready_open(job->ready, &worker->ready) : 0;
    if (error == 0 && !job->daemon)
        error = slot_numbers_take(&worker->slot);
    return error;
}

/* Prepares the run here. Returns false if that fails; the report says why. */
static bool prepare(struct remote_run *run)
{
    struct worker *worker = run->worker;
    int            error = open_extras(run);

    if (error != 0) {
        fail_by(worker, error, "prepare", worker->job->argv[0]);
        return false;
    }
    error = remote_input_open(&run->input, worker);
    if (error != 0) {
        fail_by(worker, error, "open the input", worker->job->input);
        return false;
    }
    run->begin = output_begin(worker);
    error = open_log(run);
    if (error != 0)
        fail_by(worker, error, "open the output", worker->job->output);
    return error == 0;
}

static void request(struct remote_run *run)
{
    struct text params = {0};
    int         error = remote_open(&run->remote, run->worker->assignment->seat);

    if (error != 0) {
        lose(run, strerror(-error));
        return;
    }
    remote_write_execute(&params, run->worker);
    run->execute = remote_request(&run->remote, "execute", &params);
    move(run);
}

static void release(struct remote_run *run)
{
    struct worker *worker = run->worker;

    remote_close(&run->remote);
    remote_input_close(&run->input);
    if (run->log >= 0)
        close(run->log);
    report_release(&run->last);
    worker->report->pid = 0;
    starting_close(worker);
}

APART bool remote_run(struct worker *worker)
{
    struct remote_run *run = calloc(1, sizeof(*run));
    bool               started;

    if (run == NULL) {
        fail_by(worker, -ENOMEM, "run", worker->job->argv[0]);
        return false;
    }
    *run = (struct remote_run){.worker = worker, .remote.fd = -1, .input.fd = -1, .log = -1};
    run->before = account_usage(&worker->assignment->account);
    worker->report->loaded = worker->report->ready_overdue = false;
    worker->lost = false;
    worker->ready_deadline = INFINITY;
    if (prepare(run)) {
        request(run);
        wait_for_end(run);
    }
    started = run->started;
    if (!started)
        output_begin_undo(worker, &run->begin);
    release(run);
    free(run);
    return started && worker->report->error == 0;
}
