/*
 * The processes, the clock and the waits of the tests of how a worker ends the processes of a run: they are not the
 * kernel's, but this file's, so each signal and the time of each step is known.
 */
#ifndef K3THREAD_TESTS_PARTS_PROCESSES_H
#define K3THREAD_TESTS_PARTS_PROCESSES_H

#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/handle.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"
#include "cli/process/proc.h"
#include "cli/worker/cleanup.h"
#include "cli/worker/ending.h"
#include "cli/worker/leftover_report.h"
#include "cli/worker/raised.h"
#include "cli/worker/thread_terminal.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>

#define ID        7
#define COMMAND   100
#define GRACE     8.0
#define FORBIDDEN 900 /* a process that may not be killed */

/* The processes */

/* One process of the test. */
static struct process {
    pid_t  pid, parent, group; /* the parent 1: it is a root of the leftovers */
    int    ignored;            /* a signal; 0: none */
    bool   unmarked, unread;   /* its page in /proc cannot be read */
    bool   closed;             /* no handle of it can be opened */
    bool   foreign;            /* it belongs to another thread */
    double lives;              /* seconds after SIGTERM; 0: it does not end */
    double outlives;           /* seconds after its kill */
    double end;                /* when it ends, or 0 */
    bool   gone, unwatched;    /* no descriptor to wait for its end can be opened */
    int    fd;                 /* of the look at the leftovers */
    char   got[64];            /* the signals, in order; K: killed by children_kill() */
} processes[16];

static size_t process_count;
static double now;
static int    locks, handles, looks, failing_looks, finds, releases;
static int    trees; /* how many were freed */

/* A function for the moment after the group's first signal. */
static void (*at_group)(void);

double __wrap_clock_monotonic(void);
double __wrap_clock_until(double deadline);
int    __wrap_kill(pid_t pid, int signal);
pid_t  __wrap_getpgid(pid_t pid);
void   __real_tdestroy(void *root, void (*free_key)(void *key));
void   __wrap_tdestroy(void *root, void (*free_key)(void *key));
int    __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds);

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline)
{
    return isinf(deadline) ? -1 : deadline > now ? deadline - now : 0;
}

void __wrap_tdestroy(void *root, void (*free_key)(void *key))
{
    trees += root != NULL;
    __real_tdestroy(root, free_key);
}

static inline struct process *add(const struct process *process)
{
    processes[process_count] = *process;
    return &processes[process_count++];
}

static inline struct process *find(pid_t pid)
{
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].pid == pid && !processes[i].gone)
            return &processes[i];
    return NULL;
}

static inline const char *got(pid_t pid)
{
    struct process *process = find(pid);

    return process != NULL ? process->got : "gone";
}

static inline void note(struct process *process, const char *word)
{
    size_t size = strlen(process->got);

    (void) snprintf(process->got + size, sizeof(process->got) - size, "%s%s", size > 0 ? " " : "",
                    word);
}

static inline void deliver(struct process *process, int signal)
{
    char word[16];

    (void) snprintf(word, sizeof(word), "%d", signal);
    note(process, word);
    if (signal == SIGTERM && process->lives > 0)
        process->end = now + process->lives;
}

static inline void call_once(void (**hook)(void))
{
    void (*function)(void) = *hook;

    *hook = NULL;
    if (function != NULL)
        function();
}

int __wrap_kill(pid_t pid, int signal)
{
    struct process *process = find(pid);

    if (pid == 0)
        _exit(1); /* the deadline is over */
    if (signal == 0) {
        errno = process != NULL ? EPERM : ESRCH; /* after success it means nothing */
        return pid == FORBIDDEN || process == NULL ? -1 : 0;
    }
    for (size_t i = 0; pid < 0 && i < process_count; i++)
        if (processes[i].group == -pid && !processes[i].gone)
            deliver(&processes[i], signal);
    if (pid < 0)
        call_once(&at_group);
    if (process != NULL)
        deliver(process, signal);
    return 0;
}

pid_t __wrap_getpgid(pid_t pid)
{
    struct process *process = find(pid);

    return process != NULL ? process->group : -1;
}

ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    struct process *process = find(pid);

    CHECK_TEXT(name, "status");
    if (process == NULL || process->unread)
        return -ENOENT;
    return snprintf(page, size, "Name:\tSigIgn:\nSigBlk:\tffffffff\nSigIgn:\t%016llx\nSigCgt:\t0\n",
                    process->ignored != 0 ? 1ULL << (process->ignored - 1) : 0);
}

static inline bool walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].parent == pid && !processes[i].gone &&
            (!visit(processes[i].pid, context) || !walk(processes[i].pid, visit, context)))
            return false;
    return true;
}

void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    (void) walk(pid, visit, context);
}

int children_kill(pid_t pid)
{
    struct process *process = find(pid);

    if (process != NULL) {
        note(process, "K");
        if (process->end == 0 && process->outlives > 0)
            process->end = now + process->outlives;
    }
    return 0;
}

bool handle_open(pid_t pid, struct handle *ret)
{
    struct process *process = find(pid);

    if (process == NULL || process->closed)
        return false;
    *ret = (struct handle){.pid = pid, .fd = -1};
    handles++;
    return true;
}

void handle_signal(const struct handle *handle, int signal)
{
    struct process *process = find(handle->pid);

    if (process != NULL)
        deliver(process, signal);
}

void handle_close(const struct handle *handle)
{
    CHECK(handle->pid > 0);
    handles--;
}

bool mark_is(pid_t pid, uint64_t id)
{
    CHECK_EQUAL(id, ID);
    return !find(pid)->unmarked;
}

/* The leftovers */

static inline bool are_gone(void)
{
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].parent == 1 && !processes[i].gone)
            return false;
    return true;
}

bool leftovers_are_gone(void)
{
    return are_gone();
}

int leftovers_find_and_lock(uint64_t id, pid_t leader, struct leftovers *ret)
{
    CHECK(id == ID && leader == COMMAND && locks == 0);
    looks++;
    ret->count = 3; /* of a failed look, which has no roots to use */
    if (failing_looks > 0 && failing_looks-- > 0)
        return -EMFILE;
    *ret = (struct leftovers){.pids = calloc(16, sizeof(*ret->pids)),
                              .ends = calloc(16, sizeof(*ret->ends))};
    CHECK(ret->pids != NULL && ret->ends != NULL);
    finds++;
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].parent == 1 && !processes[i].gone && !processes[i].foreign) {
            processes[i].fd = processes[i].unwatched ? -1 : dup(STDERR_FILENO);
            ret->pids[ret->count] = processes[i].pid;
            ret->ends[ret->count++] = (struct pollfd){.fd = processes[i].fd, .events = POLLIN};
        }
    locks++;
    return 0;
}

void leftovers_unlock(void)
{
    locks--;
}

void leftovers_release(struct leftovers *leftovers)
{
    releases += leftovers->pids != NULL;
    for (size_t i = 0; i < leftovers->count; i++)
        if (leftovers->ends[i].fd >= 0)
            CHECK_EQUAL(close(leftovers->ends[i].fd), 0);
    free(leftovers->pids);
    free(leftovers->ends);
    *leftovers = (struct leftovers){0};
}

/* The worker */

static struct job             job = {.grace = GRACE, .stop_signal = SIGTERM};
static struct assignment      assignment = {.id = ID, .job = &job};
static struct worker          worker = {.assignment = &assignment,
                                        .job = &job,
                                        .report = &assignment.draft,
                                        .pid = COMMAND,
                                        .deadline = INFINITY,
                                        .end.half = INFINITY};
static int                    posts, reports, raises, copies;
static bool                   report_result = true;
static double                 raise_at = INFINITY; /* an exception comes then */
static struct thread_terminal terminal = {.master = -1};
static double                 output_at = INFINITY; /* output comes to the terminal then */

void worker_post(struct worker *of, enum protocol_state state)
{
    of->report->state = state;
    posts++;
}

bool leftovers_report(struct worker *of)
{
    CHECK(of == &worker);
    reports++;
    return report_result;
}

void raised_while_running(struct worker *of)
{
    raises++;
    raise_at = INFINITY;
    ending_kill(of);
}

struct pollfd thread_terminal_poll(const struct thread_terminal *of)
{
    return (struct pollfd){.fd = of->master, .events = POLLIN};
}

void thread_terminal_copy_output(struct thread_terminal *of)
{
    CHECK(of == &terminal);
    copies++;
    output_at = INFINITY;
}

/* The waits: the milliseconds of each, in order. */
static char waits[512];

/* Marks the polls of each process that ends at the time END. Returns their number. */
static inline int end_processes(struct pollfd *polls, size_t count, double end)
{
    int n = 0;

    for (size_t i = 0; i < process_count; i++)
        if (!processes[i].gone && processes[i].end > 0 && processes[i].end <= end) {
            processes[i].gone = true;
            for (size_t j = 0; j < process_count; j++) /* they are adopted */
                if (processes[j].parent == processes[i].pid)
                    processes[j].parent = 1;
            for (size_t j = 0; j < count; j++)
                if (polls[j].fd >= 0 && polls[j].fd == processes[i].fd) {
                    polls[j].revents = POLLIN;
                    n++;
                }
        }
    return n;
}

static inline bool is_polled(const struct pollfd *polls, size_t count, int fd)
{
    for (size_t i = 0; i < count; i++)
        if (polls[i].fd >= 0 && polls[i].fd == fd && polls[i].events == POLLIN)
            return true;
    return false;
}

int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds)
{
    double end = seconds < 0 ? INFINITY : now + seconds;
    size_t used = strlen(waits);
    int    n;

    CHECK_EQUAL(locks, 0);
    (void) snprintf(waits + used, sizeof(waits) - used, "%s%.0f", used > 0 ? " " : "",
                    seconds < 0 ? -1 : seconds * 1000);
    for (size_t i = 0; i < count; i++)
        polls[i].revents = 0;
    for (size_t i = 0; i < process_count; i++)
        if (!processes[i].gone && processes[i].end > 0 && is_polled(polls, count, processes[i].fd))
            end = clock_earlier(end, processes[i].end);
    end = clock_earlier(end, raise_at);
    if (is_polled(polls, count, terminal.master))
        end = clock_earlier(end, output_at);
    CHECK(!isinf(end)); /* otherwise the worker would wait for ever */
    now = end;
    if (now >= raise_at)
        return -ECANCELED;
    n = end_processes(polls, count, now);
    if (now >= output_at) {
        polls[count - 1].revents = POLLIN;
        n++;
    }
    return n;
}

static inline void check_balance(void)
{
    bool remembers = worker.end.signalled != NULL;

    CHECK(locks == 0 && handles == 0 && finds == releases);
    trees = 0;
    ending_reset(&worker);
    CHECK_EQUAL(trees, remembers);
    CHECK(worker.end.signalled == NULL && worker.end.half == INFINITY && !worker.end.killing);
    CHECK(worker.end.signal == 0 && worker.end.pause == 0);
}

#endif
