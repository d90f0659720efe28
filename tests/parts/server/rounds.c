/* Tests the rounds of the server's loop: what is done in each, when the next one is due, and how the server ends. */
#include "tests/parts/written.h"

#include "cli/base/file_watch.h"
#include "cli/base/loop.h"
#include "cli/base/memory_release.h"
#include "cli/place/journal.h"
#include "cli/process/adopted.h"
#include "cli/process/child_stack.h"
#include "cli/server/agent.h"
#include "cli/server/agent_end.h"
#include "cli/server/arrive.h"
#include "cli/server/call.h"
#include "cli/server/connection.h"
#include "cli/server/console.h"
#include "cli/server/dispatch.h"
#include "cli/server/errands.h"
#include "cli/server/events.h"
#include "cli/server/execution.h"
#include "cli/server/hosts.h"
#include "cli/server/jobserver.h"
#include "cli/server/join_until.h"
#include "cli/server/leash_ends.h"
#include "cli/server/listener.h"
#include "cli/server/listing.h"
#include "cli/server/log_reader.h"
#include "cli/server/output_times.h"
#include "cli/server/parent.h"
#include "cli/server/reports.h"
#include "cli/server/server.h"
#include "cli/server/server_signals.h"
#include "cli/server/shutdown.h"
#include "cli/server/slots.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/threads.h"
#include "cli/worker/mailbox.h"

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

#define CHECK_CALLS(wanted) check_written(&calls, wanted)

/* --- what server.c calls: functions that note their calls, and those that answer with a variable, too --- */

#define NOTES(function, parameters, word)                                                          \
    void function parameters                                                                       \
    {                                                                                              \
        note(word);                                                                                \
    }

#define ANSWERS(type, function, parameters, word, value)                                           \
    static type   answer_##function = value;                                                       \
    type function parameters                                                                       \
    {                                                                                              \
        note(word);                                                                                \
        return answer_##function;                                                                  \
    }

/* The same for a time that is due. */
#define DUE(function)                                                                              \
    static double answer_##function = -1;                                                          \
    double        function(void)                                                                   \
    {                                                                                              \
        return answer_##function;                                                                  \
    }

NOTES(mailbox_clear, (void), "clear")
NOTES(jobserver_take_runs, (void), "runs")
NOTES(reports_take, (void), "reports")
NOTES(join_until_take, (void), "until")
NOTES(adopted_reap, (void), "reap")
NOTES(agent_end, (void), "agent-end")
NOTES(listener_shut, (void), "shut")
NOTES(shutdown_answer, (void), "answer")
NOTES(events_tell_missed, (void), "missed")
NOTES(executions_advance, (void), "executions")
NOTES(connection_run_waiting, (void), "waiting")
NOTES(child_stack_trim, (void), "stacks")
NOTES(memory_release_process, (void), "memory")
NOTES(arrive_begin, (void), "arrive")
NOTES(output_times_open, (void), "times")
NOTES(jobserver_close, (void), "no-jobs")
NOTES(file_watch_end, (void), "no-watch")
ANSWERS(bool, server_signals_take_child_ended, (void), "child?", false)
ANSWERS(bool, join_until_is_idle, (void), "idle?", true)
ANSWERS(bool, threads_advance, (void), "threads", true)
ANSWERS(bool, leash_ends_advance, (void), "leashes", true)
ANSWERS(bool, shutdown_advance, (void), "shutdown", true)
ANSWERS(bool, shutdown_is_complete, (void), "complete?", false)
ANSWERS(bool, listing_advance, (void), "listing", false)
ANSWERS(bool, viewers_advance, (void), "viewers", false)
ANSWERS(bool, connection_settle_all, (void), "settle", true)
ANSWERS(int, loop_open, (void), "loop", 0)
ANSWERS(int, mailbox_open, (void), "mailbox", 5)
ANSWERS(int, server_signals_open, (void), "signals", 0)
DUE(call_expire)
DUE(errands_expire)
DUE(viewers_do_due)
DUE(output_times_do_due)
DUE(log_reader_do_due)
DUE(hosts_due)
DUE(stuck_kill)
DUE(jobserver_advance)

const struct connection_handler dispatch_handler;

static bool is_agent, takes_sent;
static int  listener_error, jobserver_error, run_error;
static int  unwatched = -1; /* the descriptor that cannot be watched */

bool agent_is(void)
{
    return is_agent;
}

void agent_set(int fd)
{
    note("agent:%d", fd);
    is_agent = true;
}

bool listener_take_sent(int fd)
{
    note("sent:%d", fd);
    return takes_sent;
}

int listener_open(int fd, const struct connection_handler *handler)
{
    CHECK(handler == &dispatch_handler);
    note("listen:%d", fd);
    return listener_error;
}

int jobserver_open(struct text *why)
{
    CHECK(why != NULL);
    note("jobs");
    return jobserver_error;
}

void journal_write(const char *format, ...)
{
    note("'%s'", format);
}

void shutdown_begin(struct call *call, const k3thread_exctype *type)
{
    CHECK(call == NULL);
    note("end:%s", type->name);
}

void store_evict(void (*tell)(const struct record *record))
{
    CHECK(tell == events_post_forgotten);
    note("evict");
}

void events_post_forgotten(const struct record *record)
{
    CHECK(record == NULL);
}

void connection_close_all(double seconds)
{
    note("close:%g", seconds);
}

void parent_set(pid_t pid)
{
    note("parent:%d", (int) pid);
}

void threads_set_slots(unsigned number)
{
    note("slots:%d", (int) number);
}

static struct source *sources[10]; /* by their descriptors */

int loop_add(struct source *source, uint32_t events)
{
    CHECK_EQUAL(events, EPOLLIN);
    note("add:%d", source->fd);
    sources[source->fd] = source;
    return source->fd == unwatched ? -ENOSPC : 0;
}

void loop_remove(struct source *source)
{
    note("remove:%d", source->fd);
}

static const bool *stopped;
static double (*round_)(void);
static void (*idle)(void);
static void (*during)(void); /* the loop */

int loop_run(const bool *stop, double (*after)(void), void (*quiet)(void))
{
    note("run");
    stopped = stop;
    round_ = after;
    idle = quiet;
    if (during != NULL)
        during();
    return run_error;
}

/* --- the tests --- */

static int run(const struct server_options *options)
{
    struct text why = {0};

    return server_run(options, &why);
}

#define SETTINGS "parent:99 arrive slots:-1 loop mailbox add:5 signals listen:4"
#define END      "no-jobs no-watch"

static void a_server_opens_what_it_needs(void)
{
    struct server_options options = {.listener = 4, .lifeline = -1, .guardian = 99};

    CHECK_EQUAL(run(&options), 0);
    CHECK_CALLS(SETTINGS " times run close:1 " END);
    options.jobserver = true;
    options.lifeline = 0;
    options.slots = 1;
    CHECK_EQUAL(run(&options), 0);
    CHECK_CALLS("parent:99 arrive slots:1 loop mailbox add:5 signals listen:4 jobs add:0 times run "
                "close:10 " END);
    options =
        (struct server_options){.listener = 4, .lifeline = 6, .guardian = 99, .is_agent = true};
    CHECK_EQUAL(run(&options), 0);
    CHECK_CALLS("parent:99 agent:6 arrive slots:-1 loop mailbox add:5 signals listen:4 add:6 times "
                "run close:1 " END);
}

static void a_server_that_lacks_something_does_not_begin(void)
{
    const struct server_options options = {
        .listener = 4, .lifeline = 6, .guardian = 99, .jobserver = true};

    run_error = -EBADF;
    CHECK_EQUAL(run(&options), -EBADF);
    CHECK_CALLS(SETTINGS " jobs add:6 times run " END);
    unwatched = 6;
    CHECK_EQUAL(run(&options), -ENOSPC);
    CHECK_CALLS(SETTINGS " jobs add:6 " END);
    jobserver_error = -ENOMEM;
    CHECK_EQUAL(run(&options), -ENOMEM);
    CHECK_CALLS(SETTINGS " jobs " END);
    listener_error = -EINVAL;
    CHECK_EQUAL(run(&options), -EINVAL);
    CHECK_CALLS(SETTINGS " " END);
    answer_server_signals_open = -EPERM;
    CHECK_EQUAL(run(&options), -EPERM);
    CHECK_CALLS("parent:99 arrive slots:-1 loop mailbox add:5 signals " END);
    answer_mailbox_open = -EMFILE;
    CHECK_EQUAL(run(&options), -EMFILE);
    CHECK_CALLS("parent:99 arrive slots:-1 loop mailbox " END);
    answer_loop_open = -ENFILE;
    CHECK_EQUAL(run(&options), -ENFILE);
    CHECK_CALLS("parent:99 arrive slots:-1 loop " END);
}

static void begin(bool agent)
{
    const struct server_options options = {.listener = 4, .lifeline = 6, .is_agent = agent};

    CHECK_EQUAL(run(&options), 0);
    text_release(&calls);
}

static void workers_wake_the_server(void)
{
    begin(false);
    sources[5]->ready(sources[5], EPOLLIN);
    CHECK_CALLS("clear runs reports until child?");
    answer_server_signals_take_child_ended = true;
    sources[5]->ready(sources[5], EPOLLIN);
    CHECK_CALLS("clear runs reports until child? reap");
    idle();
    CHECK_CALLS("stacks memory");
}

static void the_end_of_the_lifeline_ends_everything(void)
{
    begin(false);
    sources[6]->ready(sources[6], EPOLLIN);
    CHECK_CALLS(
        "remove:6 'the process that this supervisor was started for has gone: ending everything' "
        "end:SystemExit");
}

static void an_agents_lifeline_brings_clients(void)
{
    begin(true);
    takes_sent = true;
    sources[6]->ready(sources[6], EPOLLIN);
    CHECK_CALLS("sent:6");
    takes_sent = false;
    sources[6]->ready(sources[6], EPOLLIN);
    CHECK_CALLS("sent:6 remove:6 agent-end");
}

/* A round, with what follows from COMPLETE; the answers come last. */
#define ROUND(complete)                                                                            \
    "waiting threads leashes shutdown " complete "evict listing viewers missed settle executions"

/* Checks that the next round comes after SECONDS. */
static void check_round(double seconds)
{
    double got = round_();

    if (got != seconds)
        fprintf(stderr, "%g, not %g\n", got, seconds);
    CHECK(got == seconds);
    CHECK_CALLS(ROUND("complete? "));
}

static void the_next_round_comes_when_something_is_due(void)
{
    double *const times[] = {&answer_call_expire,       &answer_errands_expire,
                             &answer_viewers_do_due,    &answer_output_times_do_due,
                             &answer_log_reader_do_due, &answer_hosts_due,
                             &answer_stuck_kill,        &answer_jobserver_advance};
    bool *const   told[] = {&answer_threads_advance, &answer_leash_ends_advance,
                            &answer_shutdown_advance};

    begin(false);
    check_round(-1);
    for (size_t i = 0; i < 8; i++) {
        *times[i] = 3;
        check_round(3);
        for (size_t k = 0; k < 8; k++) {
            double before = *times[k];

            *times[k] = k == i ? 3 : 0.5;
            check_round(k == i ? 3 : 0.5);
            *times[k] = 4;
            check_round(k == i ? 4 : 3);
            *times[k] = 0;
            check_round(0);
            *times[k] = before;
        }
        *times[i] = -1;
    }
    answer_call_expire = 0.5;
    answer_stuck_kill = 0.25;
    check_round(0.25);
    answer_call_expire = answer_stuck_kill = -1;
    for (size_t i = 0; i < 3; i++) { /* a worker could not be told */
        *told[i] = false;
        check_round(0.02);
        answer_call_expire = 0.01;
        check_round(0.01);
        answer_call_expire = 3;
        check_round(0.02);
        answer_call_expire = -1;
        *told[i] = true;
    }
}

static void more_answers_come_at_once(void)
{
    begin(false);
    answer_listing_advance = true;
    check_round(0);
    answer_listing_advance = false;
    answer_viewers_advance = true;
    check_round(0);
    answer_viewers_advance = false;
    answer_connection_settle_all = false;
    check_round(0);
    answer_listing_advance = true;
    check_round(0);
    answer_connection_settle_all = true;
    answer_listing_advance = false;
    check_round(-1);
}

static void the_server_ends_once_its_threads_have_ended(void)
{
    begin(false);
    answer_join_until_is_idle = false;
    answer_shutdown_is_complete = true;
    CHECK(round_() == -1 && !*stopped);
    CHECK_CALLS(ROUND("complete? idle? "));
    answer_join_until_is_idle = true;
    CHECK(round_() == 0 && *stopped);
    CHECK_CALLS(ROUND("complete? idle? shut answer "));
    CHECK(round_() == 0 && *stopped);
    CHECK_CALLS(ROUND("")); /* nobody is answered twice */
}

TEST_MAIN({"open", a_server_opens_what_it_needs},
          {"lacks", a_server_that_lacks_something_does_not_begin},
          {"workers", workers_wake_the_server},
          {"lifeline", the_end_of_the_lifeline_ends_everything},
          {"agent", an_agents_lifeline_brings_clients},
          {"due", the_next_round_comes_when_something_is_due},
          {"answers", more_answers_come_at_once},
          {"end", the_server_ends_once_its_threads_have_ended})
