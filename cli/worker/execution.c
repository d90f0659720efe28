#include "cli/worker/execution.h"

#include "cli/base/clock.h"
#include "cli/base/linux_calls.h"
#include "cli/base/status.h"
#include "cli/process/children.h"
#include "cli/process/proc.h"
#include "cli/worker/cleanup.h"
#include "cli/worker/ending.h"
#include "cli/worker/loading.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/raised.h"
#include "cli/worker/remote_run.h"
#include "cli/worker/starting.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/waiting.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The server has this many seconds to raise a TimeoutError in an attached process, or by signals. */
#define HAND_OVER 3.0

/*
 * Asks the server to raise the TimeoutError of this run, if a process is attached. Returns false if no process is, or
 * if the server was asked before: it has not raised the exception in time.
 */
static bool hand_over(struct worker *worker)
{
    if (atomic_load(&worker->assignment->attached) == 0 || worker->told_overdue)
        return false;
    worker->told_overdue = true;
    worker->deadline = clock_monotonic() + HAND_OVER;
    worker->report->overdue++;
    worker_post(worker, worker->report->state);
    return true;
}

/* Ends the run because its time limit is up, or does the next step of an end that is under way. */
NOT_INLINED static void keep_time(struct worker *worker)
{
    struct k3thread_exc e = {.type = &k3thread_TimeoutError};

    if (worker->report->state == STATE_STOPPING || worker->end.killing)
        ending_step(worker);
    else if (!hand_over(worker))
        raised_stop(worker, &e);
}

/* Ends the run because it did not become ready in time. */
NOT_INLINED static void time_out_ready(struct worker *worker)
{
    struct k3thread_exc e;

    if (waiting_take_overdue(worker, &e) && !hand_over(worker))
        raised_stop(worker, &e);
}

/* Takes the news of k3thread-host about the library. WAITS: more news may follow. */
NOT_INLINED static void check_loading(struct worker *worker, bool waits)
{
    struct text why = {0};
    int         result = loading_check(worker->loading, &why);

    if (result == LOADING_NOTHING && waits)
        return;
    loading_close(worker->loading);
    worker->loading = NULL;
    if (result >= 0) {
        starting_announce(worker, result == LOADING_DONE);
        return;
    }
    output_begin_undo(worker);
    starting_fail(worker, -result, status_of_exec(-result), &why);
}

/* The descriptors that a worker polls while the command runs, behind the ones that waiting.h polls. */
enum { COMMAND = WAITING_OWN, TERMINAL, LOADING, POLL_COUNT };

/* Handles the events that came. Returns true if the command has ended, or cannot be ended. */
static bool serve(struct worker *worker, const struct pollfd *polls)
{
    if (polls[TERMINAL].revents != 0)
        thread_terminal_copy_output(worker->assignment->terminal);
    waiting_look(worker, polls);
    if (polls[LOADING].revents != 0)
        check_loading(worker, true);
    if (polls[COMMAND].revents != 0)
        return true;
    if (clock_until(worker->ready_deadline) == 0)
        time_out_ready(worker);
    if (clock_until(ending_next(worker)) == 0)
        keep_time(worker);
    return ending_is_impossible(worker, worker->pid);
}

/*
 * Waits until the command has ended. Does not reap it, so that its pid is not given to another
 * process.
 */
static void wait_for_command(struct worker *worker)
{
    struct thread_terminal *terminal = worker->assignment->terminal;
    struct pollfd           polls[POLL_COUNT];

    for (;;) {
        polls[COMMAND] = (struct pollfd){.fd = worker->pidfd, .events = POLLIN};
        polls[TERMINAL] = terminal != NULL ? thread_terminal_poll(terminal) : WAITING_NOTHING;
        polls[LOADING] = worker->loading != NULL ? loading_poll(worker->loading) : WAITING_NOTHING;
        if (!waiting_poll(worker, polls, POLL_COUNT, ending_next(worker)))
            raised_while_running(worker);
        else if (serve(worker, polls))
            return;
    }
}

/*
 * Reads from /proc how the command ended. While a debugger holds a dead command, waitid() does not
 * return its status; the main thread reaps the command later. Returns false if there is no status.
 */
static bool read_status(const struct worker *worker, siginfo_t *ret)
{
    struct pollfd end = {.fd = worker->pidfd, .events = POLLIN};
    char          line[1024];
    int           status;
    const char   *last;

    if (poll(&end, 1, 0) <= 0)
        return false; /* the command could not be ended, and lives */
    if (proc_read(worker->pid, "stat", line, sizeof(line)) <= 0)
        return false;
    last = strrchr(line, ' '); /* the status is the last field */
    if (last == NULL)
        return false;
    status = (int) strtol(last, NULL, 10);
    ret->si_code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
    ret->si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return true;
}

/* Reaps the command and puts its status into the report. A command that could not be ended has no status. */
NOT_INLINED static void reap(struct worker *worker)
{
    struct account *account = &worker->assignment->account;
    siginfo_t       info = {0};
    bool            has_ended = account_reap(account, LINUX_P_PIDFD, (id_t) worker->pidfd, &info) ||
                     read_status(worker, &info);

    close(worker->pidfd);
    children_reap(); /* dead processes that the command made its siblings by CLONE_PARENT */
    worker->report->exit_code = has_ended && info.si_code == CLD_EXITED ? info.si_status : -1;
    worker->report->signal = has_ended && info.si_code != CLD_EXITED ? info.si_status : 0;
    worker->report->run_end = clock_monotonic();
    account_set_leader(account, 0);
    worker->pid = worker->report->pid = 0;
}

bool execution_run(struct worker *worker)
{
    bool started;

    if (worker->assignment->seat != NULL)
        return remote_run(worker);
    started = starting_run(worker);
    if (started)
        wait_for_command(worker);
    if (worker->loading != NULL && started)
        check_loading(worker, false);
    starting_close_probe(worker);
    if (started) {
        raised_while_running(worker); /* the last chance to take a worker_Told of this run */
        cleanup_run(worker);
    }
    starting_close(worker);
    if (started)
        reap(worker);
    return started && worker->report->error == 0;
}
