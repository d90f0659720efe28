#include "cli/server/threads.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/process/limits.h"
#include "cli/server/call.h"
#include "cli/server/events.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/tally.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/target.h"
#include "cli/worker/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A worker needs little stack, and ten thousand of them need ten thousand times that. */
#define WORKER_STACK (64 * 1024)

static TAILQ_HEAD(, record) waiting = TAILQ_HEAD_INITIALIZER(waiting); /* for what they need */
static TAILQ_HEAD(, record) queued = TAILQ_HEAD_INITIALIZER(queued);   /* for a slot, in order */
static unsigned slots, slots_used;
static bool     stuck; /* the first in the queue could not be told to go */

void threads_set_slots(unsigned number)
{
    slots = number;
}

static bool takes_slot(const struct record *record)
{
    return slots > 0 && !record->job.daemon;
}

static void leave_line(struct record *record)
{
    if (record->line == LINE_WAITING)
        TAILQ_REMOVE(&waiting, record, in_line);
    else if (record->line == LINE_QUEUED)
        TAILQ_REMOVE(&queued, record, in_line);
    record->line = LINE_NONE;
}

/* For a thread that has not begun. */
static void set_state(struct record *record, enum protocol_state state)
{
    record->now.state = state;
}

static int start_thread(struct record *record)
{
    struct k3thread_options options = {
        .name = record->job.name,
        .daemon = record->job.daemon,
        .stack_size = WORKER_STACK,
    };

    set_state(record, record->job.after > 0 ? STATE_DELAYED : STATE_RUNNING);
    record->job.queues = takes_slot(record) && record->job.after > 0;
    report_copy(&record->assignment.draft, &record->now);
    return k3thread_start(&record->thread, worker_run, &record->assignment, &options);
}

/* Counts RECORD among those that need what it needs, or no longer. */
static void count_needs(const struct record *record, bool is_live)
{
    for (size_t i = 0; i < record->job.need_count; i++) {
        struct record *needed = store_find_id(record->job.needs[i].id);

        if (needed != NULL && is_live)
            needed->needed_by++;
        else if (needed != NULL)
            needed->needed_by--;
    }
}

static void advance_queue(void);
static void advance_waiting(void);

/* RECORD->now says that it has ended. */
static void has_ended(struct record *record)
{
    leave_line(record);
    stuck_unwatch(record);
    count_needs(record, false);
    k3thread_unref(record->thread);
    record->thread = NULL;
    if (record->has_slot)
        slots_used--;
    record->has_slot = false;
    store_ended(record);
    events_post(EVENT_ENDED, record);
    call_wake(&record->calls, record);
    advance_queue();
    if (record->is_needed)
        advance_waiting();
    tally_add(record);
}

/* Ends a thread that never had a worker. MESSAGE is released; it may be empty. */
static void end_unbegun(struct record *record, const k3thread_exctype *type, struct text *message,
                        int status)
{
    record->now.exception = type;
    if (message->size > 0)
        report_set_message(&record->now, message);
    record->now.exit_code = status;
    record->now.ended = clock_wall();
    set_state(record, STATE_ENDED);
    has_ended(record);
}

/* Without memory for the word it waits on, in front, without the slot. */
static void go_later(struct record *record)
{
    if (record->has_slot)
        slots_used--;
    record->has_slot = false;
    record->line = LINE_QUEUED;
    TAILQ_INSERT_HEAD(&queued, record, in_line);
    stuck = true;
}

/* Ends RECORD, whose thread could not be started because of ERROR. */
static void fail_start(struct record *record, int error)
{
    struct text message = {0};

    text_printf(&message, "cannot start a thread: %s", strerrordesc_np(-error));
    limits_explain(&message, -error);
    end_unbegun(record, NULL, &message, STATUS_INTERNAL);
}

/* With a slot (or no need of one), and all that it needs: go. */
static void go(struct record *record)
{
    int error;

    leave_line(record);
    if (takes_slot(record)) {
        slots_used++;
        record->has_slot = true;
    }
    if (record->thread != NULL) { /* it has waited out its delay in its worker */
        if (k3thread_send_exception(record->thread, &worker_Go) == K3THREAD_SEND_RAISE_ERROR)
            go_later(record);
        return;
    }
    error = start_thread(record);
    if (error != 0)
        fail_start(record, error);
}

static void enqueue(struct record *record)
{
    record->line = LINE_QUEUED;
    TAILQ_INSERT_TAIL(&queued, record, in_line);
    set_state(record, STATE_QUEUED);
}

static bool slot_is_free(void)
{
    return slots == 0 || slots_used < slots;
}

/* What an end in here makes possible is seen by the loop that is under way already. */
static void advance_queue(void)
{
    static bool    under_way;
    struct record *record;

    if (under_way)
        return;
    under_way = true;
    while (!stuck && slot_is_free() && (record = TAILQ_FIRST(&queued)) != NULL)
        go(record);
    under_way = false;
}

bool threads_advance(void)
{
    if (!stuck)
        return true;
    stuck = false;
    advance_queue();
    return !stuck;
}

/*
 * The first of those that RECORD needs which was never ready, or NULL. One that was may have ended
 * since, and be forgotten.
 */
static const struct need *unmet_need(const struct record *record)
{
    const struct need *unmet = NULL;

    for (size_t i = 0; i < record->job.need_count; i++) {
        struct need         *need = &record->job.needs[i];
        const struct record *needed = store_find_id(need->id);

        need->met |= needed != NULL && needed->now.shown > 0;
        if (!need->met && unmet == NULL)
            unmet = need;
    }
    return unmet;
}

/* What it needs has ended, is maybe forgotten already, and will never be ready. */
static void fail_need(struct record *record, const struct need *need)
{
    const struct record *needed = store_find_id(need->id);
    struct text          message = {0};

    text_printf(&message, "thread '%s' (id %llu), which it needs, ended before it was ready",
                needed != NULL ? needed->job.name : "?", (unsigned long long) need->id);
    end_unbegun(record, NULL, &message, STATUS_INTERNAL);
}

static bool is_lost(const struct need *need)
{
    const struct record *needed = store_find_id(need->id);

    return needed == NULL || (!record_is_live(needed) && needed->now.shown == 0);
}

/* A delay is waited out before the queue, so that it holds no slot. */
static void wait_for_slot_or_go(struct record *record)
{
    leave_line(record);
    if (takes_slot(record) && record->job.after == 0) {
        enqueue(record);
        advance_queue();
    } else if (takes_slot(record)) {
        int error = start_thread(record);

        if (error != 0)
            fail_start(record, error);
    } else {
        go(record);
    }
}

/* Moves on the first of those that wait which can; returns false if none can. */
static bool advance_one(void)
{
    struct record *record;

    TAILQ_FOREACH(record, &waiting, in_line) {
        const struct need *need = unmet_need(record);

        if (need != NULL && !is_lost(need))
            continue;
        if (need != NULL)
            fail_need(record, need);
        else
            wait_for_slot_or_go(record);
        return true;
    }
    return false;
}

static void advance_waiting(void)
{
    static bool under_way;

    if (under_way)
        return;
    under_way = true;
    while (advance_one())
        ;
    under_way = false;
}

/* Forgets RECORD, which has not begun. */
static void drop(struct record *record)
{
    count_needs(record, false);
    set_state(record, STATE_ENDED);
    store_ended(record);
    store_forget(record);
}

/* For one that needs others: it waits for them. */
static void wait_for_needs(struct record *record)
{
    record->line = LINE_WAITING;
    TAILQ_INSERT_TAIL(&waiting, record, in_line);
    set_state(record, STATE_WAITING);
}

/* Its first event tells the state that it begins with. */
int threads_begin(struct record *record)
{
    int error = 0;

    count_needs(record, true);
    if (unmet_need(record) != NULL)
        wait_for_needs(record);
    else if (takes_slot(record) && record->job.after == 0)
        enqueue(record);
    events_post(EVENT_CREATED, record);
    if (record->line == LINE_WAITING)
        advance_waiting();
    else if (record->line == LINE_QUEUED)
        advance_queue();
    else
        error = start_thread(record);
    if (error != 0)
        drop(record);
    return error;
}

/* Its command is another user's by now, as by sudo: no signal of ours reaches it. */
static bool is_denied(const struct record *record)
{
    return record->now.pid > 0 && kill(record->now.pid, 0) < 0 && errno == EPERM;
}

int threads_raise(struct record *record, const k3thread_exctype *type, const char *message)
{
    struct text copy = {0};
    int         error;

    if (!record_is_live(record))
        return K3THREAD_INVALID_THREAD_ID_ERROR;
    if (record->thread != NULL) {
        bool denied = is_denied(record);

        if (denied && exceptions_signal(type) != SIGKILL)
            return -EPERM;
        error = k3thread_send_exceptionf(record->thread, type, "%s", message ? message : "");
        if (error != 0)
            return error;
        events_post_raised(record, type, message);
        if (worker_ends_early(type))
            stuck_watch(record);
        return denied ? -EPERM : 0;
    }
    events_post_raised(record, type, message);
    if (worker_ends_early(type)) {
        text_add(&copy, message != NULL ? message : "");
        end_unbegun(record, type, &copy, -1);
    }
    return 0;
}

int threads_end(struct record *record, const k3thread_exctype *type)
{
    int error;

    if (record->thread == NULL)
        return threads_raise(record, type, NULL);
    record->assignment.end_type = type;
    error = k3thread_send_exception(record->thread, &worker_End);
    stuck_watch(record);
    if (error == 0 && record->now.state != STATE_STOPPING)
        events_post_raised(record, type, NULL);
    return error;
}

/* Returns whether RECORD has become ready since OLD: in each run, where there is a probe. */
static bool shows_ready(const struct record *record, const struct report *old)
{
    return record->now.shown > old->shown && (record->job.ready != NULL || old->shown == 0);
}

/* Tells of the run that begins how the one before ended, which is not how RECORD's thread did. */
static void post_restarted(struct record *record)
{
    const k3thread_exctype *exception = record->now.exception;

    record->now.exception = record->now.exception_before;
    events_post(EVENT_RESTARTED, record);
    record->now.exception = exception;
}

/* A worker that has waited out its delay asks for its slot by this state. */
static void take_in(struct record *record, const struct report *old)
{
    const struct report *new = &record->now;

    if (new->runs > old->runs &&new->runs == 1)
        events_post(EVENT_STARTED, record);
    else if (new->runs > old->runs)
        post_restarted(record);
    if (shows_ready(record, old))
        events_post(EVENT_READY, record);
    if (new->state == STATE_ENDED) {
        has_ended(record);
        return;
    }
    call_wake(&record->calls, record);
    if (new->state == STATE_QUEUED && record->line == LINE_NONE && !record->has_slot) {
        enqueue(record);
        advance_queue();
    }
    if (new->shown > old->shown && record->is_needed)
        advance_waiting();
}

void threads_take_reports(void)
{
    struct mail  *mail;
    struct report old, new;

    while ((mail = mailbox_take(&new)) != NULL) {
        struct record *record = record_of_mail(mail);

        old = record->now;
        record->now = new;
        take_in(record, &old);
        report_release(&old);
    }
}
