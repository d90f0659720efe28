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

/* Drops the processes that cannot be ended from TOPS. */
static void drop_unendable(struct worker *worker, struct leftovers *tops)
{
    size_t kept = 0;

    for (size_t i = 0; i < tops->count; i++)
        if (!ending_is_in_vain(worker, tops->pids[i])) {
            tops->pids[kept] = tops->pids[i];
            tops->ends[kept++] = tops->ends[i];
        } else if (tops->ends[i].fd >= 0) {
            close(tops->ends[i].fd);
        }
    tops->count = kept;
}

/*
 * Finds the tops of the leftovers, and asks or kills them. Returns true if any of them can be ended, or
 * if the look failed and has to be repeated.
 */
static bool end_tops(struct worker *worker, struct leftovers *ret)
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

/* Returns the seconds until the next look, if none of TOPS ends before; negative: no limit. */
static double seconds_until_look(const struct worker *worker, const struct leftovers *tops)
{
    double left = clock_until(ending_next(worker));

    for (size_t i = 0; i < tops->count; i++)
        if (tops->ends[i].fd < 0 && tops->ends[i].events != 0)
            return left < 0 ? UNWATCHED_PAUSE : clock_earlier(left, UNWATCHED_PAUSE);
    return tops->count == 0 ? UNWATCHED_PAUSE : left;
}

/* Closes the descriptors of the tops that have ended. Returns true if others still live. */
static bool drop_ended(struct leftovers *tops)
{
    bool some = false;

    for (size_t i = 0; i < tops->count; i++) {
        if (tops->ends[i].revents != 0) {
            close(tops->ends[i].fd);
            tops->ends[i] = (struct pollfd){.fd = -1};
        }
        some |= tops->ends[i].fd >= 0;
    }
    return some;
}

/*
 * Polls the ends of TOPS as k3thread_poll() does, and copies the output that the leftovers write to the
 * thread's terminal: otherwise a leftover could wait there for ever. Returns more than 0 for output, too.
 */
APART static int poll_with_terminal(struct thread_terminal *terminal, struct leftovers *tops,
                                    double seconds)
{
    struct pollfd *polls = calloc(tops->count + 1, sizeof(*polls));
    int            n;

    if (polls == NULL)
        return k3thread_poll(tops->ends, tops->count, seconds);
    if (tops->count > 0)
        memcpy(polls, tops->ends, tops->count * sizeof(*polls));
    polls[tops->count] = thread_terminal_poll(terminal);
    n = k3thread_poll(polls, tops->count + 1, seconds);
    for (size_t i = 0; i < tops->count && n > 0; i++)
        tops->ends[i].revents = polls[i].revents;
    if (n > 0 && polls[tops->count].revents != 0)
        thread_terminal_copy_output(terminal);
    free(polls);
    return n;
}

/*
 * Waits until one of the tops ends or, if they were killed, until all of them have ended. An exception,
 * or the time of the next step, ends the wait earlier.
 */
static void wait_for_tops(struct worker *worker, struct leftovers *tops)
{
    bool more = true;

    while (more) {
        struct thread_terminal *terminal = worker->assignment->terminal;
        double                  seconds = seconds_until_look(worker, tops);
        int                     n = terminal != NULL ? poll_with_terminal(terminal, tops, seconds)
                                                     : k3thread_poll(tops->ends, tops->count, seconds);

        if (n == -ECANCELED)
            raised_while_running(worker);
        more = n > 0 && drop_ended(tops) && worker->end.killing;
    }
}

void cleanup_run(struct worker *worker)
{
    struct leftovers tops = {0};
    bool             some = !leftovers_are_gone();

    if (some && worker->end.signal == 0 && !worker->end.killing)
        some = leftovers_report(worker);
    while (some && !leftovers_are_gone() && end_tops(worker, &tops)) {
        wait_for_tops(worker, &tops);
        leftovers_release(&tops);
        ending_step(worker);
    }
    leftovers_release(&tops);
    ending_reset(worker);
}
