#include "cli/worker/ending.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/handle.h"
#include "cli/process/mark.h"
#include "cli/process/tree.h"
#include "cli/worker/execution.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Between two kills of the same, from the first to the last of these seconds, doubling. */
#define FIRST_PAUSE 0.002
#define LAST_PAUSE  1.0

/* Seconds after which those that were killed and are there yet are given up. */
#define PATIENCE 10.0

/* Those that no descriptor could be had for are looked at so often. */
#define BLIND_PAUSE 0.05

/* Who was asked */

static int compare(const void *a, const void *b)
{
    return ((uintptr_t) a > (uintptr_t) b) - ((uintptr_t) a < (uintptr_t) b);
}

static void *key_of(pid_t pid)
{
    return (void *) (uintptr_t) pid; // NOLINT(performance-no-int-to-ptr)
}

static bool was_asked(const struct worker *worker, pid_t pid)
{
    return tfind(key_of(pid), &worker->end.asked, compare) != NULL;
}

/* Without memory the process may be asked once more. */
static void note(struct worker *worker, pid_t pid)
{
    (void) tsearch(key_of(pid), &worker->end.asked, compare);
}

static void nothing(void *key)
{
    (void) key;
}

static void forget_asked(struct worker *worker)
{
    tdestroy(worker->end.asked, nothing);
    worker->end.asked = NULL;
}

/* Asking */

static bool ignores(pid_t pid, int signal)
{
    char               path[64], page[4096];
    const char        *line;
    unsigned long long ignored = 0;
    int                fd;
    ssize_t            size;

    snprintf(path, sizeof(path), "/proc/%d/status", (int) pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    size = fd >= 0 ? read(fd, page, sizeof(page) - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return false;
    page[size] = '\0';
    line = strstr(page, "\nSigIgn:");
    return line != NULL && sscanf(line, "\nSigIgn:%llx", &ignored) == 1 &&
           (ignored >> (signal - 1) & 1) != 0;
}

static bool is_deaf(const struct worker *worker, pid_t pid)
{
    return worker->end.signal != SIGTERM && ignores(pid, worker->end.signal);
}

/* Notes PID as asked if the signal to the command's group has reached it. */
static bool note_member(pid_t pid, void *context)
{
    struct worker *worker = context;

    if (getpgid(pid) == worker->pid && !is_deaf(worker, pid))
        note(worker, pid);
    return true;
}

static void for_each(struct worker *worker, bool (*visit)(pid_t pid, void *context), pid_t root)
{
    if (visit(root, worker))
        children_walk(root, visit, worker);
}

static void note_group(struct worker *worker)
{
    struct tree_tops tops;

    for_each(worker, note_member, worker->pid);
    if (tree_lock(worker->record->id, worker->pid, &tops) != 0)
        return;
    for (size_t i = 0; i < tops.count; i++)
        for_each(worker, note_member, tops.pids[i]);
    tree_unlock();
    tree_release(&tops);
}

/*
 * Whoever is in the group before the signal gets it. So may one who is born meanwhile, and is seen
 * after it: better to leave one unasked, whom the end of the grace will find, than to ask one twice.
 */
static void ask_group(struct worker *worker)
{
    note_group(worker);
    kill(-worker->pid, worker->end.signal);
    kill(-worker->pid, SIGCONT);
    note_group(worker);
}

/*
 * Asks PID, if nobody did, and wakes it in case it was stopped. The mark makes sure that the
 * descriptor is that of the process that was found; see children_kill().
 */
static bool ask_marked(pid_t pid, void *context)
{
    struct worker *worker = context;
    struct handle  handle;

    if (was_asked(worker, pid) || !handle_open(pid, &handle))
        return true;
    if (mark_is(pid, worker->record->id)) {
        note(worker, pid);
        handle_signal(&handle, is_deaf(worker, pid) ? SIGTERM : worker->end.signal);
        handle_signal(&handle, SIGCONT);
    }
    handle_close(&handle);
    return true;
}

/* The same for one whose number stays its own meanwhile, whether it has a mark or not. */
static void ask_top(struct worker *worker, pid_t pid)
{
    if (was_asked(worker, pid))
        return;
    note(worker, pid);
    kill(pid, is_deaf(worker, pid) ? SIGTERM : worker->end.signal);
    kill(pid, SIGCONT);
}

static void ask_everybody(struct worker *worker)
{
    struct tree_tops tops;

    worker->end.half = INFINITY;
    for_each(worker, ask_marked, worker->pid);
    if (tree_lock(worker->record->id, worker->pid, &tops) != 0)
        return;
    for (size_t i = 0; i < tops.count; i++) {
        ask_top(worker, tops.pids[i]);
        children_walk(tops.pids[i], ask_marked, worker);
    }
    tree_unlock();
    tree_release(&tops);
}

void ending_begin(struct worker *worker)
{
    double grace = worker->record->job.grace;

    if (worker->report->state == STATE_STOPPING)
        return;
    worker->deadline = clock_monotonic() + grace;
    worker_post(worker, STATE_STOPPING);
}

void ending_ask(struct worker *worker, int signal)
{
    struct ending *end = &worker->end;

    forget_asked(worker);
    ending_begin(worker);
    if (end->killing)
        return;
    end->signal = (unsigned char) signal;
    end->half = worker->deadline - worker->record->job.grace / 2;
    ask_group(worker);
}

/* Killing */

/* Once is enough, as a rule: whoever is killed starts nobody. */
static void kill_top(struct worker *worker, pid_t pid)
{
    if (was_asked(worker, pid))
        return;
    note(worker, pid);
    (void) children_kill(pid);
}

/* Says in the report that PID is left, and why. It is the end of the thread, restarts or not. */
static void give_up(struct worker *worker, pid_t pid, const char *why)
{
    struct report *report = worker->report;

    worker->ending = true;
    if (report->unended != 0)
        return;
    report->unended = pid;
    if (report->message == NULL &&
        asprintf(&report->message, "process %d could not be ended: %s", (int) pid, why) < 0)
        report->message = NULL;
}

/* Returns whether PID, whose number is its own, was killed in vain; the report says so then. */
static bool is_in_vain(struct worker *worker, pid_t pid)
{
    if (!worker->end.killing)
        return false;
    if (kill(pid, 0) < 0 && errno == EPERM)
        give_up(worker, pid, strerrordesc_np(EPERM));
    else if (clock_monotonic() >= worker->end.give_up)
        give_up(worker, pid, "it was killed, but does not go");
    else
        return false;
    return true;
}

bool ending_is_in_vain(struct worker *worker)
{
    return is_in_vain(worker, worker->pid);
}

void ending_kill(struct worker *worker)
{
    struct ending   *end = &worker->end;
    struct tree_tops tops;

    end->pause = (float) (end->killing ? earlier(2 * end->pause, LAST_PAUSE) : FIRST_PAUSE);
    end->next = clock_monotonic() + end->pause;
    if (!end->killing)
        end->give_up = clock_monotonic() + PATIENCE;
    end->killing = true;
    forget_asked(worker);
    (void) children_kill(worker->pid);
    if (tree_lock(worker->record->id, worker->pid, &tops) != 0)
        return;
    for (size_t i = 0; i < tops.count; i++)
        kill_top(worker, tops.pids[i]);
    tree_unlock();
    tree_release(&tops);
}

void ending_step(struct worker *worker)
{
    struct ending *end = &worker->end;
    double         now = clock_monotonic();

    if (now >= (end->killing ? end->next : worker->deadline))
        ending_kill(worker);
    else if (!end->killing && now >= end->half)
        ask_everybody(worker);
}

double ending_next(const struct worker *worker)
{
    const struct ending *end = &worker->end;

    return end->killing ? end->next : earlier(worker->deadline, end->half);
}

/* Leftovers */

/* Drops from TOPS those that cannot be ended. */
static void drop_vain(struct worker *worker, struct tree_tops *tops)
{
    size_t kept = 0;

    for (size_t i = 0; i < tops->count; i++)
        if (!is_in_vain(worker, tops->pids[i])) {
            tops->pids[kept] = tops->pids[i];
            tops->ends[kept++] = tops->ends[i];
        } else if (tops->ends[i].fd >= 0) {
            close(tops->ends[i].fd);
        }
    tops->count = kept;
}

/* Asks or kills the tops of what is left. Returns whether there are any that can be ended. */
static bool treat(struct worker *worker, struct tree_tops *ret)
{
    if (tree_lock(worker->record->id, worker->pid, ret) != 0) {
        *ret = (struct tree_tops){0};
        return true; /* no descriptor or memory just now: look again */
    }
    if (ret->count > 0 && worker->end.signal == 0 && !worker->end.killing) {
        worker->end.signal = (unsigned char) worker->record->job.stop_signal;
        ending_begin(worker);
        worker->end.half = worker->deadline - worker->record->job.grace / 2;
    }
    for (size_t i = 0; i < ret->count; i++)
        if (worker->end.killing)
            kill_top(worker, ret->pids[i]);
        else
            ask_top(worker, ret->pids[i]);
    drop_vain(worker, ret);
    tree_unlock();
    return ret->count > 0;
}

/* Seconds until the next look, if none of the tops ends before. */
static double patience(const struct worker *worker, const struct tree_tops *tops)
{
    double left = worker_until(ending_next(worker));

    for (size_t i = 0; i < tops->count; i++)
        if (tops->ends[i].fd < 0 && tops->ends[i].events != 0)
            return left < 0 ? BLIND_PAUSE : earlier(left, BLIND_PAUSE);
    return tops->count == 0 ? BLIND_PAUSE : left;
}

/* No more is to be heard of those that have ended. Returns whether there are others. */
static bool drop_ended(struct tree_tops *tops)
{
    bool some = false;

    for (size_t i = 0; i < tops->count; i++) {
        if (tops->ends[i].revents != 0) {
            close(tops->ends[i].fd);
            tops->ends[i] = (struct pollfd){.fd = -1};
        }
        some |= tops->ends[i].fd >= 0;
    }
    return some;
}

/* Waits for the end of one of the tops, or of all that were killed; for news, or the next step. */
static void wait_for_tops(struct worker *worker, struct tree_tops *tops)
{
    bool more = true;

    while (more) {
        int n = k3thread_poll(tops->ends, tops->count, patience(worker, tops));

        if (n == -ECANCELED)
            execution_take_raised(worker);
        more = n > 0 && drop_ended(tops) && worker->end.killing;
    }
}

void ending_finish(struct worker *worker)
{
    struct tree_tops tops = {0};

    while (!tree_is_gone() && treat(worker, &tops)) {
        wait_for_tops(worker, &tops);
        tree_release(&tops);
        ending_step(worker);
    }
    tree_release(&tops);
    forget_asked(worker);
    worker->end = (struct ending){.half = INFINITY};
}
