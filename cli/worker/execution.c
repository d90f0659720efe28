#include "cli/worker/execution.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/lean.h"
#include "cli/base/status.h"
#include "cli/place/journal.h"
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/server/server.h"
#include "cli/worker/environment.h"
#include "cli/worker/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Ten thousand workers wait, each on one page of stack, on which a quarter of a page is ours. What
 * is called before and after the wait has its frame only then: it must not be inlined.
 */
#define APART __attribute__((noinline))

/* KeyboardInterrupt interrupts; whatever else ends the thread asks by the stop signal. */
static void stop(struct worker *worker, const struct k3thread_exc *e)
{
    bool interrupt = k3thread_exctype_is(e->type, &k3thread_KeyboardInterrupt);

    worker_remember(worker, e);
    ending_ask(worker, interrupt ? SIGINT : worker->record->job.stop_signal);
}

/* Hands a signal to the command. SIGKILL is for the whole thread. */
static void hand_over(struct worker *worker, int signal)
{
    if (signal == SIGKILL)
        ending_kill(worker);
    else
        kill(worker->pid, signal);
}

APART void execution_take_raised(struct worker *worker)
{
    struct k3thread_exc e;
    bool                automatic;

    while (worker_take(worker, &e, &automatic)) {
        int signal = exceptions_signal(e.type);

        worker->ending |= signal == 0;
        if (signal != 0)
            hand_over(worker, signal);
        else if (!automatic || worker->report->state != STATE_STOPPING)
            stop(worker, &e);
    }
}

/* The time of the command is up, or that of the next step in its end. */
APART static void keep_time(struct worker *worker)
{
    struct k3thread_exc e = {.type = &k3thread_TimeoutError};

    if (worker->report->state == STATE_STOPPING || worker->end.killing)
        ending_step(worker);
    else
        stop(worker, &e);
}

/* The probe was not answered in time. */
APART static void time_out_ready(struct worker *worker)
{
    const struct job   *job = &worker->record->job;
    struct k3thread_exc e = {.type = &k3thread_TimeoutError};

    worker->ready_deadline = INFINITY;
    if (worker->report->state == STATE_STOPPING)
        return;
    (void) snprintf(e.message, sizeof(e.message), "not ready within %g s: %s", job->ready_timeout,
                    job->ready);
    stop(worker, &e);
}

static struct spawn_plan make_plan(const struct worker *worker)
{
    const struct job *job = &worker->record->job;
    struct spawn_plan plan = {
        .argv = job->argv,
        .environment = worker->environment,
        .directory = job->directory,
        .input_from = -1,
        .output = job->output,
        .umask = job->umask,
        .output_umask = worker->record->has_own_log ? 0177 : job->umask,
        .limits = environment_limits(job->environment),
        .mark_resource = mark_resource(),
        .mark = mark_of(worker->record->id),
        .extra_from = -1,
        .child = &worker->record->spawning,
    };

    if (worker->ready != NULL)
        ready_extend(worker->ready, &plan);
    return plan;
}

static void close_ready(struct worker *worker)
{
    worker->ready_deadline = INFINITY;
    ready_close(worker->ready);
    worker->ready = NULL;
}

static void become_ready(struct worker *worker)
{
    worker->ready_deadline = INFINITY;
    if (!ready_lasts(worker->ready))
        close_ready(worker); /* there is nothing more to be found out */
    if (worker->report->ready)
        return;
    worker->report->ready = true;
    worker->report->shown++;
    if (worker->report->state != STATE_STOPPING)
        worker_post(worker, STATE_READY);
}

/* Takes what the command says besides. */
static void take_words(struct worker *worker)
{
    char *status = ready_take_status(worker->ready);

    if (status != NULL) {
        worker->report->status = status; /* the mailbox frees the old one */
        worker_post(worker, worker->report->state);
    }
    if (ready_is_stopping(worker->ready))
        ending_begin(worker);
}

static off_t size_of(const char *file)
{
    struct stat info;

    return stat(file, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

/* As a shell has it: 127 not found, 126 not executable; 125 is our own failure. */
static int status_of_failure(const struct spawned *spawned, int error)
{
    if (spawned->stage != SPAWN_EXEC)
        return 125;
    return error == ENOENT ? 127 : 126;
}

static const char *object_of_failure(const struct job *job, enum spawn_stage stage)
{
    switch (stage) {
    case SPAWN_INPUT:
        return job->input;
    case SPAWN_OUTPUT:
        return job->output;
    case SPAWN_DIRECTORY:
        return job->directory;
    default:
        return job->argv[0];
    }
}

/* There is no run: STATUS is its status, and MESSAGE, which is taken over, says why. */
static void note_error(struct worker *worker, int error, int status, char *message)
{
    worker->report->error = error;
    worker->report->exit_code = status;
    worker->report->signal = 0;
    worker->report->message = message;
}

/* Returns the message to be freed, or NULL without memory. */
static char *word_failure(const struct record *record, const struct spawned *spawned, int error)
{
    static const char *const words[] = {
#define X(name, text) text,
        SPAWN_STAGES(X)
#undef X
    };
    const char *object = object_of_failure(&record->job, spawned->stage);
    const char *stage = words[spawned->stage];
    char        limit[LIMITS_WORDS] = "";
    char       *message;
    int         size;

    if (spawned->stage == SPAWN_OUTPUT && record->has_own_log)
        stage = "open the log";
    if (spawned->stage != SPAWN_EXEC) /* from there on the command's own limits hold */
        limits_explain(error, limit);
    if (spawned->interpreter[0] != '\0')
        size = asprintf(&message, "'%s' needs the interpreter '%s', which %s", object,
                        spawned->interpreter,
                        error == ENOENT ? "is not there" : "may not be executed");
    else
        size = asprintf(&message, "cannot %s '%s': %s%s", stage, object, strerrordesc_np(error),
                        limit);
    return size >= 0 ? message : NULL;
}

static void note_failure(struct worker *worker, const struct spawned *spawned, int error)
{
    note_error(worker, error, status_of_failure(spawned, error),
               word_failure(worker->record, spawned, error));
}

/* The command runs: what is known of it is posted. */
static void announce(struct worker *worker, const struct spawned *spawned)
{
    const struct job *job = &worker->record->job;

    worker->pid = spawned->pid;
    worker->pidfd = spawned->pidfd;
    worker->end = (struct ending){.half = INFINITY};
    worker->deadline = job->timeout >= 0 ? clock_monotonic() + job->timeout : INFINITY;
    worker->ready_deadline = INFINITY;
    if (worker->ready != NULL && job->ready_timeout >= 0)
        worker->ready_deadline = clock_monotonic() + job->ready_timeout;
    worker->report->pid = spawned->pid;
    worker->report->started = clock_wall();
    worker->report->run_begin = clock_monotonic();
    worker->report->run_end = 0;
    worker->report->runs++;
    worker->report->missed = spawned->missed;
    if (job->ready == NULL) {
        worker->report->ready = true;
        worker->report->shown++;
    }
    worker_post(worker, STATE_RUNNING);
}

/* Those that the command made its siblings, and that are dead. */
static void reap_siblings(void)
{
    siginfo_t info;

    do
        info.si_pid = 0;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD | __WALL) == 0 &&
           info.si_pid != 0);
}

/*
 * Reads how the command ended from its page: of one that is dead, but held by a debugger, the status
 * cannot be taken yet. The main thread reaps it later.
 */
static bool read_status(const struct worker *worker, siginfo_t *ret)
{
    struct pollfd end = {.fd = worker->pidfd, .events = POLLIN};
    char          path[64], line[1024];
    int           fd, status;
    ssize_t       size;
    const char   *last;

    if (poll(&end, 1, 0) <= 0)
        return false; /* it lives: it could not be ended */
    (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) worker->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    size = fd >= 0 ? read(fd, line, sizeof(line) - 1) : -1;
    if (fd >= 0)
        close(fd);
    line[size > 0 ? size : 0] = '\0';
    last = strrchr(line, ' '); /* the status is the last field */
    if (last == NULL)
        return false;
    status = (int) strtol(last, NULL, 10);
    ret->si_code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
    ret->si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return true;
}

/* Takes the command's status, at last. One that could not be ended has none. */
APART static void reap(struct worker *worker)
{
    siginfo_t info = {0};
    bool      has_ended;

    while (waitid(P_PIDFD, (id_t) worker->pidfd, &info, WEXITED | WNOHANG | __WALL) < 0 &&
           errno == EINTR)
        ;
    has_ended = info.si_pid != 0 || read_status(worker, &info);
    close(worker->pidfd);
    reap_siblings();
    worker->report->exit_code = has_ended && info.si_code == CLD_EXITED ? info.si_status : -1;
    worker->report->signal = has_ended && info.si_code != CLD_EXITED ? info.si_status : 0;
    worker->report->run_end = clock_monotonic();
    worker->pid = worker->report->pid = 0;
}

static int take_environment(struct worker *worker)
{
    const struct record *record = worker->record;

    worker->environment = environment_list(record->job.environment, record->id, record->job.name,
                                           server_socket(), ready_notify_socket(worker->ready));
    return worker->environment != NULL ? 0 : -ENOMEM;
}

static void drop_environment(struct worker *worker)
{
    free(worker->environment);
    worker->environment = NULL;
}

/* One that runs once, and is not probed by a command, needs no environment any more. */
static void need_no_environment(struct worker *worker)
{
    struct job *job = &worker->record->job;

    if (job->restart != RESTART_NEVER || job->ready != NULL)
        return;
    drop_environment(worker);
    environment_unref(job->environment);
    job->environment = NULL;
}

/* What one look waits for; a negative descriptor is none. */
enum { COMMAND, PROBE, LOG, POLLED };

/* A command that has run for so many seconds is taken to go on for a while. */
#define REST_AFTER 1.0

/* Seconds until something has to be done by time. */
static double patience(const struct worker *worker)
{
    double next = ending_next(worker);
    double left;

    if (worker->ready != NULL)
        next = earlier(next, earlier(ready_next(worker->ready), worker->ready_deadline));
    if (worker->trim != NULL)
        next = earlier(next, worker->trim->next);
    left = worker_until(next);
    return worker->rested || (left >= 0 && left < REST_AFTER) ? left : REST_AFTER;
}

static bool is_due(const struct pollfd *poll, double next)
{
    return poll->revents != 0 || worker_until(next) == 0;
}

APART static void check_ready(struct worker *worker)
{
    struct spawn_plan plan = make_plan(worker);
    bool              is_shown = ready_check(worker->ready, &plan);

    take_words(worker);
    if (is_shown)
        become_ready(worker);
}

/* Serves what came; returns true when the command has ended. */
static bool serve(struct worker *worker, const struct pollfd *polls)
{
    if (worker->trim != NULL && is_due(&polls[LOG], worker->trim->next))
        trim_check(worker->trim);
    if (worker->ready != NULL && is_due(&polls[PROBE], ready_next(worker->ready)))
        check_ready(worker);
    if (polls[COMMAND].revents != 0)
        return true;
    if (worker_until(worker->ready_deadline) == 0)
        time_out_ready(worker);
    if (worker_until(ending_next(worker)) == 0)
        keep_time(worker);
    return ending_is_in_vain(worker);
}

/* Waits until the command has ended; leaves it unreaped, so that its number stays its own. */
static void wait_for_command(struct worker *worker)
{
    for (;;) {
        struct pollfd polls[POLLED] = {
            [COMMAND] = {.fd = worker->pidfd, .events = POLLIN},
            [PROBE] = worker->ready != NULL ? ready_poll(worker->ready) : (struct pollfd){.fd = -1},
            [LOG] = worker->trim != NULL ? worker->trim->poll : (struct pollfd){.fd = -1},
        };
        int n = k3thread_poll(polls, POLLED, patience(worker));

        if (n == -ECANCELED) {
            execution_take_raised(worker);
            continue;
        }
        if (n == 0 && !worker->rested)
            lean_stack();
        worker->rested |= n == 0;
        if (serve(worker, polls))
            return;
    }
}

/* The probe and the log's limit, for the few that have them. Returns 0 or -errno. */
static int open_extras(struct worker *worker)
{
    const struct job *job = &worker->record->job;

    if (job->log_limit > 0 && (worker->trim = malloc(sizeof(*worker->trim))) == NULL)
        return -ENOMEM;
    if (worker->trim != NULL)
        trim_init(worker->trim);
    return job->ready != NULL ? ready_open(job->ready, &worker->ready) : 0;
}

static void close_trim(struct worker *worker)
{
    if (worker->trim != NULL)
        trim_close(worker->trim);
    free(worker->trim);
    worker->trim = NULL;
}

/*
 * Looks whether a stranger answers the probe already: then nothing could be learned from it, and the
 * command, if it wants the same address, would not get it. Returns 0, or -errno with *RET_MESSAGE;
 * -ECANCELED: an exception ended the thread meanwhile.
 */
APART static int rule_out_probe(struct worker *worker, char **ret_message)
{
    struct spawn_plan plan = make_plan(worker);
    int               error;

    do
        error = ready_rule_out(worker->ready, &plan, ret_message);
    while (error == -ECANCELED && worker_goes_on(worker));
    return error;
}

/* Prepares the run. Returns 0, or -errno with the report saying why, but for -ECANCELED. */
static int prepare(struct worker *worker)
{
    static const struct spawned none = {.stage = SPAWN_ISOLATE};
    char                       *message = NULL;
    int                         error = open_extras(worker);

    if (error == 0 && worker->ready != NULL)
        error = rule_out_probe(worker, &message);
    if (error == -EADDRINUSE || error == -EINVAL)
        note_error(worker, -error, STATUS_INTERNAL, message);
    if (error == -EADDRINUSE || error == -EINVAL || error == -ECANCELED)
        return error;
    if (error == 0)
        error = take_environment(worker);
    if (error != 0)
        note_failure(worker, &none, -error);
    return error;
}

/* How often in a row the directory of a log is made again. */
#define MENDINGS 10

/* Returns true if the log could not be made as its directory was gone, and that is there again. */
static bool mend_log(const struct worker *worker, const struct spawned *spawned, int error)
{
    if (error != -ENOENT || spawned->stage != SPAWN_OUTPUT || !worker->record->has_own_log)
        return false;
    error = logs_restore(server_logs());
    journal_restore();
    return error == 0 || error == -EEXIST || error == -ENOENT;
}

/* The command alone gets the input, not what is run to find out whether it is ready. */
static int spawn_command(struct worker *worker, struct spawn_plan plan, struct spawned *ret)
{
    const struct job *job = &worker->record->job;
    int               ends[2] = {-1, -1};
    int               error;

    ret->stage = SPAWN_ISOLATE;
    if (job->input_open && pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    plan.input = job->input;
    plan.input_from = ends[0];
    error = spawn(&plan, ret);
    /* Whoever removes it may not be done yet. */
    for (int tries = 0; tries < MENDINGS && mend_log(worker, ret, error); tries++)
        error = spawn(&plan, ret);
    if (ends[0] >= 0)
        close(ends[0]);
    worker->input = ends[1];
    return error;
}

static void close_input(struct worker *worker)
{
    if (worker->input >= 0)
        close(worker->input);
    worker->input = -1;
}

APART static bool start(struct worker *worker)
{
    struct job       *job = &worker->record->job;
    bool              is_new = worker->record->has_own_log && worker->report->runs == 0;
    struct spawned    spawned = {0};
    struct spawn_plan plan;
    off_t             begin;
    int               error;

    if (prepare(worker) != 0)
        return false;
    plan = make_plan(worker);
    begin = is_new ? 0 : size_of(job->output);
    error = spawn_command(worker, plan, &spawned);
    if (error != 0) {
        note_failure(worker, &spawned, -error);
        return false;
    }
    if (worker->report->runs == 0)
        worker->report->output_start = begin;
    announce(worker, &spawned);
    if (worker->ready != NULL)
        ready_begin(worker->ready, &plan, begin);
    if (worker->trim != NULL)
        trim_open(worker->trim, job->output, job->log_limit);
    need_no_environment(worker);
    return true;
}

bool execution_run(struct worker *worker)
{
    bool started = start(worker);

    if (started)
        wait_for_command(worker);
    close_ready(worker);
    drop_environment(worker);
    if (started)
        ending_finish(worker);
    close_trim(worker);
    close_input(worker);
    if (started)
        reap(worker);
    return started;
}
