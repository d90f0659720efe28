#include "cli/server/threads.h"

#include "cli/base/clock.h"
#include "cli/base/status.h"
#include "cli/process/limits.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/console.h"
#include "cli/server/events.h"
#include "cli/server/hosts.h"
#include "cli/server/input.h"
#include "cli/server/join_any.h"
#include "cli/server/leash.h"
#include "cli/server/needs.h"
#include "cli/server/slot_queue.h"
#include "cli/server/slots.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/tally.h"
#include "cli/server/thread_events.h"
#include "cli/worker/job_tokens.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_life.h"
#include "cli/worker/worker.h"

/* A worker needs little stack, and there may be ten thousand workers. */
#define WORKER_STACK (64 * 1024)

static TAILQ_HEAD(, record) waiting = TAILQ_HEAD_INITIALIZER(waiting); /* wait for their needs */
static bool go_failed; /* the first in the queue could not be told */

/* Takes RECORD out of the list in which it waits, if there is one. */
static void leave_wait_list(struct record *record)
{
    if (record->wait_list == WAIT_LIST_NEEDS)
        TAILQ_REMOVE(&waiting, record, in_wait_list);
    else if (record->wait_list == WAIT_LIST_QUEUE)
        slot_queue_remove(record);
    record->wait_list = WAIT_LIST_NONE;
}

/* Sets the state of a thread that has no worker yet. */
static void set_state(struct record *record, enum protocol_state state)
{
    enum protocol_state old = record->now.state;

    record->now.state = state;
    thread_events_change(record, old);
}

/* Returns true if RECORD's worker waits out a delay first. */
static bool is_delayed(const struct record *record)
{
    return record->job.after > 0 && !record->assignment.again;
}

/* Starts the worker of RECORD. Returns 0 or -errno. */
static int start_thread(struct record *record)
{
    struct k3thread_options options = {
        .name = record->job.name,
        .daemon = record->job.daemon,
        .stack_size = WORKER_STACK,
    };

    set_state(record, is_delayed(record) ? STATE_DELAYED : STATE_RUNNING);
    record->job.queues = slot_queue_concerns(record) && is_delayed(record);
    report_release(&record->assignment.draft); /* of the worker before, after a restart */
    report_copy(&record->assignment.draft, &record->now);
    return k3thread_start(&record->thread, thread_life_run, &record->assignment, &options);
}

static void advance_queue(void);
static void advance_waiting(void);

int threads_open_input(struct record *record)
{
    int error = console_open(record);

    if (error == 0)
        error = input_open(record);
    if (error == 0 && record->input != NULL)
        mailbox_notify(&record->assignment.mail); /* for input_run_begun() */
    return error;
}

static void close_input(struct record *record)
{
    input_close(record);
    console_close(record);
}

/* Lets go of RECORD's worker, which has ended or never was, and of what belonged to its last run. */
static void drop_worker(struct record *record)
{
    attachment_close(record->attachment);
    leave_wait_list(record);
    stuck_unwatch(record);
    k3thread_unref(record->thread);
    record->thread = NULL;
}

/* Handles the end of RECORD, which RECORD->now describes. */
static void has_ended(struct record *record)
{
    drop_worker(record);
    close_input(record);
    needs_count(record, false);
    slot_queue_give_back(record);
    if (record->rerun != RERUN_NONE)
        record->rerun = RERUN_FAILED;
    store_ended(record);
    events_post(EVENT_ENDED, record);
    call_wake(&record->calls, record);
    join_any_ended(record);
    advance_queue();
    if (record->is_needed)
        advance_waiting();
    tally_add(record);
}

/* Ends a thread that never had a worker. Releases MESSAGE, which may be empty. */
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

/*
 * Puts RECORD back to the front of the queue, because its worker could not be told for lack of
 * memory.
 */
static void go_later(struct record *record)
{
    slot_queue_give_back(record);
    slot_queue_add_first(record);
    go_failed = true;
}

/* Ends RECORD, whose worker could not be started because of ERROR. */
static void fail_start(struct record *record, int error)
{
    struct text message = {0};

    text_printf(&message, "cannot start a thread: %s", strerror(-error));
    limits_explain(&message, -error);
    end_unbegun(record, NULL, &message, STATUS_INTERNAL);
}

/* Starts the worker of RECORD, or ends RECORD if that fails. */
static void start_or_fail(struct record *record)
{
    int error = start_thread(record);

    if (error != 0)
        fail_start(record, error);
}

/* Starts RECORD's worker, or tells it to go on. RECORD holds a slot, if it takes one. */
static void go(struct record *record)
{
    leave_wait_list(record);
    if (record->thread != NULL) { /* its worker has waited for its delay */
        if (k3thread_send_exception(record->thread, &worker_Go) == K3THREAD_SEND_RAISE_ERROR)
            go_later(record);
        return;
    }
    start_or_fail(record);
}

/* Puts RECORD into the queue for a slot. */
static void enqueue(struct record *record)
{
    slot_queue_add(record);
    set_state(record, STATE_QUEUED);
}

/*
 * Starts threads from the queue while slots are free. If a thread ends meanwhile and frees a slot,
 * this function is called again; that call returns at once, and the loop that is under way uses the
 * slot.
 */
static void advance_queue(void)
{
    static bool    under_way;
    struct record *record;

    if (under_way)
        return;
    under_way = true;
    while (!go_failed && (record = slot_queue_take_next()) != NULL)
        go(record);
    under_way = false;
}

void threads_set_slots(unsigned number)
{
    slots_set(number);
    slot_numbers_set_limited(number != SLOTS_UNLIMITED);
    job_tokens_set_number(number);
    advance_queue();
}

void threads_use_hosts(void)
{
    slot_numbers_set_limited(true);
}

size_t threads_queued(void)
{
    return slot_queue_count();
}

bool threads_advance(void)
{
    go_failed = false;
    advance_queue();
    return !go_failed;
}

/* Ends RECORD because NEED, one of its needs, can no longer be met. */
static void fail_need(struct record *record, const struct need *need)
{
    struct text message = {0};

    needs_explain(need, &message);
    end_unbegun(record, NULL, &message, STATUS_INTERNAL);
}

/*
 * Gives RECORD, whose needs are met, a slot, or makes it wait for one in the queue. A thread with a delay waits
 * for its delay first.
 */
static void take_slot_or_enqueue(struct record *record)
{
    if (!slot_queue_concerns(record) || is_delayed(record))
        return;
    if ((slot_queue_count() > 0 && !hosts_are_used()) || !slot_queue_take(record))
        enqueue(record);
}

/*
 * Moves on RECORD, whose needs are met. If it takes a slot and has a delay, its worker waits for
 * the delay first, before the queue, so that it holds no slot meanwhile.
 */
static void wait_for_slot_or_go(struct record *record)
{
    leave_wait_list(record);
    take_slot_or_enqueue(record);
    if (record->wait_list == WAIT_LIST_QUEUE)
        advance_queue();
    else
        go(record);
}

/* Moves on the first thread whose needs are met or lost. Returns false if there is none. */
static bool advance_one(void)
{
    struct record *record;

    TAILQ_FOREACH(record, &waiting, in_wait_list) {
        const char        *awaited = record_waits_for(record);
        const struct need *need = needs_unmet(record);

        if (need != NULL && !needs_is_lost(need)) {
            if (need->word != awaited)
                events_post(EVENT_CHANGED, record);
            continue;
        }
        if (need != NULL)
            fail_need(record, need);
        else
            wait_for_slot_or_go(record);
        return true;
    }
    return false;
}

/* Moves on all threads whose needs are met or lost. May be called again meanwhile, as advance_queue() may. */
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
    close_input(record);
    slot_queue_give_back(record);
    needs_count(record, false);
    set_state(record, STATE_ENDED);
    store_ended(record);
    events_post_forgotten(record);
    store_forget(record);
}

/* Makes RECORD wait for the threads that it needs. */
static void wait_for_needs(struct record *record)
{
    record->wait_list = WAIT_LIST_NEEDS;
    TAILQ_INSERT_TAIL(&waiting, record, in_wait_list);
    set_state(record, STATE_WAITING);
}

void threads_raise_unbegun(struct record *record, const k3thread_exctype *type, const char *message)
{
    struct text copy = {0};

    events_post_raised(record, type->name, message, NULL);
    if (!worker_ends_early(type))
        return;
    text_add(&copy, message != NULL ? message : "");
    end_unbegun(record, type, &copy, -1);
}

/*
 * Begins RECORD. Sets its first state before it posts the first event, because the event shows the
 * state.
 */
int threads_begin(struct record *record)
{
    int error = threads_open_input(record);

    needs_count(record, true);
    if (error != 0) {
        drop(record);
        return error;
    }
    if (leash_has_snapped(record)) {
        thread_events_create(record);
        threads_raise_unbegun(record, &k3thread_SystemExit, leash_message(record));
        return 0;
    }
    if (needs_unmet(record) != NULL)
        wait_for_needs(record);
    else
        take_slot_or_enqueue(record);
    thread_events_create(record);
    if (record->wait_list == WAIT_LIST_NEEDS)
        advance_waiting();
    else if (record->wait_list == WAIT_LIST_NONE)
        error = start_thread(record);
    if (error != 0)
        drop(record);
    return error;
}

void threads_begin_again(struct record *record)
{
    report_forget_run(&record->now);
    record->now.ready = record->now.loaded = false;
    record->now.ended = record->now.run_begin = record->now.run_end = 0;
    record->now.unended = 0;
    record->assignment.again = true;
    record->rerun = RERUN_BEGINS;
    if (record->has_slot && record->assignment.seat != NULL) /* the machine may be lost */
        slot_queue_give_back(record);
    if (record->has_slot)
        start_or_fail(record);
    else if (needs_unmet(record) != NULL)
        wait_for_needs(record);
    else
        wait_for_slot_or_go(record);
    if (record->wait_list == WAIT_LIST_NEEDS)
        advance_waiting();
}

/* Begins the next run of RECORD, if its worker has ended for a restart. Returns false if the thread is to end. */
static bool go_on_again(struct record *record)
{
    if (record->rerun != RERUN_ENDS || record->now.unended != 0)
        return false;
    drop_worker(record);
    threads_begin_again(record);
    return true;
}

void threads_take_in(struct record *record, const struct report *old)
{
    const struct report *new = &record->now;

    if (new->lost > old->lost)
        hosts_note_lost(record->assignment.seat, NULL);
    if (new->runs > old->runs)
        input_run_begun(record);
    thread_events_report(record, old);
    if (new->runs > old->runs && record->rerun == RERUN_BEGINS)
        record->rerun = RERUN_NONE;
    if (new->state == STATE_ENDED) {
        if (!go_on_again(record))
            has_ended(record);
        return;
    }
    call_wake(&record->calls, record);
    if (new->lost > old->lost) /* another machine is to take it */
        slot_queue_give_back(record);
    /* By this state a worker asks for its slot, after it has waited for its delay. */
    if (new->state == STATE_QUEUED && record->wait_list == WAIT_LIST_NONE && !record->has_slot) {
        enqueue(record);
        advance_queue();
        if (record->wait_list ==
            WAIT_LIST_QUEUE) /* and did not just ask for a slot that was free */
            thread_events_change(record, old->state);
    }
    if (new->shown > old->shown && record->is_needed)
        advance_waiting();
}
