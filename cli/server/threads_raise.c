#include "cli/server/threads_raise.h"

#include "cli/base/exceptions.h"
#include "cli/base/shared_string.h"
#include "cli/server/call.h"
#include "cli/server/events.h"
#include "cli/server/needs.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/threads.h"
#include "cli/worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

/* Cancels the restart of a thread: the thread then ends. */
static void cancel_restart(struct record *record)
{
    if (record->rerun == RERUN_ENDS)
        record->rerun = RERUN_CANCELLED;
}

/* Returns true if we may not signal the command: it runs as another user now, as after sudo. */
static bool is_denied(const struct record *record)
{
    if (record->assignment.seat != NULL)
        return false; /* the pid is another machine's */
    return record->now.pid > 0 && kill(record->now.pid, 0) < 0 && errno == EPERM;
}

/* Returns the data of an exception that has already arrived in the process PID. */
static void *spared_data(pid_t pid)
{
    return (void *) (uintptr_t) pid; // NOLINT(performance-no-int-to-ptr)
}

/* Makes the worker of RECORD end for a restart: its last report then begins the next run. */
static int restart_worker(struct record *record, pid_t spared)
{
    int error = spared == 0 && is_denied(record) ? -EPERM : 0;

    if (error == 0)
        error =
            k3thread_send_data(record->thread, &worker_Restart, spared_data(spared), NULL, NULL);
    if (error != 0 && error != K3THREAD_INVALID_THREAD_ID_ERROR) /* it has just ended by itself */
        return error;
    record->rerun = RERUN_ENDS;
    stuck_watch(record);
    return 0;
}

void threads_will_restart(struct record *record)
{
    record->rerun = RERUN_ENDS;
}

void threads_fail_restart(struct record *record)
{
    record->rerun = RERUN_FAILED;
    call_wake(&record->calls, record);
}

int threads_restart(struct record *record, pid_t spared)
{
    int error = threads_open_input(record);

    if (error != 0)
        return error;
    if (!record_is_live(record)) {
        store_revived(record);
        needs_count(record, true);
        threads_begin_again(record);
    } else if (record->thread == NULL || record->wait_list == WAIT_LIST_QUEUE) {
        record->rerun = RERUN_BEGINS;
    } else {
        return restart_worker(record, spared);
    }
    return 0;
}

/* Raises in a thread that has a worker. */
static int raise_in_worker(struct record *record, const k3thread_exctype *type, const char *message)
{
    bool denied = is_denied(record);
    int  error;

    if (denied && exceptions_signal(type) != SIGKILL)
        return -EPERM;
    error = k3thread_send_exceptionf(record->thread, type, "%s", message != NULL ? message : "");
    if (error != 0)
        return error;
    events_post_raised(record, type->name, message, NULL);
    if (exceptions_signal(type) == 0)
        cancel_restart(record);
    if (worker_ends_early(type))
        stuck_watch(record);
    return denied ? -EPERM : 0;
}

int threads_raise(struct record *record, const k3thread_exctype *type, const char *message)
{
    if (!record_is_live(record))
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    if (record->thread != NULL)
        return raise_in_worker(record, type, message);
    threads_raise_unbegun(record, type, message);
    return 0;
}

static void note_arrived(struct record *record, const k3thread_exctype *type, const char *message)
{
    shared_string_unref(record->arrived.message);
    record->arrived = (struct arrived_end){
        .type = type,
        .message = message != NULL ? shared_string_new(message) : NULL,
        .run = record->now.runs,
    };
}

int threads_arrived(struct record *record, const k3thread_exctype *type, const char *message,
                    pid_t pid)
{
    if (record->thread == NULL)
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    cancel_restart(record);
    note_arrived(record, type, message);
    return k3thread_send_data(record->thread, type, spared_data(pid), NULL, "%s",
                              message != NULL ? message : "");
}

/*
 * If the exception cannot be sent, because the worker's queue is full or the worker has ended, the thread shows only
 * the exit status or the signal of the process, which is enough.
 */
void threads_told(struct record *record, const k3thread_exctype *type, const char *message)
{
    if (record->thread != NULL)
        (void) k3thread_send_data(record->thread, &worker_Told, (void *) (uintptr_t) type, NULL,
                                  "%s", message != NULL ? message : "");
}

int threads_end(struct record *record, const k3thread_exctype *type, const char *message,
                pid_t spared)
{
    int error;

    if (record->thread == NULL)
        return threads_raise(record, type, message);
    cancel_restart(record);
    atomic_store(&record->assignment.end_type, type);
    error = k3thread_send_data(record->thread, &worker_End, spared_data(spared), NULL, "%s",
                               message != NULL ? message : "");
    stuck_watch(record);
    if (error == 0 && spared == 0 && record->now.state != STATE_STOPPING)
        events_post_raised(record, type->name, message, NULL);
    return error;
}
