#include "cli/server/server.h"

#include "cli/base/file_watch.h"
#include "cli/base/loop.h"
#include "cli/base/memory_release.h"
#include "cli/place/journal.h"
#include "cli/process/adopted.h"
#include "cli/process/child_stack.h"
#include "cli/server/agent.h"
#include "cli/server/agent_end.h"
#include "cli/server/arrive.h"
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
#include "cli/server/server_signals.h"
#include "cli/server/shutdown.h"
#include "cli/server/slots.h"
#include "cli/server/store.h"
#include "cli/server/stuck.h"
#include "cli/server/threads.h"
#include "cli/worker/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/random.h>

/*
 * The seconds that clients have to read the last replies, when all threads have ended. The process that this supervisor
 * was started for has longer: it needs the ends of all threads, and is perhaps slow on a busy machine.
 */
#define FAREWELL     1.0
#define OWN_FAREWELL 10.0

/* The pause, in seconds, before the server tries again to send a worker a message, after memory or room was lacking. */
#define RETRY 0.02

static struct source lifeline, mail;
static bool          stopped;

/*
 * Takes the news of the workers and probers, and reaps the adopted children that have ended. A child that ends
 * while this runs makes the mailbox readable again.
 */
static void mail_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    mailbox_clear();
    jobserver_take_runs();
    reports_take();
    join_until_take();
    if (server_signals_take_child_ended())
        adopted_reap();
}

static void lifeline_ready(struct source *source, uint32_t events)
{
    (void) events;
    if (agent_is()) {
        if (listener_take_sent(source->fd))
            return;
        loop_remove(source);
        agent_end();
        return;
    }
    loop_remove(source);
    journal_write("the process that this supervisor was started for has gone: ending everything");
    shutdown_begin(NULL, &k3thread_SystemExit);
}

static int watch(struct source *source, int fd, void (*ready)(struct source *, uint32_t))
{
    if (fd < 0)
        return fd;
    *source = (struct source){.fd = fd, .ready = ready};
    return loop_add(source, EPOLLIN);
}

static int open_sources(const struct server_options *options, struct text *why)
{
    int error = loop_open();

    if (error == 0)
        error = watch(&mail, mailbox_open(), mail_ready);
    if (error == 0)
        error = server_signals_open();
    if (error == 0)
        error = listener_open(options->listener, &dispatch_handler);
    if (error == 0 && options->jobserver)
        error = jobserver_open(why);
    if (error == 0 && options->lifeline >= 0)
        error = watch(&lifeline, options->lifeline, lifeline_ready);
    return error;
}

/* Returns the smaller of two times in seconds from now. A negative time means never. */
static double sooner(double a, double b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

/* Performs the work whose time has come. Returns the seconds until the next work is due, or -1. */
static double do_what_is_due(void)
{
    double next = sooner(call_expire(), errands_expire());

    next = sooner(next, viewers_do_due());
    next = sooner(next, output_times_do_due());
    next = sooner(next, log_reader_do_due());
    next = sooner(next, hosts_due());
    return sooner(next, stuck_kill());
}

/*
 * Advances the threads that wait for a slot, the threads whose leash has snapped, and the shutdown. Returns false
 * if the caller must try again later, because memory or room in a queue was lacking.
 */
static bool advance_threads(void)
{
    bool told = threads_advance();

    told = leash_ends_advance() && told;
    return shutdown_advance() && told;
}

/* Ends the loop when a shutdown is complete. */
static void stop_if_complete(void)
{
    if (stopped || !shutdown_is_complete() || !join_until_is_idle())
        return;
    listener_shut();
    shutdown_answer();
    stopped = true;
}

/* Sends what is queued for clients. Returns false if the next round must come at once. */
static bool send_answers(void)
{
    bool is_listing = listing_advance();
    bool is_showing = viewers_advance();
    bool is_settled;

    events_tell_missed();
    is_settled = connection_settle_all();
    executions_advance(); /* once the bytes are sent: if all were, no event of the connection follows */
    return is_settled && !is_listing && !is_showing;
}

/* Finishes a round of the loop. Returns the seconds until the next round at the latest, or -1. */
static double finish_round(void)
{
    double next;
    bool   told, sent;

    connection_run_waiting();
    next = do_what_is_due();
    told = advance_threads();
    next = sooner(next, jobserver_advance());
    stop_if_complete();
    store_evict(events_post_forgotten);
    sent = send_answers();
    if (stopped || !sent)
        return 0;
    return told ? next : sooner(next, RETRY);
}

/* Gives memory that a quiet supervisor does not need back to the system. */
static void release_memory(void)
{
    child_stack_trim();
    memory_release_process();
}

/* Jansson would open and read /dev/urandom for its seed at the first request, while the first client waits. */
static void seed_hash_tables(void)
{
    unsigned seed;

    if (getrandom(&seed, sizeof(seed), 0) == (ssize_t) sizeof(seed))
        json_object_seed(seed);
}

int server_run(const struct server_options *options, struct text *why)
{
    int error;

    parent_set(options->guardian);
    seed_hash_tables();
    if (options->is_agent)
        agent_set(options->lifeline);
    arrive_begin();
    threads_set_slots(options->slots > 0 ? options->slots : SLOTS_UNLIMITED);
    error = open_sources(options, why);
    if (error == 0)
        output_times_open();
    if (error == 0)
        error = loop_run(&stopped, finish_round, release_memory);
    if (error == 0)
        connection_close_all(options->lifeline >= 0 && !options->is_agent ? OWN_FAREWELL
                                                                          : FAREWELL);
    jobserver_close(); /* the exit would wait for the ends of the watches */
    file_watch_end();
    return error;
}
