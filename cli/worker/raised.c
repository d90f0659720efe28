#include "cli/worker/raised.h"

#include "cli/base/exceptions.h"
#include "cli/worker/ending.h"

#include <signal.h>

enum raised raised_while_idle(struct worker *worker)
{
    struct k3thread_exc e;
    enum raised         raised = RAISED_NOTHING;
    bool                automatic;

    while (worker_take(worker, &e, &automatic)) {
        if (e.type == &worker_Go) {
            raised = RAISED_GO;
        } else if (worker_ends_early(e.type)) {
            worker->ending = true;
            worker_remember(worker, &e);
        }
    }
    return worker->ending ? RAISED_END : raised;
}

void raised_stop(struct worker *worker, const struct k3thread_exc *e)
{
    bool interrupt = k3thread_exctype_is(e->type, &k3thread_KeyboardInterrupt);

    worker_remember(worker, e);
    ending_ask(worker, interrupt ? SIGINT : worker->job->stop_signal, worker_arrived_in(e));
}

/* Passes a signal on to the command; SIGKILL kills every process of the thread. */
static void pass_on(struct worker *worker, int signal)
{
    if (signal == SIGKILL)
        ending_kill(worker);
    else
        kill(worker->pid, signal);
}

bool raised_next(struct worker *worker, struct k3thread_exc *ret, int *ret_signal,
                 bool *ret_automatic)
{
    while (worker_take(worker, ret, ret_automatic)) {
        *ret_signal = exceptions_signal(ret->type);
        worker->ending |= *ret_signal == 0;
        if (*ret_signal != 0 || !*ret_automatic || worker->report->state != STATE_STOPPING)
            return true;
    }
    return false;
}

/* Not inlined: see NOT_INLINED in worker.h. */
NOT_INLINED void raised_while_running(struct worker *worker)
{
    struct k3thread_exc e;
    int                 signal;
    bool                automatic;

    while (raised_next(worker, &e, &signal, &automatic))
        if (signal != 0)
            pass_on(worker, signal);
        else
            raised_stop(worker, &e);
}
