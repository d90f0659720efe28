/* Tests parts of the server that follow the life of its threads: the shutdown, reports, needs and events. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/exceptions.h"
#include "cli/base/shared_string.h"
#include "cli/place/journal.h"
#include "cli/server/arrive.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/events.h"
#include "cli/server/far_process.h"
#include "cli/server/needs.h"
#include "cli/server/reports.h"
#include "cli/server/shutdown.h"
#include "cli/server/store.h"
#include "cli/server/tally.h"
#include "cli/server/thread_events.h"
#include "cli/server/threads.h"
#include "cli/worker/mailbox.h"

#include <jansson.h>

static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static struct record      threads[8]; /* the thread t has the id t + 1 */
static double             now = 1000;

/* The calls, as words. */
static struct text calls;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (calls.size > 0)
        text_byte(&calls, ' ', 1);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

/* Adds COUNT live threads to the store. */
static void add_threads(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        threads[i].id = i + 1;
        threads[i].now.state = STATE_RUNNING;
        TAILQ_INSERT_TAIL(&all, &threads[i], order);
    }
}

/* --- what these parts call --- */

double clock_monotonic(void)
{
    return now;
}

double clock_earlier(double a, double b)
{
    return a < b ? a : b;
}

const struct record_list *store_all(void)
{
    return &all;
}

struct record *store_find_id(uint64_t id)
{
    struct record *record;

    TAILQ_FOREACH(record, &all, order)
        if (record->id == id)
            return record;
    return NULL;
}

static size_t count_live(bool with_daemons)
{
    const struct record *record;
    size_t               count = 0;

    TAILQ_FOREACH(record, &all, order)
        count += record_is_live(record) && (with_daemons || !record->job.daemon);
    return count;
}

size_t store_live(void)
{
    return count_live(true);
}

size_t store_live_normal(void)
{
    return count_live(false);
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

bool record_has_succeeded(const struct record *record)
{
    return !record_is_live(record) && record->now.exit_code == 0;
}

struct record *record_of_mail(struct mail *mail)
{
    return (struct record *) (void *) ((char *) mail - offsetof(struct record, assignment.mail));
}

void journal_write(const char *format, ...)
{
    (void) format;
    note("journal");
}

static int end_error;
static void (*not_asked)(struct record *record);

int arrive_end(struct record *record, const k3thread_exctype *type, const char *message,
               void (*again)(struct record *record))
{
    CHECK(message == NULL);
    not_asked = again;
    note("%s:%d", type->name, (int) record->id);
    return end_error;
}

static void (*wake)(struct call *call, struct record *record);

void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*function)(struct call *call, struct record *record))
{
    CHECK(seconds < 0);
    LIST_INSERT_HEAD(list, call, waiting);
    wake = function;
}

void call_wake(struct call_list *list, struct record *record)
{
    while (!LIST_EMPTY(list)) {
        struct call *call = LIST_FIRST(list);

        LIST_REMOVE(call, waiting);
        wake(call, record);
    }
}

void call_reply(struct call *call, json_t *result)
{
    char *text = json_dumps(result, JSON_COMPACT);

    (void) call;
    note("%s", text);
    free(text);
    json_decref(result);
}

static const struct report *posted[4]; /* by workers */
static size_t               taken;
static bool                 owes_reply; /* an attached process on another machine does */

struct mail *mailbox_take(struct report *ret)
{
    if (posted[taken] == NULL)
        return NULL;
    *ret = *posted[taken];
    return &threads[taken++].assignment.mail;
}

void mailbox_notify(struct mail *mail)
{
    note("notify:%d", (int) record_of_mail(mail)->id);
}

bool attachment_read_last(struct attachment *attachment)
{
    if (attachment != NULL)
        reports_take(); /* as each line of the process does */
    return attachment == NULL || !owes_reply;
}

static const k3thread_exctype *published_type;

const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name)
{
    return attachment != NULL && strcmp(name, "Foreign") == 0 ? published_type : NULL;
}

void far_process_end(struct record *record)
{
    note("far-end:%d", (int) record->id);
}

void far_process_look(struct record *record)
{
    note("far:%d", (int) record->id);
}

void threads_take_in(struct record *record, const struct report *old)
{
    note("in:%d:%d>%d", (int) record->id, old->exit_code, record->now.exit_code);
}

void report_release(struct report *report)
{
    shared_string_unref(report->message);
}

void events_post(enum event event, const struct record *record)
{
    static const char *const names[] = {
#define X(name, word) word,
        EVENTS(X)
#undef X
    };

    note("%s:%d", names[event], (int) record->id);
}

void events_post_restarted(const struct record *record, bool asked)
{
    note("%s:%s", asked ? "asked" : "restarted",
         record->now.exception != NULL ? record->now.exception->name : "-");
}

/* --- the shutdown --- */

static void end(size_t number)
{
    threads[number].now.state = STATE_ENDED;
    tally_add(&threads[number]);
}

static void daemons_end_last(void)
{
    struct call call = {.peer = NULL};

    add_threads(4);
    threads[1].job.daemon = threads[2].job.daemon = true;
    threads[3].job.need_count = 1;
    end(3);
    CHECK(shutdown_advance() && !shutdown_has_begun() && !shutdown_is_complete());
    shutdown_begin(&call, NULL);
    CHECK(shutdown_has_begun());
    check_written(&calls, "journal");
    CHECK(shutdown_advance() && !shutdown_is_complete());
    end(0);
    CHECK(shutdown_advance());
    check_written(&calls, "SystemExit:3 SystemExit:2"); /* the newest first */
    CHECK(shutdown_advance());
    end(1);
    CHECK(shutdown_advance() && !shutdown_is_complete());
    end(2);
    CHECK(shutdown_advance() && shutdown_is_complete());
    CHECK(calls.size == 0);
    shutdown_answer();
    check_written(&calls, "{\"ended\":3}"); /* since the shutdown began */
    shutdown_begin(&call, &k3thread_KeyboardInterrupt);
    check_written(&calls, "{\"ended\":3}"); /* at once, and without another line of the journal */
}

static void a_thread_ends_after_those_that_need_it(void)
{
    add_threads(4);
    threads[0].needed_by = 1;
    threads[1].needed_by = 2;
    threads[1].job.need_count = threads[2].job.need_count = 1;
    end(3);
    shutdown_begin(NULL, &k3thread_KeyboardInterrupt);
    check_written(&calls, "journal KeyboardInterrupt:3");
    CHECK(shutdown_advance());
    end(2);
    threads[1].needed_by = 1;
    CHECK(shutdown_advance());
    CHECK(calls.size == 0);
    shutdown_begin(NULL, &k3thread_TimeoutError); /* the first exception counts */
    CHECK(calls.size == 0);
    threads[1].needed_by = 0;
    tally_add(&threads[2]); /* another one that needed it has ended */
    CHECK(shutdown_advance());
    check_written(&calls, "KeyboardInterrupt:2");
    end(1);
    threads[0].needed_by = 0;
    CHECK(shutdown_advance());
    check_written(&calls, "KeyboardInterrupt:1");
    CHECK(shutdown_advance());
    CHECK(calls.size == 0);
}

static void a_thread_that_could_not_be_asked_is_asked_again(void)
{
    add_threads(2);
    end_error = -ENOMEM;
    shutdown_begin(NULL, &k3thread_SystemExit);
    check_written(&calls, "journal SystemExit:2 SystemExit:1 SystemExit:2 SystemExit:1");
    CHECK(!shutdown_advance());
    check_written(&calls, "SystemExit:2 SystemExit:1");
    end_error = K3THREAD_INVALID_THREAD_ID_ERROR; /* it is ending by itself */
    CHECK(shutdown_advance());
    check_written(&calls, "SystemExit:2 SystemExit:1");
    CHECK(shutdown_advance());
    CHECK(calls.size == 0);
    end_error = 0;
    not_asked(&threads[0]); /* it turns out later */
    CHECK(shutdown_advance());
    check_written(&calls, "SystemExit:1");
    CHECK(shutdown_advance());
    CHECK(calls.size == 0);
}

static void only_daemons_are_asked_when_only_they_live(void)
{
    add_threads(3);
    threads[0].job.daemon = true;
    end(1);
    end(2);
    shutdown_begin(NULL, NULL);
    check_written(&calls, "journal SystemExit:1");
    threads[1].now.state = STATE_RUNNING; /* it was restarted in this moment */
    not_asked(&threads[0]);
    CHECK(shutdown_advance());
    check_written(&calls, "SystemExit:1");
    shutdown_begin(NULL, &k3thread_KeyboardInterrupt);
    check_written(&calls, "KeyboardInterrupt:2");
}

static void processes_that_live_on_are_told(void)
{
    struct call call = {.peer = NULL};

    add_threads(2);
    CHECK(tally_unended() == NULL);
    threads[0].now.unended = 70;
    threads[1].now.unended = 80;
    shutdown_begin(&call, NULL);
    end(0);
    end(1);
    CHECK_EQUAL(tally_ended(), 2);
    CHECK_EQUAL(tally_ended_with_needs(), 0);
    shutdown_answer();
    check_written(&calls, "journal journal journal {\"ended\":2,\"unended\":[70,80]}");
}

/* --- reports --- */

static void handle(struct record *record)
{
    note("handle:%d", (int) record->id);
}

static void reports_come_in_their_order(void)
{
    struct report reports[] = {{.state = STATE_RUNNING, .exit_code = 5, .overdue = 1},
                               {.state = STATE_READY, .exit_code = 6, .overdue = 1, .far_id = 9},
                               {.state = STATE_ENDED, .exit_code = 7, .far_id = 9}};

    add_threads(3);
    threads[1].attachment = (void *) &threads;
    threads[2].job.call = true;
    reports_handle_overdue(handle);
    reports_handle_loaded(handle);
    for (size_t i = 0; i < 3; i++)
        posted[i] = &reports[i];
    reports_take();
    check_written(&calls, "in:1:0>5 handle:2 far:2 in:2:0>6 handle:3 far-end:3 in:3:0>7");
}

static void a_loaded_function_is_told(void)
{
    struct report report = {.state = STATE_RUNNING};

    add_threads(1);
    threads[0].job.call = true;
    threads[0].attachment = (void *) &threads;
    threads[0].now.overdue = 1;
    report.overdue = 1;
    reports_handle_loaded(handle);
    posted[0] = &report;
    reports_take();
    check_written(&calls, "handle:1 in:1:0>0");
}

static void the_last_report_waits_for_a_reply(void)
{
    struct report reports[] = {{.state = STATE_ENDED, .exit_code = 5},
                               {.state = STATE_ENDED, .exit_code = 6},
                               {.state = STATE_ENDED, .exit_code = 7}};

    add_threads(3);
    threads[0].attachment = threads[2].attachment = (void *) &threads;
    for (size_t i = 0; i < 3; i++)
        posted[i] = &reports[i];
    owes_reply = true;
    reports_take();
    check_written(&calls, "far-end:2 in:2:0>6");
    reports_take();
    CHECK(calls.size == 0);
    owes_reply = false;
    reports_take();
    check_written(&calls, "far-end:1 in:1:0>5 far-end:3 in:3:0>7");
    reports_take();
    CHECK(calls.size == 0);
}

static void the_exception_that_arrived_ends_the_thread(void)
{
    const char   *arrived = shared_string_new("arrived"), *own = shared_string_new("own");
    struct report reports[] = {
        {.state = STATE_ENDED, .runs = 2},
        {.state = STATE_ENDED, .runs = 3},
        {.state = STATE_ENDED, .runs = 2, .message = own},
        {.state = STATE_ENDED, .runs = 2, .exception = &k3thread_TimeoutError}};

    add_threads(4);
    for (size_t i = 0; i < 4; i++) {
        posted[i] = &reports[i];
        threads[i].arrived = (struct arrived_end){&k3thread_KeyboardInterrupt, arrived, 2};
    }
    reports_take();
    CHECK(threads[0].now.exception == &k3thread_KeyboardInterrupt);
    CHECK(threads[0].now.message == arrived);
    CHECK(threads[1].now.exception == NULL && threads[1].now.message == NULL); /* another run */
    CHECK(threads[2].now.exception == &k3thread_KeyboardInterrupt && threads[2].now.message == own);
    CHECK(threads[3].now.exception == &k3thread_TimeoutError && threads[3].now.message == NULL);
}

static void an_exception_of_the_process_alone_is_known(void)
{
    static const k3thread_exctype type = {.name = "Foreign", .base = &k3thread_Exception};
    struct report                 reports[] = {
                        {.state = STATE_RUNNING, .foreign = "Foreign", .foreign_base = &k3thread_RuntimeError},
                        {.state = STATE_RUNNING, .foreign = "Foreign", .foreign_base = &k3thread_RuntimeError},
                        {.state = STATE_RUNNING, .foreign = "no name", .foreign_base = &k3thread_RuntimeError}};

    add_threads(3);
    published_type = &type;
    threads[0].attachment = (void *) &threads;
    posted[0] = &reports[0];
    posted[1] = &reports[1];
    posted[2] = &reports[2];
    reports_take();
    CHECK(threads[2].now.exception == &k3thread_RuntimeError);
    CHECK(threads[0].now.exception == &type);
    CHECK(threads[1].now.exception != NULL && threads[1].now.exception != &type);
    CHECK_TEXT(threads[1].now.exception->name, "Foreign");
    CHECK(threads[1].now.exception->base == &k3thread_RuntimeError);
    CHECK_EQUAL(threads[1].types, 1);
}

/* --- needs --- */

static void needs_are_met_once(void)
{
    struct need needs[] = {{.id = 1, .condition = NEED_READY, .shown = 1, .word = (char *) "a"},
                           {.id = 2, .condition = NEED_ENDED, .word = (char *) "b:ended"},
                           {.id = 3, .condition = NEED_SUCCEEDED, .word = (char *) "c:succeeded"}};
    struct text why = {0};

    add_threads(4);
    threads[3].job.needs = needs;
    threads[3].job.need_count = 3;
    needs_count(&threads[3], true);
    CHECK_EQUAL(threads[0].needed_by + threads[1].needed_by + threads[2].needed_by, 3);
    threads[0].now.shown = 1; /* as often as before the start: it was not ready since */
    CHECK(needs_unmet(&threads[3]) == &needs[0]);
    CHECK(!needs_is_lost(&needs[0]));
    threads[0].now.ready = true;
    CHECK(needs_unmet(&threads[3]) == &needs[1]);
    threads[0].now.ready = false; /* it was met */
    threads[2].now.state = STATE_ENDED;
    threads[2].now.exit_code = 0;
    CHECK(needs_unmet(&threads[3]) == &needs[1]);
    CHECK(!needs_is_lost(&needs[1]) && needs_is_lost(&needs[2]));
    threads[1].now.state = STATE_ENDED;
    CHECK(needs_unmet(&threads[3]) == NULL);
    needs_count(&threads[3], false);
    CHECK_EQUAL(threads[0].needed_by + threads[1].needed_by + threads[2].needed_by, 0);

    needs[0].met = false;
    threads[0].now.shown = 2; /* it was ready in between */
    CHECK(needs_unmet(&threads[3]) == NULL);
    threads[0].now.state = STATE_ENDED;
    needs_explain(&needs[0], &why);
    check_written(&why, "thread 'a' (id 1), which it needs, ended before it was ready");
    threads[2].now.exit_code = 3;
    needs_explain(&needs[2], &why);
    check_written(&why, "thread 'c' (id 3), which it needs, has not succeeded: exit 3");

    /* A thread that was cleared has ended, and nobody knows how. */
    TAILQ_INIT(&all);
    for (size_t i = 0; i < 3; i++)
        needs[i].met = false;
    CHECK(needs_unmet(&threads[3]) == &needs[0] && !needs[2].met && needs[1].met);
    CHECK(needs_is_lost(&needs[0]));
    needs_explain(&needs[2], &why);
    check_written(&why, "thread 'c' (id 3), which it needs, has been cleared");
    needs_count(&threads[3], true);
}

/* --- events --- */

/* Posts the events of a report from the state OLD to NEW. */
static void report(struct record *record, const struct report *old, const struct report *new)
{
    record->now = *new;
    thread_events_report(record, old);
}

static void each_change_has_one_event(void)
{
    struct record *record = &threads[0];
    struct report  waits = {.state = STATE_WAITING}, queued = {.state = STATE_QUEUED},
                  runs = {.state = STATE_RUNNING, .runs = 1},
                  shown = {.state = STATE_READY, .runs = 1, .shown = 1},
                  stops = {.state = STATE_STOPPING, .runs = 1, .shown = 1, .left_count = 2},
                  again = {.state = STATE_RUNNING,
                           .runs = 2,
                           .shown = 2,
                           .exception = &k3thread_SystemExit,
                           .exception_before = &k3thread_TimeoutError},
                  ended = {.state = STATE_ENDED, .runs = 2, .shown = 2};

    add_threads(1);
    thread_events_change(record, STATE_WAITING); /* its creation was not told yet */
    CHECK(calls.size == 0);
    thread_events_create(record);
    check_written(&calls, "created:1");
    thread_events_change(record, STATE_RUNNING);
    CHECK(calls.size == 0);
    thread_events_change(record, STATE_WAITING);
    check_written(&calls, "changed:1");
    report(record, &waits, &queued); /* threads.c tells of it, once the thread is in the queue */
    CHECK(calls.size == 0);
    report(record, &waits, &runs);
    check_written(&calls, "started:1");
    report(record, &runs, &runs);
    CHECK(calls.size == 0);
    report(record, &runs, &shown);
    check_written(&calls, "ready:1");
    report(record, &waits, &shown);
    check_written(&calls, "started:1 ready:1");
    report(record, &shown, &stops);
    check_written(&calls, "changed:1 left:1");
    report(record, &stops, &stops);
    CHECK(calls.size == 0);
    report(record, &shown, &again); /* without a probe only the first run makes it ready */
    check_written(&calls, "restarted:TimeoutError");
    CHECK(record->now.exception == &k3thread_SystemExit);
    record->job.ready = (char *) "line:up";
    record->rerun = RERUN_BEGINS;
    report(record, &shown, &again);
    check_written(&calls, "asked:TimeoutError ready:1");
    report(record, &again, &ended);
    CHECK(calls.size == 0);
}

TEST_MAIN({"daemons", daemons_end_last}, {"needed", a_thread_ends_after_those_that_need_it},
          {"asked-again", a_thread_that_could_not_be_asked_is_asked_again},
          {"only-daemons", only_daemons_are_asked_when_only_they_live},
          {"unended", processes_that_live_on_are_told}, {"reports", reports_come_in_their_order},
          {"loaded", a_loaded_function_is_told}, {"late", the_last_report_waits_for_a_reply},
          {"arrived", the_exception_that_arrived_ends_the_thread},
          {"foreign", an_exception_of_the_process_alone_is_known}, {"needs", needs_are_met_once},
          {"events", each_change_has_one_event})
