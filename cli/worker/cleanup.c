#include "cli/worker/cleanup.h"

#include "cli/base/clock.h"
#include "cli/process/leftovers.h"
#include "cli/worker/ending.h"
#include "cli/worker/leftover_report.h"
#include "cli/worker/raised.h"
#include "cli/worker/thread_terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The seconds between two looks at processes for which no descriptor could be opened. */
#define UNWATCHED_PAUSE 0.05

/* Drops the processes that cannot be ended from ROOTS. */
static void drop_unendable(struct worker *worker, struct leftovers *roots)
{
    size_t kept = 0;

    for (size_t i = 0; i < roots->count; i++)
        if (!ending_is_impossible(worker, roots->pids[i])) {
            roots->pids[kept] = roots->pids[i];
            roots->ends[kept++] = roots->ends[i];
        } else if (roots->ends[i].fd >= 0) {
            close(roots->ends[i].fd);
        }
    roots->count = kept;
}

/*
 * Finds the roots of the leftovers, and asks or kills them. Returns true if any of them can be ended, or
 * if the look failed and has to be repeated.
 */
static bool end_roots(struct worker *worker, struct leftovers *ret)
{
    if (leftovers_find_and_lock(worker->assignment->id, worker->pid, ret) != 0) {
        *ret = (struct leftovers){0};
        return true; /* a descriptor or memory was lacking */
    }
    if (ret->count > 0 && worker->end.signal == 0 && !worker->end.killing) {
        worker->end.signal = (unsigned char) worker->job->stop_signal;
        ending_begin(worker);
        worker->end.half = worker->deadline - worker->job->grace / 2;
    }
    for (size_t i = 0; i < ret->count; i++)
        if (worker->end.killing)
            ending_kill_process(worker, ret->pids[i]);
        else
            ending_ask_process(worker, ret->pids[i]);
    drop_unendable(worker, ret);
    leftovers_unlock();
    return ret->count > 0;
}

/* Returns the seconds until the next look, if none of ROOTS ends before; negative: no limit. */
static double seconds_until_look(const struct worker *worker, const struct leftovers *roots)
{
    double left = clock_until(ending_next(worker));

    for (size_t i = 0; i < roots->count; i++)
        if (roots->ends[i].fd < 0 && roots->ends[i].events != 0) /* it could not be opened */
            return left < 0 ? UNWATCHED_PAUSE : clock_earlier(left, UNWATCHED_PAUSE);
    return roots->count == 0 ? UNWATCHED_PAUSE : left;
}

/* Closes the descriptors of the roots that have ended. Returns true if others still live. */
static bool drop_ended(struct leftovers *roots)
{
    bool are_left = false;

    for (size_t i = 0; i < roots->count; i++) {
        if (roots->ends[i].revents != 0) {
            close(roots->ends[i].fd);
            roots->ends[i] = (struct pollfd){.fd = -1};
        }
        are_left |= roots->ends[i].fd >= 0;
    }
    return are_left;
}

/*
 * Polls the ends of ROOTS as k3thread_poll() does, and copies the output that the leftovers write to the
 * thread's terminal: otherwise a leftover could wait there for ever. Returns more than 0 for output, too.
 */
NOT_INLINED static int poll_with_terminal(struct thread_terminal *terminal, struct leftovers *roots,
                                          double seconds)
{
    struct pollfd *polls = calloc(roots->count + 1, sizeof(*polls));
    int            n;

    if (polls == NULL)
        return k3thread_poll(roots->ends, roots->count, seconds);
    if (roots->count > 0)
        memcpy(polls, roots->ends, roots->count * sizeof(*polls));
    polls[roots->count] = thread_terminal_poll(terminal);
    n = k3thread_poll(polls, roots->count + 1, seconds);
    for (size_t i = 0; i < roots->count && n > 0; i++)
        roots->ends[i].revents = polls[i].revents;
    if (n > 0 && polls[roots->count].revents != 0)
        thread_terminal_copy_output(terminal);
    free(polls);
    return n;
}

/*
 * Waits until one of the roots ends or, if they were killed, until all of them have ended. An exception,
 * or the time of the next step, ends the wait earlier.
 */
static void wait_for_roots(struct worker *worker, struct leftovers *roots)
{
    bool more = true;

    while (more) {
        struct thread_terminal *terminal = worker->assignment->terminal;
        double                  seconds = seconds_until_look(worker, roots);
        int                     n = terminal != NULL ? poll_with_terminal(terminal, roots, seconds)
                                                     : k3thread_poll(roots->ends, roots->count, seconds);

        if (n == -ECANCELED)
            raised_while_running(worker);
        more = n > 0 && drop_ended(roots) && worker->end.killing;
    }
}

void cleanup_run(struct worker *worker)
{
    struct leftovers roots = {0};
    bool             may_be_left = !leftovers_are_gone();

    if (may_be_left && worker->end.signal == 0 && !worker->end.killing)
        may_be_left = leftovers_report(worker);
    while (may_be_left && !leftovers_are_gone() && end_roots(worker, &roots)) {
        wait_for_roots(worker, &roots);
        leftovers_release(&roots);
        ending_step(worker);
    }
    leftovers_release(&roots);
    ending_reset(worker);
}
