/*
 * The threads of a supervisor without workers and clients, for tests of threads.c and threads_raise.c: the slots, the
 * queue, the needs, the reports and the order of the events are the program's. What these parts call is noted as words.
 */
#ifndef LIVES_H
#define LIVES_H

#include "tests/parts/written.h"

#include "cli/base/exceptions.h"
#include "cli/server/attachment.h"
#include "cli/server/call.h"
#include "cli/server/console.h"
#include "cli/server/events.h"
#include "cli/server/hosts.h"
#include "cli/server/input.h"
#include "cli/server/jobserver.h"
#include "cli/server/join_any.h"
#include "cli/server/leash.h"
#include "cli/server/slot_lines.h"
#include "cli/server/slot_queue.h"
#include "cli/server/slots.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/tally.h"
#include "cli/server/threads.h"
#include "cli/server/threads_raise.h"
#include "cli/worker/job_tokens.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/seat.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/thread_life.h"
#include "cli/worker/worker.h"

static struct record threads[8]; /* the thread t has the id t + 1 and the name "t<id>" */
static struct text   calls;

/* The answers of the parts that these call. */
static int         console_error, input_error, start_error, send_error;
static bool        has_hosts, has_snapped, lacks_token;
static struct seat seats[2] = {{.name = (char *) "m0"}, {.name = (char *) "m1"}};

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (calls.size > 0)
        text_byte(&calls, ' ', 1);
    text_vprintf(&calls, format, arguments);
    va_end(arguments);
}

#define CHECK_CALLS(wanted) check_calls(__LINE__, wanted)

static void check_calls(int line, const char *wanted)
{
    text_byte(&calls, '\0', 1);
    if (strcmp(calls.data, wanted) != 0) {
        fprintf(stderr, "'%s', not '%s'\n", calls.data, wanted);
        test_fail("tests/cli", line, "the calls");
    }
    text_release(&calls);
}

static int id_of(const struct record *record)
{
    return (int) record->id;
}

/* --- the library, as far as these parts use it: a worker that exists is its record --- */

static k3thread *worker_of(struct record *record)
{
    return (k3thread *) (void *) record;
}

static int id_of_worker(const k3thread *worker)
{
    return id_of((const struct record *) (const void *) worker);
}

void *thread_life_run(void *assignment)
{
    return assignment;
}

static const char *const states[] = {
#define X(name, word) word,
    PROTOCOL_STATES(X)
#undef X
};

/*
 * Notes the state in which the worker begins, and what it will do: wait for a slot (q), or not count as a thread (d).
 */
int k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                   const struct k3thread_options *options)
{
    struct assignment *assignment = arg;
    struct record     *record =
        (struct record *) (void *) ((char *) assignment - offsetof(struct record, assignment));

    CHECK(target == thread_life_run && options->daemon == record->job.daemon);
    CHECK_TEXT(options->name, record->job.name);
    CHECK_EQUAL(options->stack_size, 64 * 1024);
    CHECK_EQUAL(assignment->draft.state, record->now.state);
    CHECK_EQUAL(assignment->draft.runs, record->now.runs);
    note("start:%d:%s%s%s", id_of(record), states[record->now.state],
         record->job.queues ? ":q" : "", options->daemon ? ":d" : "");
    if (start_error == 0)
        *ret = worker_of(record);
    return start_error;
}

void k3thread_unref(k3thread *worker)
{
    if (worker != NULL)
        note("unref:%d", id_of_worker(worker));
}

int k3thread_send_exception(k3thread *worker, const k3thread_exctype *type)
{
    note("%s:%d", type->name, id_of_worker(worker));
    return send_error;
}

int k3thread_send_exceptionf(k3thread *worker, const k3thread_exctype *type, const char *format,
                             ...)
{
    va_list arguments;

    CHECK_TEXT(format, "%s");
    va_start(arguments, format);
    note("%s:%d(%s)", type->name, id_of_worker(worker), va_arg(arguments, const char *));
    va_end(arguments);
    return send_error;
}

int k3thread_send_data(k3thread *worker, const k3thread_exctype *type, void *data,
                       void (*free_data)(void *data), const char *format, ...)
{
    va_list arguments;

    CHECK(free_data == NULL);
    va_start(arguments, format);
    note("%s:%d", type->name, id_of_worker(worker));
    if (type == &worker_Told)
        note("%s", ((const k3thread_exctype *) data)->name);
    else if (data != NULL)
        note("%d", (int) (intptr_t) data);
    if (format != NULL)
        note("(%s)", va_arg(arguments, const char *));
    va_end(arguments);
    return send_error;
}

/* --- the parts that they call --- */

const k3thread_exctype worker_Go = {.name = "go"}, worker_End = {.name = "end"},
                       worker_Restart = {.name = "again"}, worker_Told = {.name = "told"};

bool worker_ends_early(const k3thread_exctype *type)
{
    return exceptions_signal(type) != SIGUSR1;
}

struct record *store_find_id(uint64_t id)
{
    return id >= 1 && id <= 8 && threads[id - 1].id == id ? &threads[id - 1] : NULL;
}

void store_ended(struct record *record)
{
    CHECK(!record_is_live(record));
    note("ended:%d", id_of(record));
}

void store_revived(struct record *record)
{
    record->now.state = STATE_RUNNING;
    note("revived:%d", id_of(record));
}

void store_forget(struct record *record)
{
    note("forget:%d", id_of(record));
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

bool record_has_succeeded(const struct record *record)
{
    return !record_is_live(record) && record->now.exit_code == 0;
}

const char *record_waits_for(const struct record *record)
{
    for (size_t i = 0; i < record->job.need_count; i++)
        if (!record->job.needs[i].met)
            return record->job.needs[i].word;
    return NULL;
}

void events_post(enum event event, const struct record *record)
{
    static const char *const names[] = {
#define X(name, word) word,
        EVENTS(X)
#undef X
    };

    note("E:%s:%d", names[event], id_of(record));
    if (event == EVENT_CREATED || event == EVENT_CHANGED)
        note("%s", states[record->now.state]);
}

void events_post_restarted(const struct record *record, bool asked)
{
    note("E:%s:%d", asked ? "asked" : "restarted", id_of(record));
}

void events_post_forgotten(const struct record *record)
{
    note("E:forgotten:%d", id_of(record));
}

void events_post_raised(const struct record *record, const char *name, const char *message,
                        const struct text *inner)
{
    CHECK(inner == NULL);
    note("E:raised:%d:%s(%s)", id_of(record), name, message != NULL ? message : "-");
}

void call_wake(struct call_list *list, struct record *record)
{
    CHECK(list == &record->calls);
    note("wake:%d", id_of(record));
}

void join_any_ended(struct record *record)
{
    note("any:%d", id_of(record));
}

void tally_add(const struct record *record)
{
    note("tally:%d", id_of(record));
}

void stuck_watch(struct record *record)
{
    note("watch:%d", id_of(record));
}

void stuck_unwatch(struct record *record)
{
    note("unwatch:%d", id_of(record));
}

void attachment_close(struct attachment *attachment)
{
    if (attachment != NULL)
        note("detach:%d", id_of((const struct record *) (void *) attachment));
}

bool leash_has_snapped(const struct record *record)
{
    (void) record;
    return has_snapped;
}

const char *leash_message(const struct record *record)
{
    (void) record;
    return "snap";
}

int console_open(struct record *record)
{
    note("console:%d", id_of(record));
    return console_error;
}

void console_close(struct record *record)
{
    note("-console:%d", id_of(record));
}

/* Opens an input, if the job asks for one. */
int input_open(struct record *record)
{
    note("input:%d", id_of(record));
    if (record->job.input_open)
        record->input = (struct input *) (void *) record;
    return input_error;
}

void input_close(struct record *record)
{
    note("-input:%d", id_of(record));
}

void input_run_begun(const struct record *record)
{
    note("run:%d", id_of(record));
}

void mailbox_notify(struct mail *mail)
{
    note("notify:%d",
         id_of((const struct record *) (void *) ((char *) mail -
                                                 offsetof(struct record, assignment.mail))));
}

void job_tokens_set_number(unsigned number)
{
    note("tokens:%d", (int) number);
}

void slot_numbers_set_limited(bool limited)
{
    note("limited:%d", limited);
}

bool jobserver_make_room(void)
{
    return !lacks_token;
}

bool hosts_are_used(void)
{
    return has_hosts;
}

bool hosts_reschedule(void)
{
    return true;
}

bool hosts_is_up(const struct seat *seat)
{
    return seat != NULL;
}

size_t hosts_index(const char *name)
{
    return (size_t) (name[1] - '0');
}

/* A thread that wants no machine gets the first one. */
const struct seat *hosts_take(const char *wanted, bool counts)
{
    const struct seat *seat = &seats[wanted != NULL ? hosts_index(wanted) : 0];

    if (lacks_token && wanted == NULL)
        return NULL;
    note("take:%s%s", seat->name, counts ? "" : ":d");
    return seat;
}

void hosts_give_back(const struct seat *seat, bool counts)
{
    note("back:%s%s", seat->name, counts ? "" : ":d");
}

void hosts_note_lost(const struct seat *seat, const char *why)
{
    CHECK(why == NULL);
    note("lost:%s", seat->name);
}

/* --- the tests' own steps --- */

/* Adds COUNT threads, as the store does it. */
static void add_threads(size_t count)
{
    static char names[8][4];

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "t%zu", i + 1);
        threads[i].id = i + 1;
        threads[i].job.name = names[i];
        threads[i].now.state = STATE_RUNNING;
        threads[i].now.exit_code = -1;
    }
    slots_set(SLOTS_UNLIMITED);
}

/* Begins thread NUMBER, and checks the CALLS that follow the opening of its terminal and input. */
#define BEGIN(number, wanted)                                                                      \
    do {                                                                                           \
        CHECK_EQUAL(threads_begin(&threads[number]), 0);                                           \
        skip_opening(__LINE__, id_of(&threads[number]));                                           \
        CHECK_CALLS(wanted);                                                                       \
    } while (0)

static void skip_opening(int line, int id)
{
    char   opening[64];
    size_t size = (size_t) snprintf(opening, sizeof(opening), "console:%d input:%d ", id, id);

    if (calls.size < size || memcmp(calls.data, opening, size) != 0)
        test_fail("tests/cli", line, "the input was not opened");
    memmove(calls.data, calls.data + size, calls.size - size);
    calls.size -= size;
}

/* Gives the server the report NEW of RECORD. */
static void report(struct record *record, const struct report *new)
{
    struct report old = record->now;

    record->now = *new;
    threads_take_in(record, &old);
}

/* Reports that RECORD's state is STATE. */
static void report_state(struct record *record, enum protocol_state state)
{
    struct report new = record->now;

    new.state = state;
    report(record, &new);
}

#endif
