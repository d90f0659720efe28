#include "cli/supervisor/execution.h"

#include "cli/exceptions.h"
#include "cli/supervisor/mark.h"
#include "cli/supervisor/spawn.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rlimit command_nofile;

void execution_set_nofile(const struct rlimit *limit)
{
    command_nofile = *limit;
}

/* Asks the command's group to end, and wakes it in case it was stopped. */
static void ask(struct worker *worker, const k3thread_exctype *type)
{
    bool interrupt = k3thread_exctype_is(type, &k3thread_KeyboardInterrupt);

    kill(-worker->pid, interrupt ? SIGINT : SIGTERM);
    kill(-worker->pid, SIGCONT);
}

void execution_begin_stop(struct worker *worker)
{
    if (worker->report.state == STATE_STOPPING)
        return;
    worker->deadline = worker_clock() + worker->record->job.grace;
    worker_post(worker, STATE_STOPPING);
}

static void stop(struct worker *worker, const struct k3thread_exc *e)
{
    worker_remember(worker, e);
    execution_begin_stop(worker);
    ask(worker, e->type);
}

static void kill_group(struct worker *worker)
{
    worker->merciless = true;
    kill(-worker->pid, SIGKILL);
}

/* Hands a signal to the command; SIGKILL, to one that is ending anyway, cuts the grace short. */
static void hand_over(struct worker *worker, int signal)
{
    if (signal == SIGKILL && worker->report.state == STATE_STOPPING)
        kill_group(worker);
    else
        kill(worker->pid, signal);
}

void execution_take_raised(struct worker *worker)
{
    struct k3thread_exc e;

    while (k3thread_take(&e)) {
        int signal = exceptions_signal(e.type);

        if (signal != 0) {
            hand_over(worker, signal);
        } else {
            worker->ending = true;
            stop(worker, &e);
        }
    }
}

static void time_out(struct worker *worker)
{
    struct k3thread_exc e = {.type = &k3thread_TimeoutError};

    if (worker->report.state == STATE_STOPPING)
        kill_group(worker);
    else
        stop(worker, &e);
}

static void become_ready(struct worker *worker)
{
    worker->report.ready = true;
    if (worker->report.state != STATE_STOPPING)
        worker_post(worker, STATE_READY);
}

/* What one look waits for; a negative descriptor is none. */
enum { COMMAND, PROBE, LOG, POLLED };

/* Seconds until something has to be done by time. */
static double patience(const struct worker *worker)
{
    double next = earlier(worker->ready.next, worker->trim.next);

    if (!worker->merciless)
        next = earlier(next, worker->deadline);
    return worker_until(next);
}

static bool is_due(const struct pollfd *poll, double next)
{
    return poll->revents != 0 || worker_until(next) == 0;
}

/* Serves what came; returns true when the command has ended. */
static bool serve(struct worker *worker, const struct spawn_plan *plan, const struct pollfd *polls)
{
    if (is_due(&polls[LOG], worker->trim.next))
        trim_check(&worker->trim);
    if (is_due(&polls[PROBE], worker->ready.next) && ready_check(&worker->ready, plan))
        become_ready(worker);
    if (polls[COMMAND].revents != 0)
        return true;
    if (!worker->merciless && worker_until(worker->deadline) == 0)
        time_out(worker);
    return false;
}

/* Waits until the command has ended; leaves it unreaped, so that its number stays its own. */
static void wait_for_command(struct worker *worker, const struct spawn_plan *plan)
{
    for (;;) {
        struct pollfd polls[POLLED] = {
            [COMMAND] = {.fd = worker->pidfd, .events = POLLIN},
            [PROBE] = worker->ready.poll,
            [LOG] = worker->trim.poll,
        };
        int n = k3thread_poll(polls, POLLED, patience(worker));

        if (n == -ECANCELED)
            execution_take_raised(worker);
        else if (serve(worker, plan, polls))
            return;
    }
}

static off_t size_of(const char *file)
{
    struct stat info;

    return stat(file, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

static struct spawn_plan make_plan(const struct worker *worker)
{
    const struct job *job = &worker->record->job;

    return (struct spawn_plan){
        .argv = job->argv,
        .environment = job->environment,
        .directory = job->directory,
        .output = job->output,
        .umask = job->umask,
        .nofile = command_nofile,
        .mark_resource = mark_resource(),
        .mark = mark_of(worker->record->id),
        .extra_from = worker->ready.write_end,
        .extra_to = worker->ready.number,
    };
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
    case SPAWN_OUTPUT:
        return job->output;
    case SPAWN_DIRECTORY:
        return job->directory;
    default:
        return job->argv[0];
    }
}

static void note_failure(struct worker *worker, const struct spawned *spawned, int error)
{
    static const char *const words[] = {
#define X(name, text) text,
        SPAWN_STAGES(X)
#undef X
    };
    const char *object = object_of_failure(&worker->record->job, spawned->stage);

    worker->report.error = error;
    worker->report.exit_code = status_of_failure(spawned, error);
    if (asprintf(&worker->report.message, "cannot %s '%s': %s", words[spawned->stage], object,
                 strerrordesc_np(error)) < 0)
        worker->report.message = NULL;
}

/* The command runs: what is known of it is posted. */
static void announce(struct worker *worker, const struct spawned *spawned)
{
    const struct job *job = &worker->record->job;

    worker->pid = spawned->pid;
    worker->pidfd = spawned->pidfd;
    worker->merciless = false;
    worker->deadline = job->timeout >= 0 ? worker_clock() + job->timeout : INFINITY;
    worker->report.pid = spawned->pid;
    worker->report.started = worker_wall_clock();
    worker->report.runs++;
    worker->report.ready |= job->ready == NULL;
    worker_post(worker, STATE_RUNNING);
}

/* Takes the command's status, at last. */
static void reap(struct worker *worker)
{
    siginfo_t info = {0};

    while (waitid(P_PIDFD, (id_t) worker->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    close(worker->pidfd);
    worker->report.exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
    worker->report.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    worker->pid = worker->report.pid = 0;
}

/* The environment can be large, and one that runs once needs it no more. */
static void free_environment(struct job *job)
{
    if (job->restart != RESTART_NEVER || job->ready != NULL)
        return;
    for (char **s = job->environment; *s != NULL; s++)
        free(*s);
    free(job->environment);
    job->environment = NULL;
}

bool execution_run(struct worker *worker)
{
    struct job       *job = &worker->record->job;
    struct spawn_plan plan;
    struct spawned    spawned;
    off_t             start = worker->record->has_own_log ? 0 : size_of(job->output);
    int               error = ready_open(&worker->ready, job->ready);

    plan = make_plan(worker);
    spawned.stage = SPAWN_ISOLATE;
    if (error == 0)
        error = spawn(&plan, &spawned);
    if (error != 0) {
        ready_close(&worker->ready);
        note_failure(worker, &spawned, -error);
        return false;
    }
    free_environment(job);
    if (worker->report.runs == 0)
        worker->report.output_start = start;
    announce(worker, &spawned);
    ready_begin(&worker->ready, &plan, start);
    trim_open(&worker->trim, job->output, job->log_limit);
    wait_for_command(worker, &plan);
    ready_close(&worker->ready);
    leftovers_end(worker);
    trim_close(&worker->trim);
    reap(worker);
    return true;
}
