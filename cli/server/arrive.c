#include "cli/server/arrive.h"

#include "cli/base/exceptions.h"
#include "cli/server/events.h"
#include "cli/server/raise_failure.h"
#include "cli/server/reports.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* An exception that was given to the attachment of RECORD's process. */
struct passage {
    struct record          *record;
    const k3thread_exctype *type;
    char                   *inner, *message; /* or NULL */
    pid_t                   pid;             /* the process */
    void (*done)(void *context, struct record *record, const struct arrival *arrival);
    void *context;
    TAILQ_ENTRY(passage) others; /* the exceptions that wait for a library */
};

/* Exceptions that wait for a library to be loaded. */
static TAILQ_HEAD(, passage) held = TAILQ_HEAD_INITIALIZER(held);

bool arrive_begins_grace(const k3thread_exctype *type)
{
    return k3thread_exctype_is(type, &k3thread_SystemExit) ||
           k3thread_exctype_is(type, &k3thread_KeyboardInterrupt) ||
           k3thread_exctype_is(type, &k3thread_TimeoutError);
}

/* Calls DONE with the result ERROR of threads_raise(). */
static void tell_result(struct record *record, int error,
                        void (*done)(void *context, struct record *record,
                                     const struct arrival *arrival),
                        void *context)
{
    struct arrival arrival = {.how = error == 0 ? ARRIVAL_DONE : ARRIVAL_REFUSED};
    struct text    why = {0};

    if (error != 0)
        arrival.code = raise_failure_word(record, error, &why);
    text_byte(&why, '\0', 1);
    arrival.why = why.failed ? "out of memory" : why.data;
    done(context, record, &arrival);
    text_release(&why);
}

static void free_passage(struct passage *passage)
{
    free(passage->inner);
    free(passage->message);
    free(passage);
}

static void post_raised(const struct passage *passage, const struct arrival *arrival)
{
    struct text inner = {0};

    if (passage->inner != NULL)
        inner_write_raised(&inner, passage->record, arrival->inner, arrival->name);
    events_post_raised(passage->record, passage->type->name, passage->message,
                       passage->inner != NULL ? &inner : NULL);
    text_release(&inner);
}

/* Ends PASSAGE, whose exception is in a thread of the process. */
static void has_arrived(const struct passage *passage, const struct arrival *arrival)
{
    post_raised(passage, arrival);
    if (passage->inner == NULL && arrive_begins_grace(passage->type))
        (void) threads_arrived(passage->record, passage->type, passage->message, passage->pid);
    passage->done(passage->context, passage->record, arrival);
}

/* Ends PASSAGE, which the process has refused for the reason WHY. */
static void was_refused(const struct passage *passage, enum protocol_error code, const char *why)
{
    struct arrival refused = {.how = ARRIVAL_REFUSED, .code = code};
    struct text    words = {0};

    text_printf(&words, "thread '%s': %s", passage->record->job.name, why);
    text_byte(&words, '\0', 1);
    refused.why = words.failed ? "out of memory" : words.data;
    passage->done(passage->context, passage->record, &refused);
    text_release(&words);
}

static void end_passage(void *context, const struct arrival *arrival)
{
    struct passage *passage = context;

    if (arrival->how == ARRIVAL_DONE)
        has_arrived(passage, arrival);
    else if (arrival->how == ARRIVAL_REFUSED)
        was_refused(passage, arrival->code, arrival->why);
    else if (passage->inner == NULL && arrive_begins_grace(passage->type))
        tell_result(passage->record,
                    threads_raise(passage->record, passage->type, passage->message), passage->done,
                    passage->context);
    else
        was_refused(passage, PROTOCOL_SEND_RAISE_ERROR, arrival->why);
    free_passage(passage);
}

/* Returns a copy of STRING, which may be NULL. Without memory *RET_FAILED is set. */
static char *copy(const char *string, bool *ret_failed)
{
    char *made = string != NULL ? strdup(string) : NULL;

    *ret_failed |= string != NULL && made == NULL;
    return made;
}

static struct passage *new_passage(struct record *record, const char *inner,
                                   const k3thread_exctype *type, const char *message)
{
    struct passage *passage = malloc(sizeof(*passage));
    bool            failed = false;

    if (passage == NULL)
        return NULL;
    *passage = (struct passage){
        .record = record,
        .type = type,
        .inner = copy(inner, &failed),
        .message = copy(message, &failed),
        .pid = record->attachment != NULL ? attachment_pid(record->attachment) : 0};
    if (!failed)
        return passage;
    free_passage(passage);
    return NULL;
}

/* Returns true if the worker still looks for the function of RECORD: exceptions wait until the function is called. */
static bool is_loading(const struct record *record)
{
    return record->job.call && record->now.state == STATE_RUNNING && !record->now.loaded;
}

/* Sends the exceptions that have waited for the function of RECORD, unless the worker still looks for it. */
static void release_held(struct record *record)
{
    struct passage *passage, *next;

    if (is_loading(record))
        return;
    for (passage = TAILQ_FIRST(&held); passage != NULL; passage = next) {
        next = TAILQ_NEXT(passage, others);
        if (passage->record != record)
            continue;
        TAILQ_REMOVE(&held, passage, others);
        arrive_raise(record, passage->inner, passage->type, passage->message, passage->done,
                     passage->context);
        free_passage(passage);
    }
}

void arrive_raise(struct record *record, const char *inner, const k3thread_exctype *type,
                  const char *message,
                  void (*done)(void *context, struct record *record, const struct arrival *arrival),
                  void *context)
{
    static const struct arrival no_memory = {
        .how = ARRIVAL_REFUSED, .code = PROTOCOL_SEND_RAISE_ERROR, .why = "out of memory"};
    static const struct arrival no_process = {.how = ARRIVAL_REFUSED,
                                              .code = PROTOCOL_INVALID_THREAD_ID_ERROR,
                                              .why = "the process is no longer attached"};
    struct passage             *passage;
    /* A type that a process has published ends with its attachment, so it does not wait. */
    bool waits = is_loading(record) && exceptions_find(type->name) == type;

    /* The exception has waited, see release_held(), and the process has detached itself or ended meanwhile. */
    if (record->attachment == NULL && !waits && inner != NULL) {
        done(context, record, &no_process);
        return;
    }
    if ((record->attachment == NULL && !waits) || exceptions_signal(type) != 0) {
        tell_result(record, threads_raise(record, type, message), done, context);
        return;
    }
    passage = new_passage(record, inner, type, message);
    if (passage == NULL) {
        done(context, record, &no_memory);
        return;
    }
    passage->done = done;
    passage->context = context;
    if (waits) {
        TAILQ_INSERT_TAIL(&held, passage, others);
        mailbox_notify(&record->assignment.mail); /* the end of the wait must wake the server */
        return;
    }
    if (inner == NULL && arrive_begins_grace(type))
        attachment_begin_end(record->attachment);
    attachment_raise(record->attachment, inner, type->name, message, end_passage, passage);
}

/* Automatic ends */

/* An end or a restart of a thread, while its exception is sent to the attached process. */
struct end {
    struct record          *record;
    k3thread               *worker; /* a reference */
    pid_t                   pid;
    const k3thread_exctype *type;
    const char             *message; /* lives as long as the record; or NULL */
    void (*go_on)(struct end *end, pid_t spared);
    void (*not_asked)(struct record *record);
};

/* Goes on with the end in CONTEXT, unless its worker has ended meanwhile. */
static void end_arrived(void *context, const struct arrival *arrival)
{
    struct end *end = context;
    pid_t       spared = arrival->how == ARRIVAL_DONE ? end->pid : 0;

    if (spared != 0)
        events_post_raised(end->record, end->type->name, end->message, NULL);
    if (end->record->thread == end->worker)
        end->go_on(end, spared);
    k3thread_unref(end->worker);
    free(end);
}

/*
 * Sends an exception of TYPE into the attached process of RECORD. Returns false if there is none, if an end is under
 * way there, or without memory.
 */
static bool send_end(struct record *record, const k3thread_exctype *type, struct end plan)
{
    struct attachment *attachment = record->attachment;
    struct end        *end;

    if (attachment == NULL || record->now.state == STATE_STOPPING ||
        attachment_is_ending(attachment) || (end = malloc(sizeof(*end))) == NULL)
        return false;
    *end = plan;
    end->record = record;
    end->worker = k3thread_ref(record->thread);
    end->pid = attachment_pid(attachment);
    end->type = type;
    attachment_begin_end(attachment);
    attachment_raise(attachment, NULL, type->name, end->message, end_arrived, end);
    return true;
}

static void go_on_ending(struct end *end, pid_t spared)
{
    int error = threads_end(end->record, end->type, end->message, spared);

    if (error != 0 && error != K3THREAD_INVALID_THREAD_ID_ERROR)
        end->not_asked(end->record);
}

int arrive_end(struct record *record, const k3thread_exctype *type, const char *message,
               void (*not_asked)(struct record *record))
{
    struct end plan = {.message = message, .go_on = go_on_ending, .not_asked = not_asked};

    return send_end(record, type, plan) ? 0 : threads_end(record, type, message, 0);
}

static void go_on_restarting(struct end *end, pid_t spared)
{
    if (threads_restart(end->record, spared) != 0)
        threads_fail_restart(end->record);
}

int arrive_restart(struct record *record)
{
    if (!send_end(record, &k3thread_SystemExit, (struct end){.go_on = go_on_restarting}))
        return threads_restart(record, 0);
    threads_will_restart(record);
    return 0;
}

/* Does nothing: if the exception did not arrive, the worker itself ends the run. */
static void ignore(void *context, struct record *record, const struct arrival *arrival)
{
    (void) context, (void) record, (void) arrival;
}

/* Raises the TimeoutError of RECORD, which has an attachment, unless an end is under way. */
static void end_overdue(struct record *record)
{
    char message[K3THREAD_MESSAGE_MAX] = "";

    if (record->now.state == STATE_STOPPING || attachment_is_ending(record->attachment))
        return;
    if (record->now.ready_overdue)
        worker_word_not_ready(&record->job, message, sizeof(message));
    arrive_raise(record, NULL, &k3thread_TimeoutError, message, ignore, NULL);
}

void arrive_begin(void)
{
    reports_handle_overdue(end_overdue);
    reports_handle_loaded(release_held);
}
