#include "cli/worker/cleanup.h"

#include "cli/base/clock.h"
#include "cli/process/leftovers.h"
#include "cli/worker/ending.h"
#include "cli/worker/raised.h"

#include <errno.h>
#include <unistd.h>

/* Seconds between two looks at processes for which no descriptor could be had. */
#define BLIND_PAUSE 0.05

/* Drops from TOPS the processes that cannot be ended. */
static void drop_vain(struct worker *worker, struct leftovers *tops)
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

/* Asks or kills the tops of what is left. Returns true if any of them can be ended. */
static bool treat(struct worker *worker, struct leftovers *ret)
{
    if (leftovers_lock(worker->assignment->id, worker->pid, ret) != 0) {
        *ret = (struct leftovers){0};
        return true; /* no descriptor or memory just now: look again */
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
    drop_vain(worker, ret);
    leftovers_unlock();
    return ret->count > 0;
}

/* Seconds until the next look, if none of the tops ends before. */
static double patience(const struct worker *worker, const struct leftovers *tops)
{
    double left = clock_until(ending_next(worker));

    for (size_t i = 0; i < tops->count; i++)
        if (tops->ends[i].fd < 0 && tops->ends[i].events != 0)
            return left < 0 ? BLIND_PAUSE : clock_earlier(left, BLIND_PAUSE);
    return tops->count == 0 ? BLIND_PAUSE : left;
}

/* Closes the descriptors of the tops that have ended. Returns true if there are others. */
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
 * Waits until one of the tops ends, or all of them if they were killed; at most until an exception is
 * raised, or the next step is due.
 */
static void wait_for_tops(struct worker *worker, struct leftovers *tops)
{
    bool more = true;

    while (more) {
        int n = k3thread_poll(tops->ends, tops->count, patience(worker, tops));

        if (n == -ECANCELED)
            raised_while_running(worker);
        more = n > 0 && drop_ended(tops) && worker->end.killing;
    }
}

void cleanup_run(struct worker *worker)
{
    struct leftovers tops = {0};

    while (!leftovers_are_gone() && treat(worker, &tops)) {
        wait_for_tops(worker, &tops);
        leftovers_release(&tops);
        ending_step(worker);
    }
    leftovers_release(&tops);
    ending_reset(worker);
}
