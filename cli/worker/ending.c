#include "cli/worker/ending.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/handle.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"
#include "cli/process/proc.h"

#include <errno.h>
#include <math.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The seconds between two kills of the same processes: the pause doubles from the first to the last. */
#define FIRST_PAUSE 0.002
#define LAST_PAUSE  1.0

/* The worker gives up killed processes that still live after this many seconds. */
#define GIVE_UP_AFTER 10.0

/* The set of signalled processes: asked, or killed once the grace is over */

static int compare(const void *a, const void *b)
{
    return ((uintptr_t) a > (uintptr_t) b) - ((uintptr_t) a < (uintptr_t) b);
}

static void *key_of(pid_t pid)
{
    return (void *) (uintptr_t) pid; // NOLINT(performance-no-int-to-ptr)
}

static bool was_signalled(const struct worker *worker, pid_t pid)
{
    return tfind(key_of(pid), &worker->end.signalled, compare) != NULL;
}

/* Remembers that PID has got its signal. Without memory it is not remembered, and PID may get the signal again. */
static void note_signalled(struct worker *worker, pid_t pid)
{
    (void) tsearch(key_of(pid), &worker->end.signalled, compare);
}

static void do_nothing(void *key)
{
    (void) key;
}

static void forget_signalled(struct worker *worker)
{
    tdestroy(worker->end.signalled, do_nothing);
    worker->end.signalled = NULL;
}

/* Asking */

/* Returns true if the process ignores SIGNAL, as far as its page in /proc can be read. */
static bool ignores(pid_t pid, int signal)
{
    char               page[4096];
    const char        *line;
    unsigned long long ignored = 0;

    if (proc_read(pid, "status", page, sizeof(page)) <= 0)
        return false;
    line = strstr(page, "\nSigIgn:");
    return line != NULL && sscanf(line, "\nSigIgn:%llx", &ignored) == 1 &&
           (ignored >> (signal - 1) & 1) != 0;
}

/* Returns true if PID ignores the signal of this end. SIGTERM is taken as never ignored. */
static bool ignores_signal(const struct worker *worker, pid_t pid)
{
    return worker->end.signal != SIGTERM && ignores(pid, worker->end.signal);
}

/* Notes PID if the signal to the command's group has reached it. */
static bool note_member(pid_t pid, void *context)
{
    struct worker *worker = context;

    if (getpgid(pid) == worker->pid && !ignores_signal(worker, pid))
        note_signalled(worker, pid);
    return true;
}

/* Calls VISIT for ROOT and each process below it. */
static void for_each(struct worker *worker, bool (*visit)(pid_t pid, void *context), pid_t root)
{
    if (visit(root, worker))
        children_walk(root, visit, worker);
}

/* Calls VISIT for each root of the thread's leftovers. */
static void for_each_root(struct worker *worker, void (*visit)(struct worker *worker, pid_t root))
{
    struct leftovers roots;

    if (leftovers_find_and_lock(worker->assignment->id, worker->pid, &roots) != 0)
        return;
    for (size_t i = 0; i < roots.count; i++)
        visit(worker, roots.pids[i]);
    leftovers_unlock();
    leftovers_release(&roots);
}

/* Notes which processes from ROOT on the signal to the command's group reaches. */
static void note_members(struct worker *worker, pid_t root)
{
    for_each(worker, note_member, root);
}

/* Notes which processes the signal to the command's group reaches. */
static void note_group(struct worker *worker)
{
    note_members(worker, worker->pid);
    for_each_root(worker, note_members);
}

/*
 * Asks the command's group. Every process that is in the group before the signal gets the signal. A process
 * that is born meanwhile, and found only after the signal, may have got the signal: it is noted too. If it did
 * not get the signal, it is killed after the grace, which is better than to be asked twice.
 */
static void ask_group(struct worker *worker)
{
    note_group(worker);
    kill(-worker->pid, worker->end.signal);
    kill(-worker->pid, SIGCONT);
    note_group(worker);
}

/*
 * Asks PID, unless it was asked, and continues it in case it was stopped. The mark makes sure that the
 * descriptor belongs to the process that was found; see children_kill().
 */
static bool ask_marked(pid_t pid, void *context)
{
    struct worker *worker = context;
    struct handle  handle;

    if (was_signalled(worker, pid) || !handle_open(pid, &handle))
        return true;
    if (mark_is(pid, worker->assignment->id)) {
        note_signalled(worker, pid);
        handle_signal(&handle, ignores_signal(worker, pid) ? SIGTERM : worker->end.signal);
        handle_signal(&handle, SIGCONT);
    }
    handle_close(&handle);
    return true;
}

void ending_ask_process(struct worker *worker, pid_t pid)
{
    if (was_signalled(worker, pid))
        return;
    note_signalled(worker, pid);
    kill(pid, ignores_signal(worker, pid) ? SIGTERM : worker->end.signal);
    kill(pid, SIGCONT);
}

/* Asks ROOT, and each process below it that carries the thread's mark. */
static void ask_from_root(struct worker *worker, pid_t root)
{
    ending_ask_process(worker, root);
    children_walk(root, ask_marked, worker);
}

/* Asks each process of the thread that has not been asked yet. */
static void ask_rest(struct worker *worker)
{
    for_each(worker, ask_marked, worker->pid);
    for_each_root(worker, ask_from_root);
}

/* Half of the grace is over: asks the processes that were not asked before. */
static void ask_late(struct worker *worker)
{
    worker->end.half = INFINITY;
    ask_rest(worker);
}

void ending_begin(struct worker *worker)
{
    double grace = worker->job->grace;

    if (worker->report->state == STATE_STOPPING)
        return;
    worker->deadline = clock_monotonic() + grace;
    worker_post(worker, STATE_STOPPING);
}

/*
 * Asks all processes but SPARED. The second call asks the processes that were born during the first. Processes that
 * are born later are asked after half of the grace.
 */
static void ask_others(struct worker *worker, pid_t spared)
{
    note_signalled(worker, spared);
    ask_rest(worker);
    ask_rest(worker);
}

void ending_ask(struct worker *worker, int signal, pid_t spared)
{
    struct ending *end = &worker->end;

    forget_signalled(worker);
    ending_begin(worker);
    if (end->killing)
        return;
    end->signal = (unsigned char) signal;
    end->half = worker->deadline - worker->job->grace / 2;
    if (spared != 0)
        ask_others(worker, spared);
    else
        ask_group(worker);
}

/* Killing */

/* Kills PID once: a killed process starts no other process, so one kill is enough as a rule. */
void ending_kill_process(struct worker *worker, pid_t pid)
{
    if (was_signalled(worker, pid))
        return;
    note_signalled(worker, pid);
    (void) children_kill(pid);
}

/* Says in the report that PID still lives, and why. The thread then ends, even if it has a restart. */
static void give_up(struct worker *worker, pid_t pid, const char *why)
{
    struct report *report = worker->report;
    struct text    message = {0};

    worker->ending = true;
    if (report->unended != 0)
        return;
    report->unended = pid;
    if (report->message == NULL) {
        text_printf(&message, "process %d could not be ended: %s", (int) pid, why);
        report_set_message(report, &message);
    }
}

bool ending_is_impossible(struct worker *worker, pid_t pid)
{
    if (!worker->end.killing)
        return false;
    if (kill(pid, 0) < 0 && errno == EPERM)
        give_up(worker, pid, strerror(EPERM));
    else if (clock_monotonic() >= worker->end.give_up)
        give_up(worker, pid, "it is still there after SIGKILL");
    else
        return false;
    return true;
}

void ending_kill(struct worker *worker)
{
    struct ending *end = &worker->end;

    end->pause = (float) (end->killing ? clock_earlier(2 * end->pause, LAST_PAUSE) : FIRST_PAUSE);
    end->next = clock_monotonic() + end->pause;
    if (!end->killing)
        end->give_up = clock_monotonic() + GIVE_UP_AFTER;
    end->killing = true;
    forget_signalled(worker);
    (void) children_kill(worker->pid);
    for_each_root(worker, ending_kill_process);
}

void ending_step(struct worker *worker)
{
    struct ending *end = &worker->end;
    double         now = clock_monotonic();

    if (now >= (end->killing ? end->next : worker->deadline))
        ending_kill(worker);
    else if (!end->killing && now >= end->half)
        ask_late(worker);
}

double ending_next(const struct worker *worker)
{
    const struct ending *end = &worker->end;

    return end->killing ? end->next : clock_earlier(worker->deadline, end->half);
}

void ending_reset(struct worker *worker)
{
    forget_signalled(worker);
    worker->end = (struct ending){.half = INFINITY};
}
