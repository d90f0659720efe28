#include "cli/worker/worker.h"

#include "cli/base/exceptions.h"

#include <signal.h>
#include <stdio.h>

K3THREAD_DEFINE_EXCEPTION(worker_Go, k3thread_BaseException);
K3THREAD_DEFINE_EXCEPTION(worker_End, k3thread_BaseException);
K3THREAD_DEFINE_EXCEPTION(worker_Restart, k3thread_BaseException);
K3THREAD_DEFINE_EXCEPTION(worker_Told, k3thread_BaseException);
K3THREAD_DEFINE_EXCEPTION(worker_Size, k3thread_BaseException);

void worker_word_not_ready(const struct job *job, char *ret, size_t size)
{
    (void) snprintf(ret, size, "not ready within %g s: %s", job->ready_timeout, job->ready);
}

bool worker_ends_early(const k3thread_exctype *type)
{
    switch (exceptions_signal(type)) {
    case 0:
    case SIGINT:
    case SIGQUIT:
    case SIGKILL:
    case SIGTERM:
        return true;
    default:
        return false;
    }
}

/*
 * Notes the exception that ended the command. It becomes the thread's exception, even if another exception was raised
 * in the thread before.
 */
static void note_told(struct worker *worker, const struct k3thread_exc *e)
{
    worker->report->exception = e->data;
    report_set_message_string(worker->report, e->message[0] != '\0' ? e->message : NULL);
}

bool worker_take(struct worker *worker, struct k3thread_exc *ret, bool *ret_automatic)
{
    do {
        if (!k3thread_take(ret))
            return false;
        if (ret->type == &worker_Told)
            note_told(worker, ret);
        worker->resized |= ret->type == &worker_Size;
    } while (ret->type == &worker_Told || ret->type == &worker_Size);
    *ret_automatic = ret->type == &worker_End || ret->type == &worker_Restart;
    if (ret->type == &worker_End)
        ret->type = atomic_load(&worker->assignment->end_type);
    else if (ret->type == &worker_Restart)
        ret->type = &k3thread_SystemExit;
    return true;
}

void worker_remember(struct worker *worker, const struct k3thread_exc *e)
{
    if (worker->report->exception != NULL)
        return;
    worker->report->exception = e->type;
    if (e->message[0] != '\0')
        report_set_message_string(worker->report, e->message);
}

void worker_post(struct worker *worker, enum protocol_state state)
{
    worker->report->state = state;
    mailbox_post(&worker->assignment->mail, worker->report);
}
