#include "cli/worker/remote_run.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/place/logfile.h"
#include "cli/rpc/bytes.h"
#include "cli/worker/environment.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/raised.h"
#include "cli/worker/remote.h"
#include "cli/worker/remote_input.h"
#include "cli/worker/remote_output.h"
#include "cli/worker/remote_params.h"
#include "cli/worker/remote_report.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/starting.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/waiting.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The milliseconds in which a machine may be lost after a command there was killed. */
#define LOSS_MILLISECONDS 1000

/* The milliseconds in which the server learns why a machine was lost. */
#define REASON_MILLISECONDS 100

/* One run. */
struct remote_run {
    struct worker       *worker;
    struct remote        remote;
    struct remote_input  input;
    struct remote_report report;
    struct remote_output output;
    int64_t              execute; /* the id of the request */
    int64_t              thread;  /* the agent's id of the thread; 0: not known yet */
    bool                 done;
    bool                 has_ended; /* the agent has reported the end, and sends no more about it */
    bool                 has_sent_end; /* a signal or an exception, to the command */
};

/*
 * Returns why the machine of SEAT was lost, or NULL. The carrier tells the server before it closes the connections, but
 * the server may read that a moment later. If the carrier was lost itself, nobody tells.
 */
static const char *await_reason(const struct seat *seat)
{
    const char *reason;

    for (int tries = REASON_MILLISECONDS; (reason = atomic_load(&seat->lost)) == NULL && tries > 0;
         tries--)
        (void) poll(NULL, 0, 1);
    return reason;
}

/* Notes that the machine was lost, and with it the run. HOW is the reason unless the carrier has given one. */
static void lose(struct remote_run *run, const char *how)
{
    struct worker     *worker = run->worker;
    const struct seat *seat = worker->assignment->seat;
    const char        *reason = await_reason(seat);
    struct text        why = {0};

    run->done = worker->lost = true;
    worker->report->lost++;
    if (worker->report->exception != NULL) /* the thread was ending anyway */
        return;
    worker->report->exception = &k3thread_ConnectionError;
    worker->report->exit_code = STATUS_INTERNAL;
    worker->report->signal = 0;
    text_printf(&why, "host '%s' is lost: %s", seat->name, reason != NULL ? reason : how);
    report_set_message(worker->report, &why);
}

/* Exceptions for the command */

static void send_end(struct remote_run *run, const struct k3thread_exc *e, bool automatic)
{
    struct text params = {0};

    run->has_sent_end = true;
    remote_write_end(&params, e, automatic);
    (void) remote_request(&run->remote, "end", &params);
}

/* Sends the signal that a command gets which writes to a FIFO without a reader. */
static void break_pipe(struct remote_run *run)
{
    const struct k3thread_exc e = {.type = exceptions_find("SIGPIPE")};

    send_end(run, &e, false);
}

/* The agent's messages */

/*
 * Returns true while no messages are taken, because the output takes no more now. A command that is being ended does
 * not wait for the reader of its output.
 */
static bool is_held(const struct remote_run *run)
{
    return remote_output_is_full(&run->output) && run->worker->report->state != STATE_STOPPING;
}

static void take_output(struct remote_run *run, const json_t *params)
{
    char  *data;
    size_t size;

    if (bytes_any_from_json(json_object_get(params, "data"), &data, &size) != 0)
        return;
    if (run->worker->assignment->terminal != NULL)
        thread_terminal_show(run->worker->assignment->terminal, data, size);
    if (!remote_output_write(&run->output, data, size))
        break_pipe(run);
    free(data);
}

/* Ends the run because the agent has refused to begin it. */
static void take_refusal(struct remote_run *run, const json_t *error)
{
    const char *words = json_string_value(json_object_get(error, "message"));
    struct text why = {0};

    text_printf(&why, "host '%s': %s", run->worker->assignment->seat->name,
                words != NULL ? words : "no reason was given");
    starting_fail(run->worker, EPROTO, STATUS_INTERNAL, &why);
    run->done = true;
}

/*
 * Returns true if the command was ended by a signal that a machine's or a step's end sends, and nobody here has sent.
 */
static bool may_end_with_machine(const struct remote_run *run)
{
    const struct report *report = run->worker->report;

    return run->has_ended && !run->has_sent_end && report->exception == NULL &&
           (report->signal == SIGKILL || report->signal == SIGTERM || report->signal == SIGHUP);
}

/*
 * Waits whether the machine is lost now. A program that ends everything there, such as Slurm, may end the command a
 * moment before the agent, which then still reports the end; but the command has not come to an end of its own.
 */
static void await_loss(struct remote_run *run)
{
    struct pollfd pollfd = {.fd = run->remote.fd, .events = POLLIN};
    char          byte;

    if (poll(&pollfd, 1, LOSS_MILLISECONDS) <= 0 || recv(run->remote.fd, &byte, 1, MSG_PEEK) > 0)
        return;
    run->has_ended = false;
    lose(run, "the connection was cut");
}

static bool take_reply(struct remote_run *run, const json_t *message)
{
    json_int_t    id = json_integer_value(json_object_get(message, "id"));
    const json_t *error = json_object_get(message, "error");

    if (id != run->execute) {
        remote_input_take_reply(&run->input, id, error != NULL);
        return true; /* the reply to an "end" brings nothing: a report shows the effect */
    }
    if (error != NULL) {
        take_refusal(run, error);
        return true;
    }
    run->done = true;
    if (!remote_report_take(&run->report, json_object_get(message, "result"), true))
        return false;
    run->has_ended = true;
    if (may_end_with_machine(run))
        await_loss(run);
    return true;
}

/* Notes in the worker's report which process there is attached. Returns true if that has changed. */
static bool take_attachment(const struct remote_run *run, const json_t *params)
{
    struct report *report = run->worker->report;
    pid_t          before = report->attached;
    json_int_t     pid = json_integer_value(json_object_get(params, "attached"));

    report->far_id = (uint64_t) run->thread;
    report->attached = pid > 0 && pid <= INT32_MAX ? (pid_t) pid : 0;
    return report->attached != before;
}

static bool take_report(struct remote_run *run, const json_t *params)
{
    bool is_valid, changes;

    run->thread = json_integer_value(json_object_get(params, "thread"));
    changes = take_attachment(run, params);
    is_valid = remote_report_take(&run->report, json_object_get(params, "report"), false);
    if (changes)
        mailbox_wake(); /* the process waits until the server knows of it */
    return is_valid;
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
    return strcmp(method, "report") != 0 || take_report(run, params);
}

/* Takes the messages that have come, as long as the output takes more. */
static void take_messages(struct remote_run *run)
{
    bool    bad = false;
    json_t *message;

    while (!run->done && !bad && !is_held(run) &&
           (message = remote_next(&run->remote, &bad)) != NULL) {
        bad = !take_message(run, message);
        json_decref(message);
    }
    if (bad)
        lose(run, "its agent does not keep to the protocol");
}

/* Sends what is queued, and takes the messages that have come. */
static void move(struct remote_run *run)
{
    int error = remote_move(&run->remote);

    take_messages(run);
    if (error != 0 && !run->done)
        lose(run, error == -ECONNRESET ? "the connection was cut" : strerror(-error));
}

/* Exceptions that are raised in the thread */

/*
 * Ends the command by E. If E has arrived in an attached process, the agent is ending the command already, so nothing
 * is sent.
 */
static void stop(struct remote_run *run, const struct k3thread_exc *e, bool automatic)
{
    worker_remember(run->worker, e);
    if (worker_arrived_in(e) == 0)
        send_end(run, e, automatic);
    if (run->worker->report->state != STATE_STOPPING)
        worker_post(run->worker, STATE_STOPPING);
}

/* Tells the agent of the newest size of the terminal. */
static void resize(struct remote_run *run)
{
    struct text params = {0};

    run->worker->resized = false;
    atomic_store(&run->worker->assignment->terminal->size_is_told, false);
    remote_write_resize(&params, run->worker);
    (void) remote_request(&run->remote, "resize", &params);
}

static void take_raised(struct remote_run *run)
{
    struct k3thread_exc e;
    int                 signal;
    bool                automatic;

    while (raised_next(run->worker, &e, &signal, &automatic))
        if (signal != 0)
            send_end(run, &e, false);
        else
            stop(run, &e, automatic);
    if (run->worker->resized)
        resize(run);
    take_messages(run); /* which the output may have held back until now */
}

/* Ends the run because the output did not show in time that the command is ready. */
NOT_INLINED static void time_out_ready(struct remote_run *run)
{
    struct k3thread_exc e;

    if (waiting_take_overdue(run->worker, &e))
        stop(run, &e, true);
}

/* The loop */

/* The descriptors that a worker polls while the command runs, behind the ones that waiting.h polls. */
enum { REMOTE = WAITING_OWN, INPUT, OUTPUT, POLL_COUNT };

/* Returns what to poll the connection to the agent for. */
static struct pollfd poll_remote(const struct remote_run *run)
{
    struct pollfd poll = remote_poll(&run->remote);

    if (is_held(run))
        poll.events &= (short) ~POLLIN;
    return poll.events == 0 ? WAITING_NOTHING : poll;
}

/* Writes on, and takes the messages that have waited for that. */
static void write_on(struct remote_run *run)
{
    if (!remote_output_flush(&run->output))
        break_pipe(run);
    take_messages(run);
}

static void serve(struct remote_run *run, const struct pollfd *polls)
{
    struct worker *worker = run->worker;

    if (polls[OUTPUT].revents != 0)
        write_on(run);
    if (!run->done && polls[REMOTE].revents != 0)
        move(run);
    if (run->done)
        return;
    waiting_look(worker, polls);
    if (clock_until(worker->ready_deadline) == 0)
        time_out_ready(run);
    if (polls[INPUT].revents != 0)
        remote_input_send(&run->input, &run->remote, run->thread);
}

static void wait_for_end(struct remote_run *run)
{
    struct pollfd polls[POLL_COUNT];

    while (!run->done) {
        polls[REMOTE] = poll_remote(run);
        polls[INPUT] = run->report.has_begun ? remote_input_poll(&run->input) : WAITING_NOTHING;
        polls[OUTPUT] = remote_output_poll(&run->output);
        if (waiting_poll(run->worker, polls, POLL_COUNT, INFINITY))
            serve(run, polls);
        else
            take_raised(run);
    }
}

/* The beginning and the end of a run */

static bool looks_at_output(const struct job *job)
{
    return job->ready != NULL && ready_reads_log(job->ready);
}

/* Prepares the run here. Returns false if that fails; the report says why. */
static bool prepare(struct remote_run *run)
{
    struct worker    *worker = run->worker;
    const struct job *job = worker->job;
    int              error = starting_open_extras(worker, looks_at_output(job) ? job->ready : NULL);
    enum spawn_stage stage = SPAWN_ISOLATE;

    if (error == 0 && !job->daemon)
        error = slot_numbers_take(&worker->slot);
    if (error == 0) {
        stage = SPAWN_INPUT;
        error = remote_input_open(&run->input, worker);
    }
    if (error == 0) {
        stage = SPAWN_OUTPUT;
        error = remote_output_open(&run->output, job);
    }
    if (error != 0)
        starting_fail_at(worker, stage, -error);
    return error == 0;
}

static void request(struct remote_run *run)
{
    struct environment *environment = run->worker->job->environment;
    struct text         params = {0};
    int                 error = remote_open(&run->remote, run->worker->assignment->seat);

    if (error != 0) {
        lose(run, strerror(-error));
        return;
    }
    if (run->worker->assignment->terminal != NULL)
        atomic_store(&run->worker->assignment->terminal->size_is_told, false);
    remote_write_execute(&params, run->worker, run->remote.environment == environment);
    run->execute = remote_request(&run->remote, "execute", &params);
    environment_unref(run->remote.environment);
    run->remote.environment = environment_ref(environment);
    move(run);
}

static void release(struct remote_run *run)
{
    if (run->has_ended)
        remote_leave(&run->remote, run->worker->assignment->seat);
    else
        remote_close(&run->remote);
    remote_input_close(&run->input);
    remote_output_close(&run->output);
    remote_report_close(&run->report);
    run->worker->report->pid = run->worker->report->attached = 0;
    starting_close(run->worker);
}

NOT_INLINED bool remote_run(struct worker *worker)
{
    struct remote_run *run = calloc(1, sizeof(*run));
    bool               has_begun;

    if (run == NULL) {
        starting_fail_at(worker, SPAWN_ISOLATE, ENOMEM);
        return false;
    }
    *run = (struct remote_run){.worker = worker, .remote.fd = -1, .input.fd = -1, .output.fd = -1};
    worker->report->loaded = worker->report->ready_overdue = false;
    worker->lost = false;
    worker->ready_deadline = INFINITY;
    remote_report_open(&run->report, worker);
    if (prepare(run)) {
        request(run);
        wait_for_end(run);
    }
    has_begun = run->report.has_begun;
    release(run);
    free(run);
    return has_begun && worker->report->error == 0;
}
