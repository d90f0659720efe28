#include "cli/supervisor/worker.h"

#include "cli/exceptions.h"
#include "cli/supervisor/mailbox.h"
#include "cli/supervisor/record.h"
#include "cli/supervisor/spawn.h"
#include "cli/supervisor/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct worker {
    struct record *record;
    struct report  report;   /* what is posted */
    double         deadline; /* on the monotonic clock; INFINITY: none */
    pid_t          pid;      /* the command, not waited for until its tree has gone; 0: none */
    int            pidfd;
    bool           merciless; /* the grace is over */
    pid_t         *asked;    /* leftovers that got their SIGTERM */
    size_t         asked_count;
};

static struct rlimit command_nofile;

void worker_set_nofile(const struct rlimit *limit)
{
    command_nofile = *limit;
}

static double clock_now(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double until(double deadline)
{
    double left;

    if (isinf(deadline))
        return -1;
    left = deadline - clock_now(CLOCK_MONOTONIC);
    return left > 0 ? left : 0;
}

static void post(struct worker *worker, enum protocol_state state)
{
    worker->report.state = state;
    mailbox_post(worker->record, &worker->report);
}

/* The first exception that asks for the end is the one that the thread ends with. */
static void remember(struct worker *worker, const struct k3thread_exc *e)
{
    if (worker->report.exception != NULL)
        return;
    worker->report.exception = e->type;
    if (e->message[0] != '\0')
        worker->report.message = strdup(e->message); /* without memory: an end without words */
}

/* Asks the command's group to end, and wakes it in case it was stopped. */
static void ask(struct worker *worker, const k3thread_exctype *type)
{
    bool interrupt = k3thread_exctype_is(type, &k3thread_KeyboardInterrupt);

    kill(-worker->pid, interrupt ? SIGINT : SIGTERM);
    kill(-worker->pid, SIGCONT);
}

/* From here on the thread is ending; the grace starts with the first call. */
static void begin_stop(struct worker *worker)
{
    if (worker->report.state == STATE_STOPPING)
        return;
    worker->deadline = clock_now(CLOCK_MONOTONIC) + worker->record->job.grace;
    post(worker, STATE_STOPPING);
}

static void stop(struct worker *worker, const struct k3thread_exc *e)
{
    remember(worker, e);
    begin_stop(worker);
    ask(worker, e->type);
}

/* The grace is over: nothing more is asked of anyone. */
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

/* Takes what was raised while the command, or what it left behind, is there. */
static void take_raised(struct worker *worker)
{
    struct k3thread_exc e;

    while (k3thread_take(&e)) {
        int signal = exceptions_signal(e.type);

        if (signal != 0)
            hand_over(worker, signal);
        else
            stop(worker, &e);
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

/* Waits until the command has ended; leaves it unreaped, so that its number stays its own. */
static void wait_for_command(struct worker *worker)
{
    struct pollfd poll = {.fd = worker->pidfd, .events = POLLIN};

    for (;;) {
        double patience = worker->merciless ? -1 : until(worker->deadline);
        int    n = k3thread_poll(&poll, 1, patience);

        if (n > 0)
            return;
        if (n == 0)
            time_out(worker);
        else if (n == -ECANCELED)
            take_raised(worker);
    }
}

static bool was_asked(const struct worker *worker, pid_t pid)
{
    for (size_t i = 0; i < worker->asked_count; i++)
        if (worker->asked[i] == pid)
            return true;
    return false;
}

/* SIGTERM, once to each, until the deadline; then SIGKILL. */
static void signal_top(struct worker *worker, pid_t top)
{
    if (worker->merciless) {
        tree_signal(top, SIGKILL);
    } else if (!was_asked(worker, top)) {
        tree_signal(top, SIGTERM);
        tree_signal(top, SIGCONT);
    }
}

/* What end_tree() waits for: some of the leftovers. */
struct watched {
    struct pollfd fds[8];
    nfds_t        count;
};

static void watch(struct watched *watched, pid_t pid)
{
    int fd;

    if (watched->count == sizeof(watched->fds) / sizeof(watched->fds[0]))
        return;
    fd = pidfd_open(pid, 0);
    if (fd >= 0)
        watched->fds[watched->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void unwatch(struct watched *watched)
{
    while (watched->count > 0)
        close(watched->fds[--watched->count].fd);
}

/* Signals all that the command left behind; returns whether there was anything. */
static bool signal_leftovers(struct worker *worker, struct watched *watched)
{
    struct tree_tops tops;

    if (tree_lock(worker->record->id, worker->pid, &tops) != 0)
        return true; /* no descriptor or memory just now: look again */
    for (size_t i = 0; i < tops.count; i++) {
        signal_top(worker, tops.pids[i]);
        watch(watched, tops.pids[i]);
    }
    free(worker->asked);
    worker->asked = tops.pids;
    worker->asked_count = tops.count;
    tops.pids = NULL;
    tree_unlock(&tops);
    return worker->asked_count > 0;
}

/* How long to wait before the next look. Those killed are gone in no time. */
static double patience(const struct worker *worker, const struct watched *watched)
{
    double left = until(worker->deadline);

    if (worker->merciless || watched->count == 0)
        return 0.002;
    return left;
}

/* Ends what is left of the tree. The usual case is that there is nothing: one system call. */
static void end_tree(struct worker *worker)
{
    struct watched watched = {.count = 0};

    if (tree_is_empty())
        return;
    while (signal_leftovers(worker, &watched)) {
        int n;

        begin_stop(worker);
        n = k3thread_poll(watched.fds, watched.count, patience(worker, &watched));
        unwatch(&watched);
        if (n == -ECANCELED)
            take_raised(worker);
        if (until(worker->deadline) == 0)
            worker->merciless = true;
    }
    unwatch(&watched);
    free(worker->asked);
    worker->asked = NULL;
    worker->asked_count = 0;
}

/* A signal ends a thread whose command does not run yet if it would end a command. */
static bool ends_early(const k3thread_exctype *type)
{
    switch (exceptions_signal(type)) {
    case 0:
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGABRT:
    case SIGKILL:
    case SIGTERM:
        return true;
    default:
        return false;
    }
}

/* Takes what was raised before the command ran; returns whether it is not to run. */
static bool is_called_off(struct worker *worker)
{
    struct k3thread_exc e;

    while (k3thread_take(&e))
        if (ends_early(e.type))
            remember(worker, &e);
    return worker->report.exception != NULL;
}

/* Returns false when an exception came first. */
static bool wait_out_delay(struct worker *worker)
{
    double end = clock_now(CLOCK_MONOTONIC) + worker->record->job.after;

    if (worker->record->job.after == 0)
        return !is_called_off(worker);
    while (k3thread_sleep(until(end)) == -ECANCELED)
        if (is_called_off(worker))
            return false;
    return true;
}

static off_t size_of(const char *file)
{
    struct stat info;

    return stat(file, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

static struct spawn_plan make_plan(const struct record *record)
{
    const struct job *job = &record->job;

    return (struct spawn_plan){
        .argv = job->argv,
        .environment = job->environment,
        .directory = job->directory,
        .output = job->output,
        .umask = job->umask,
        .nofile = command_nofile,
        .mark_resource = tree_mark_resource(),
        .mark = tree_mark(record->id),
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

static void free_environment(struct job *job)
{
    for (char **s = job->environment; s != NULL && *s != NULL; s++)
        free(*s);
    free(job->environment);
    job->environment = NULL;
}

/* Starts the command; returns false, with the failure noted, when it does not come to run. */
static bool start_command(struct worker *worker)
{
    struct job       *job = &worker->record->job;
    struct spawn_plan plan = make_plan(worker->record);
    struct spawned    spawned;
    int               error;

    worker->report.output_start = size_of(job->output);
    error = spawn(&plan, &spawned);
    free_environment(job);
    if (error != 0) {
        note_failure(worker, &spawned, -error);
        return false;
    }
    worker->pid = spawned.pid;
    worker->pidfd = spawned.pidfd;
    if (job->timeout >= 0)
        worker->deadline = clock_now(CLOCK_MONOTONIC) + job->timeout;
    worker->report.pid = spawned.pid;
    worker->report.started = clock_now(CLOCK_REALTIME);
    worker->report.runs++;
    post(worker, STATE_RUNNING);
    return true;
}

/* Takes the command's status, at last. */
static void reap_command(struct worker *worker)
{
    siginfo_t info = {0};

    while (waitid(P_PIDFD, (id_t) worker->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
    close(worker->pidfd);
    if (info.si_code == CLD_EXITED)
        worker->report.exit_code = info.si_status;
    else
        worker->report.signal = info.si_status;
    worker->pid = 0;
}

void *worker_run(void *argument)
{
    struct record *record = argument;
    struct worker  worker = {.record = record, .deadline = INFINITY, .report = record->now};

    k3thread_set_mask(K3THREAD_RETURN);
    worker.report.tid = gettid();
    if (record->job.after > 0)
        post(&worker, STATE_DELAYED);
    if (wait_out_delay(&worker) && start_command(&worker)) {
        wait_for_command(&worker);
        end_tree(&worker);
        reap_command(&worker);
    }
    worker.report.tid = worker.report.pid = 0;
    worker.report.ended = clock_now(CLOCK_REALTIME);
    post(&worker, STATE_ENDED);
    return NULL;
}
