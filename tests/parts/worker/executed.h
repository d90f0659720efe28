/*
 * The parts of a worker around one run of a command, played: the clock, the wait and the other parts are this header's,
 * and write down what they are called for. For execution.c and waiting.c here.
 */
#ifndef K3THREAD_TESTS_PARTS_EXECUTED_H
#define K3THREAD_TESTS_PARTS_EXECUTED_H

#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/memory_release.h"
#include "cli/process/children.h"
#include "cli/process/proc.h"
#include "cli/worker/cleanup.h"
#include "cli/worker/ending.h"
#include "cli/worker/execution.h"
#include "cli/worker/loading.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/raised.h"
#include "cli/worker/remote_run.h"
#include "cli/worker/slot_numbers.h"
#include "cli/worker/starting.h"
#include "cli/worker/thread_terminal.h"
#include "cli/worker/waiting.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>

#define ASIDE                                                                                      \
    60 /* descriptors from this number on are no open files; the letters for them are in NAMES */

enum { LOADING_FD = ASIDE, TERMINAL_FD, PROBE_FD, LOG_FD };

static const char names[] = "ltpo"; /* and c is the command */

double __wrap_clock_monotonic(void);
double __wrap_clock_until(double deadline);
int    __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds);
int    __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds);

/* The end of one wait: its time; the descriptors that have events, or x for an exception; and what is true then. */
struct step {
    double      at;
    const char *events;
    void (*change)(void);
};

static const struct step     *steps;
static double                 now;
static char                   done[1024];
static struct job             job;
static struct assignment      assignment;
static struct worker          worker;
static struct thread_terminal terminal;

/* Any address is one of these, which only this file has. */
static struct ready *const   probe = (struct ready *) &now;
static struct loading *const loading = (struct loading *) &terminal;

static bool        starts, is_reaped, is_dead, is_shown, lasts, stops, is_impossible;
static int         loading_result, status, signal_number;
static const char *words, *stat_line;
static double      probe_next, ending_at;

static void note(const char *format, int number)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, format, number);
}

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline)
{
    return isinf(deadline) ? -1 : deadline > now ? deadline - now : 0;
}

int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds)
{
    char text[32];
    int  n = 0;

    (void) snprintf(text, sizeof(text), " %g", seconds);
    (void) strncat(done, text, sizeof(done) - strlen(done) - 1);
    CHECK(steps->events != NULL); /* otherwise the worker would wait for ever */
    now = steps->at;
    if (steps->change != NULL)
        steps->change();
    for (size_t i = 0; i < count; i++) {
        char name = polls[i].fd < 0 ? '\0' : polls[i].fd < ASIDE ? 'c' : names[polls[i].fd - ASIDE];

        polls[i].revents = 0;
        if (name == '\0')
            continue;
        CHECK_EQUAL(polls[i].events, POLLIN);
        if (strchr(steps->events, name) != NULL) {
            polls[i].revents = POLLIN;
            n++;
        }
    }
    CHECK(n == (int) strlen(steps->events) || steps->events[0] == 'x'); /* each is polled for */
    return (steps++)->events[0] == 'x' ? -ECANCELED : n;
}

int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds)
{
    CHECK(count == 1 && polls->fd == worker.pidfd && polls->events == POLLIN && milliseconds == 0);
    return is_dead;
}

void mailbox_post(struct mail *mail, const struct report *report)
{
    CHECK(mail == &assignment.mail);
    note(report->state == STATE_STOPPING  ? " stopping"
         : report->state == STATE_READY   ? " ready"
         : report->state == STATE_RUNNING ? " running"
                                          : " other",
         0);
}

bool remote_run(struct worker *of)
{
    CHECK(of == &worker);
    note(" far", 0);
    return starts;
}

bool starting_run(struct worker *of)
{
    note(" start", 0);
    if (!starts)
        return false;
    of->pid = 33;
    of->pidfd = dup(STDERR_FILENO);
    of->report->pid = 33;
    of->report->state = STATE_RUNNING;
    return true;
}

struct spawn_plan starting_plan(const struct worker *of)
{
    CHECK(of == &worker);
    return (struct spawn_plan){.mark = 7};
}

void starting_announce(struct worker *of, bool is_loaded)
{
    CHECK(of == &worker);
    note(" announce:%d", is_loaded);
}

void starting_fail(struct worker *of, int error, int exit_code, struct text *why)
{
    note(" fail:%d", error);
    note(":%d", exit_code);
    of->report->error = error;
    report_set_message(of->report, why);
}

void starting_close_probe(struct worker *of)
{
    of->ready = NULL;
    of->ready_deadline = INFINITY;
    note(" unprobe", 0);
}

void starting_close(struct worker *of)
{
    CHECK(of->loading == NULL || !starts);
    note(" close", 0);
}

void output_begin_undo(const struct worker *of)
{
    CHECK(of == &worker);
    note(" undo", 0);
}

void raised_while_running(struct worker *of)
{
    CHECK(of == &worker);
    note(" raised", 0);
}

void raised_stop(struct worker *of, const struct k3thread_exc *e)
{
    CHECK(e->type == &k3thread_TimeoutError);
    note(e->message[0] != '\0' ? " stop:late" : " stop", 0);
    of->report->state = STATE_STOPPING;
}

void cleanup_run(struct worker *of)
{
    CHECK(of->ready == NULL);
    note(" cleanup", 0);
}

void ending_begin(struct worker *of)
{
    of->report->state = STATE_STOPPING;
    note(" ending", 0);
}

void ending_step(struct worker *of)
{
    CHECK(of == &worker);
    note(" step", 0);
    ending_at = INFINITY;
}

double ending_next(const struct worker *of)
{
    return of->deadline < ending_at ? of->deadline : ending_at;
}

bool ending_is_impossible(struct worker *of, pid_t pid)
{
    CHECK(of == &worker && pid == 33);
    return is_impossible;
}

/* Defines the function that returns what to poll for. */
#define POLL_OF(function, type, number)                                                            \
    struct pollfd function(const struct type *of)                                                  \
    {                                                                                              \
        CHECK(of != NULL);                                                                         \
        return (struct pollfd){.fd = (number), .events = POLLIN};                                  \
    }
POLL_OF(thread_terminal_poll, thread_terminal, TERMINAL_FD)
POLL_OF(loading_poll, loading, LOADING_FD)
POLL_OF(log_limit_poll, log_limit, LOG_FD)
POLL_OF(ready_poll, ready, PROBE_FD)

void thread_terminal_copy_output(struct thread_terminal *of)
{
    CHECK(of == &terminal);
    note(" copy", 0);
}

int loading_check(const struct loading *of, struct text *why)
{
    CHECK(of == loading);
    if (loading_result < 0)
        text_add(why, "no such function");
    return loading_result;
}

void loading_close(struct loading *of)
{
    CHECK(of == loading);
    note(" loaded", 0);
}

off_t ready_position(const struct ready *of)
{
    CHECK(of == probe);
    return 77;
}

void log_limit_check(struct log_limit *log)
{
    CHECK_EQUAL(log->unread, worker.ready != NULL ? 77 : -1);
    note(" log", 0);
    log->next = INFINITY;
}

double ready_next(const struct ready *of)
{
    CHECK(of == probe);
    return probe_next;
}

bool ready_check(struct ready *of, const struct spawn_plan *plan)
{
    CHECK(of == probe && plan->mark == 7);
    note(" probe", 0);
    probe_next = INFINITY;
    return is_shown;
}

char *ready_take_status(struct ready *of)
{
    const char *status_words = words;

    CHECK(of == probe);
    words = NULL;
    return status_words != NULL ? strdup(status_words) : NULL;
}

bool ready_is_stopping(const struct ready *of)
{
    CHECK(of == probe);
    return stops;
}

bool ready_lasts(const struct ready *of)
{
    CHECK(of == probe);
    return lasts;
}

void memory_release_stack(void)
{
    note(" release", 0);
}

bool account_reap(struct account *account, idtype_t type, id_t id, siginfo_t *ret)
{
    CHECK(account == &assignment.account && type == (idtype_t) 3 && id == (id_t) worker.pidfd);
    ret->si_code = signal_number != 0 ? CLD_DUMPED : CLD_EXITED;
    ret->si_status = signal_number != 0 ? signal_number : status;
    return is_reaped;
}

void account_set_leader(struct account *account, pid_t leader)
{
    CHECK(account == &assignment.account);
    note(" leader:%d", leader);
}

void children_reap(void)
{
    note(" reap", 0);
}

ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    CHECK_EQUAL(pid, 33);
    CHECK_TEXT(name, "stat");
    return stat_line != NULL ? snprintf(page, size, "%s", stat_line) : -ESRCH;
}

/* Runs */

static void prepare(void)
{
    report_release(&assignment.draft);
    job = (struct job){.ready = (char *) "tcp:1", .ready_timeout = 2};
    assignment = (struct assignment){.job = &job, .draft.exit_code = 99, .draft.signal = 99};
    worker = (struct worker){.assignment = &assignment,
                             .job = &job,
                             .report = &assignment.draft,
                             .deadline = INFINITY,
                             .ready_deadline = INFINITY,
                             .pidfd = -1,
                             .rested = true,
                             .slot = SLOT_NUMBER_NONE};
    starts = is_reaped = is_dead = true;
    is_shown = lasts = stops = is_impossible = false;
    loading_result = status = signal_number = 0;
    words = stat_line = NULL;
    probe_next = ending_at = INFINITY;
    now = 100;
}

#define STEPS(...) ((const struct step[]){__VA_ARGS__, {0, NULL, NULL}})

#define END " unprobe raised cleanup close reap leader:0"

static bool run(const struct step *the_steps, const char *wanted)
{
    int  before = test_count_open();
    bool result;

    steps = the_steps;
    done[0] = '\0';
    result = execution_run(&worker);
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
    CHECK(steps->events == NULL);
    CHECK_EQUAL(test_count_open(), before);
    return result;
}

#endif
