/*
 * Tests which leftovers of a command are reported, and when (cli/worker/leftover_report.h). The processes, the clock
 * and the wait are not the kernel's, but this file's.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/listening.h"
#include "cli/process/mark.h"
#include "cli/process/proc.h"
#include "cli/process/process_stat.h"
#include "cli/worker/leftover_report.h"
#include "cli/worker/raised.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>

#define ID      7
#define COMMAND 100

/* One process of the test. A process whose parent is 1 is a root of the leftovers. */
static struct process {
    pid_t               pid, parent;
    bool                is_of_probe, unread; /* its state cannot be read */
    struct process_stat stat;
    bool                is_busy;
    int                 reads_left;    /* looks at it until it changes; 0: it does not */
    bool                goes, is_gone; /* it ends then; else another process has its pid */
    unsigned            addresses;     /* further ones, on which it listens */
    bool                lacks_memory;  /* for its first address */
    const char         *line;          /* its command line */
    size_t              line_size;
    const char         *listens[3];
} processes[64];

static size_t process_count;
static double start, now; /* the time at the beginning; it goes on */
static double times[8];   /* what the next waits end at; 0: they take their time */
static size_t time_count;
static void (*after_wait)(void);
static struct usage usage; /* of the thread's ended processes */
static int          locks, finds, failing_find, read_lines;
static char         waits[1024]; /* the milliseconds of each wait */
static double       raise_at = INFINITY;
static bool         raise_ends, raise_kills;

static struct job        job;
static struct assignment assignment = {.id = ID, .job = &job};
static struct worker     worker = {
        .assignment = &assignment, .job = &job, .report = &assignment.draft, .pid = COMMAND};

double __wrap_clock_monotonic(void);
double __wrap_clock_until(double deadline);
int    __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds);

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline)
{
    return deadline > now ? deadline - now : 0;
}

int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds)
{
    size_t used = strlen(waits);
    double end = now + seconds;

    CHECK(seconds >= 0 && locks == 0 && count > 0 && polls[0].events == POLLIN);
    (void) snprintf(waits + used, sizeof(waits) - used, "%s%.4g", used > 0 ? " " : "",
                    seconds * 1000);
    if (raise_at <= end) {
        now = raise_at;
        return -ECANCELED;
    }
    now = times[time_count] > 0 ? times[time_count++] : end;
    if (after_wait != NULL)
        after_wait();
    return 0;
}

void raised_while_running(struct worker *of)
{
    raise_at = INFINITY;
    of->end.signal = raise_ends ? SIGTERM : 0;
    of->end.killing = raise_kills;
}

static struct process *find(pid_t pid)
{
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].pid == pid && !processes[i].is_gone)
            return &processes[i];
    return NULL;
}

static struct process *add(const struct process *process)
{
    processes[process_count] = *process;
    return &processes[process_count++];
}

bool process_stat_read(pid_t pid, struct process_stat *ret)
{
    struct process *process = find(pid);

    CHECK_EQUAL(locks, 0);
    if (process == NULL || process->unread)
        return false;
    *ret = process->stat;
    if (process->reads_left > 0 && --process->reads_left == 0) {
        process->stat.began++;
        process->is_gone = process->goes;
    }
    return true;
}

double process_stat_age(uint64_t began)
{
    return (double) began / 2;
}

bool process_stat_is_at_work(pid_t pid, const struct process_stat *stat)
{
    struct process *process = find(pid);

    CHECK(process == NULL || strcmp(stat->name, process->stat.name) == 0);
    return process != NULL && process->is_busy;
}

void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].parent == pid && find(processes[i].pid) != NULL) {
            CHECK(visit(processes[i].pid, context)); /* it goes on */
            children_walk(processes[i].pid, visit, context);
        }
}

uint64_t mark_check_id(uint64_t id)
{
    return id + 1000;
}

uint64_t mark_read(pid_t pid)
{
    struct process *process = find(pid);

    CHECK(pid > 0);
    return process != NULL && process->is_of_probe ? ID + 1000 : ID;
}

struct usage account_usage(struct account *account)
{
    CHECK(account == &assignment.account);
    return usage;
}

ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    struct process *process = find(pid);
    size_t          n;

    CHECK_TEXT(name, "cmdline");
    read_lines++;
    if (process == NULL || process->line == NULL)
        return -ESRCH;
    n = process->line_size < size - 1 ? process->line_size : size - 1;
    memcpy(page, process->line, n);
    page[n] = '\0';
    return (ssize_t) n;
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool lacks_memory;

void *__wrap_realloc(void *block, size_t size)
{
    return lacks_memory ? NULL : __real_realloc(block, size);
}

void listening_find(pid_t pid, void (*visit)(const char *address, void *context), void *context)
{
    struct process *process = find(pid);

    lacks_memory = process != NULL && process->lacks_memory;
    for (size_t i = 0; process != NULL && i < 3 && process->listens[i] != NULL; i++)
        visit(process->listens[i], context);
    lacks_memory = false;
    for (unsigned i = 0; process != NULL && i < process->addresses; i++) {
        char address[32];

        (void) snprintf(address, sizeof(address), "127.0.0.1:%u", 10000 + i);
        visit(address, context);
    }
}

int leftovers_find_and_lock(uint64_t id, pid_t leader, struct leftovers *ret)
{
    CHECK(id == ID && leader == COMMAND && locks == 0);
    if (++finds % 1000 == failing_find)
        return -EMFILE;
    *ret = (struct leftovers){.pids = calloc(64, sizeof(*ret->pids)),
                              .ends = calloc(64, sizeof(*ret->ends))};
    for (size_t i = 0; i < process_count; i++)
        if (processes[i].parent == 1 && find(processes[i].pid) != NULL) {
            ret->pids[ret->count] = processes[i].pid;
            ret->ends[ret->count++] = (struct pollfd){.fd = -1, .events = POLLIN};
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
    finds += 1000;
    free(leftovers->pids);
    free(leftovers->ends);
    *leftovers = (struct leftovers){0};
}

/*
 * Looks for leftovers from the time 0 on. Checks whether some are left at the end, what the worker has waited, and the
 * numbers of the report.
 */
static void check(bool are_left, const char *wanted_waits, unsigned listed, unsigned count)
{
    struct report *report = worker.report;
    bool           result;

    now = start;
    finds = 0;
    waits[0] = '\0';
    time_count = 0;
    worker.end = (struct ending){0};
    result = leftovers_report(&worker);
    if (strcmp(waits, wanted_waits) != 0)
        fprintf(stderr, "waits: %s\n", waits);
    CHECK_TEXT(waits, wanted_waits);
    CHECK(result == are_left && locks == 0);
    CHECK_EQUAL(finds / 1000, finds % 1000 - (failing_find > 0)); /* each is released */
    CHECK_EQUAL(report->left_listed, listed);
    CHECK_EQUAL(report->left_count, count);
    CHECK((report->left != NULL) == (listed > 0));
    memset(times, 0, sizeof(times));
    failing_find = 0;
    after_wait = NULL;
}

static void forget(void)
{
    report_release(worker.report);
    assignment.draft = (struct report){0};
}

static void set_times(double first, double second, double third)
{
    times[0] = first;
    times[1] = second;
    times[2] = third;
}

/* The wait */

static void end_first(void)
{
    processes[0].is_gone = now > 0.005;
}

static void idle_leftovers_get_a_moment(void)
{
    struct process *one, *of_probe;

    check(false, "", 0, 0);
    one = add(&(struct process){.pid = 200, .parent = 1, .stat.spent = 5});
    of_probe =
        add(&(struct process){.pid = 300, .parent = 1, .is_of_probe = true, .is_busy = true});
    check(true, "1 2 4 8 16 16 16 16 16 16", 1, 1);
    forget();
    start = 1024;
    check(true, "1 2 4 8 16 16 16 16 16 16", 1, 1);
    forget();
    start = 0;
    set_times(0.0999, 0.1, 0);
    check(true, "1 2", 1, 1);
    forget();
    after_wait = end_first;
    check(true, "1 2 4", 0, 0); /* the probe's process is left, but is none of the command's */
    of_probe->is_gone = true;
    one->is_gone = false;
    after_wait = end_first;
    check(false, "1 2 4", 0, 0);
    one->is_gone = false;
    one->stat.is_exiting = true; /* it is waited for, and not reported */
    set_times(1.99, 2, 0);
    check(true, "1 2", 0, 0);
}

static void end_work(void)
{
    processes[1].is_busy = now < 1.51;
}

static void leftovers_at_work_get_more_time(void)
{
    add(&(struct process){.pid = 200, .parent = 1});
    add(&(struct process){.pid = 201, .parent = 200, .is_busy = true});
    set_times(1.999, 2, 0);
    check(true, "1 2", 2, 2);
    forget();
    after_wait = end_work; /* from then on it is idle */
    set_times(1.5, 1.5999, 1.6);
    check(true, "1 2 4", 2, 2);
    forget();
}

static double spent; /* after the second wait */

static void spend(void)
{
    processes[0].stat.spent += waits[1] == '\0' ? 0.125 : spent;
}

static void the_processor_time_of_leftovers_is_limited(void)
{
    struct process *one = add(&(struct process){.pid = 200, .parent = 1, .is_busy = true});

    after_wait = spend;
    spent = 0.2 - 0.125;
    check(true, "1 2", 1, 1);
    forget();
    one->stat.spent = 5; /* what it has spent before does not count, nor do the ended ones */
    usage = (struct usage){.user = 2, .system = 4};
    after_wait = spend;
    spent = 0.0749;
    set_times(0, 1.9, 2);
    check(true, "1 2 4", 1, 1);
    forget();
    usage = (struct usage){.user = 1e9};
    after_wait = spend;
    spent = 0.0751;
    check(true, "1 2", 1, 1);
    forget();
}

static void use_account(void)
{
    usage.user += 0.07;
    usage.system += 0.05;
}

static void ended_processes_count_to_the_time_of_leftovers(void)
{
    add(&(struct process){.pid = 200, .parent = 1, .is_busy = true});
    after_wait = use_account;
    check(true, "1 2", 1, 1);
    forget();
}

static void an_exception_ends_the_wait(void)
{
    add(&(struct process){.pid = 200, .parent = 1});
    raise_at = 0.0005; /* a signal: the pause goes on */
    check(true, "1 0.5 2 4 8 16 16 16 16 16 16", 1, 1);
    forget();
    raise_at = 0.002;
    raise_ends = true;
    check(true, "1 2", 0, 0);
    raise_at = 0.002;
    raise_ends = false;
    raise_kills = true;
    check(true, "1 2", 0, 0);
}

static void a_look_that_fails_reports_nothing(void)
{
    failing_find = 1;
    check(true, "", 0, 0); /* there may be leftovers */
    add(&(struct process){.pid = 200, .parent = 1});
    failing_find = 2;
    check(true, "1", 0, 0);
}

/* The description */

#define LINE(words) .line = words, .line_size = sizeof(words)

static void check_list(const char *wanted)
{
    if (strcmp(worker.report->left, wanted) != 0)
        fprintf(stderr, "left: %s\n", worker.report->left);
    CHECK_TEXT(worker.report->left, wanted);
}

static void leftovers_are_described(void)
{
    struct process_stat waiting = {.name = "dd \"x\"", .state = 'D', .began = 1};

    add(&(struct process){.pid = 200,
                          .parent = 1,
                          LINE("sh\0-c\0\0x \"y\""),
                          .stat.began = 3,
                          .listens = {"0.0.0.0:80", "0.0.0.0:8", "0.0.0.0:80"}});
    add(&(struct process){
        .pid = 201, .parent = 200, LINE("title\0\0\0"), .listens = {"0.0.0.0:80"}});
    add(&(struct process){.pid = 202, .parent = 200, .stat.name = "kernel", .stat.began = 5});
    add(&(struct process){.pid = 203, .parent = 202, .stat = waiting, LINE("dd")});
    add(&(struct process){.pid = 204, .parent = 1, .line = "\0\0\0", .line_size = 3});
    add(&(struct process){.pid = 205, .parent = 1, .line = "cut", .line_size = 3});
    add(&(struct process){.pid = 206, .parent = 200, .stat.is_exiting = true});
    add(&(struct process){.pid = 207, .parent = 200, .unread = true});
    add(&(struct process){.pid = 208, .parent = 1, .line = "a\0b", .line_size = 3});
    add(&(struct process){.pid = 300, .parent = 1, .is_of_probe = true});
    set_times(2, 0, 0);
    check(true, "1", 7, 7);
    CHECK_EQUAL(read_lines, 6); /* a process that waits for a disk may not give its line */
    check_list("[{\"pid\":200,\"command\":[\"sh\",\"-c\",\"\",\"x \\\"y\\\"\"],\"seconds\":1.5,"
               "\"listens\":[\"0.0.0.0:80\",\"0.0.0.0:8\"]},"
               "{\"pid\":201,\"command\":[\"title\"],\"seconds\":0.0,\"listens\":[\"0.0.0.0:80\"]},"
               "{\"pid\":202,\"command\":[\"kernel\"],\"seconds\":2.5,\"listens\":[]},"
               "{\"pid\":203,\"command\":[\"dd \\\"x\\\"\"],\"seconds\":0.5,\"listens\":[]},"
               "{\"pid\":204,\"command\":[\"\"],\"seconds\":0.0,\"listens\":[]},"
               "{\"pid\":205,\"command\":[\"cut\"],\"seconds\":0.0,\"listens\":[]},"
               "{\"pid\":208,\"command\":[\"a\",\"b\"],\"seconds\":0.0,\"listens\":[]}]");
    process_count = 1;
    processes[0] = (struct process){.pid = 210, .parent = 1, .stat.name = "next"};
    set_times(2, 0, 0);
    check(true, "1", 8, 8); /* of the next run, behind those of the last one */
    CHECK_TEXT(strstr(worker.report->left, ",{\"pid\":208"),
               ",{\"pid\":208,\"command\":[\"a\",\"b\"],\"seconds\":0.0,\"listens\":[]},"
               "{\"pid\":210,\"command\":[\"next\"],\"seconds\":0.0,\"listens\":[]}]");
    forget();
}

static void a_process_that_ends_meanwhile_is_not_described(void)
{
    struct process *one = add(&(struct process){.pid = 200, .parent = 1});

    one->reads_left = 2; /* it ends before it is described */
    one->goes = true;
    set_times(2, 0, 0);
    check(true, "1", 0, 0);
    *one = (struct process){.pid = 200, .parent = 1, .reads_left = 3, .goes = true};
    set_times(2, 0, 0);
    check(true, "1", 0, 0); /* meanwhile */
    *one =
        (struct process){.pid = 200, .parent = 1, .reads_left = 3}; /* its pid is another's then */
    set_times(2, 0, 0);
    check(true, "1", 0, 0);
    add(&(struct process){.pid = 201, .parent = 200, .stat.name = "sh"});
    *one = (struct process){.pid = 200, .parent = 1, .reads_left = 3};
    set_times(2, 0, 0);
    check(true, "1", 1, 1);
    check_list("[{\"pid\":201,\"command\":[\"sh\"],\"seconds\":0.0,\"listens\":[]}]");
    forget();
    *one = (struct process){.pid = 200, .parent = 201, .reads_left = 3};
    processes[1].parent = 1;
    set_times(2, 0, 0);
    check(true, "1", 1, 1);
    forget();
}

static void many_leftovers_are_counted(void)
{
    for (pid_t pid = 200; pid < 240; pid++)
        add(&(struct process){.pid = pid, .parent = 1});
    set_times(2, 0, 0);
    check(true, "1", 32, 40);
    CHECK(strstr(worker.report->left, "\"pid\":231,") != NULL);
    CHECK(strstr(worker.report->left, "\"pid\":232,") == NULL);
    set_times(2, 0, 0);
    check(true, "1", 32, 80);
    forget();
}

/* A list that could not be written whole is not shown. */
static void leftovers_without_memory_are_counted(void)
{
    add(&(struct process){
        .pid = 200, .parent = 1, .listens = {"0.0.0.0:80"}, .lacks_memory = true});
    set_times(2, 0, 0);
    check(true, "1", 0, 1);
    CHECK(worker.report->left == NULL);
    forget();
}

static void a_description_has_a_limit(void)
{
    static char     line[8192];
    struct process *one = add(&(struct process){.pid = 200, .parent = 1, .line = line});
    const char     *command;

    memset(line, 'x', sizeof(line));
    one->line_size = sizeof(line);
    set_times(2, 0, 0);
    check(true, "1", 1, 1);
    command = strchr(worker.report->left, 'x');
    CHECK_EQUAL(strspn(command, "x"), 512);
    forget();
    one->addresses = 4000;
    one->line_size = 0;
    add(&(struct process){.pid = 201, .parent = 1});
    set_times(2, 0, 0);
    check(true, "1", 1, 2);
    CHECK(strlen(worker.report->left) > 16384 && strlen(worker.report->left) < 16384 + 24);
    forget();
    one->addresses = 0;
    one->line_size = 500;
    for (pid_t pid = 202; pid < 232; pid++)
        add(&(struct process){.pid = pid, .parent = 1, .line = line, .line_size = 500});
    set_times(2, 0, 0);
    check(true, "1", 31, 32);
    CHECK(strlen(worker.report->left) > 16384 && strlen(worker.report->left) < 16384 + 600);
    forget();
}

/* Returns the size of the description of COUNT processes with lines of 500 bytes, but the last one's of LAST. */
static size_t size_of_description(size_t count, size_t last)
{
    static char line[512];
    size_t      size;

    memset(line, 'x', sizeof(line));
    process_count = 0;
    for (size_t i = 0; i < count; i++)
        add(&(struct process){.pid = 200 + (pid_t) i,
                              .parent = 1,
                              .line = line,
                              .line_size = i + 1 < count ? 500 : last});
    set_times(2, 0, 0);
    check(true, "1", (unsigned) count, (unsigned) count);
    size = strlen(worker.report->left) - 1;
    forget();
    return size;
}

static void the_limit_of_a_description_is_exact(void)
{
    size_t last = 16384 - size_of_description(30, 0), least = SIZE_MAX, most = 0;

    CHECK_EQUAL(size_of_description(30, last), 16384);
    add(&(struct process){.pid = 400, .parent = 1}); /* there is no room for it */
    set_times(2, 0, 0);
    check(true, "1", 30, 31);
    forget();
    for (size_t i = 1; i <= 18; i++) { /* an address has 18 bytes, with its comma */
        size_t size;

        process_count = 0;
        add(&(struct process){.pid = 200,
                              .parent = 1,
                              .line = "12345678901234567890",
                              .line_size = i,
                              .addresses = 1000});
        set_times(2, 0, 0);
        check(true, "1", 1, 1);
        size = strlen(worker.report->left) - strlen("]}]");
        forget();
        least = size < least ? size : least;
        most = size > most ? size : most;
    }
    CHECK(least == 16384 && most == 16384 + 17);
}

TEST_MAIN({"idle", idle_leftovers_get_a_moment}, {"work", leftovers_at_work_get_more_time},
          {"processor", the_processor_time_of_leftovers_is_limited},
          {"ended", ended_processes_count_to_the_time_of_leftovers},
          {"raised", an_exception_ends_the_wait}, {"failed", a_look_that_fails_reports_nothing},
          {"described", leftovers_are_described},
          {"gone", a_process_that_ends_meanwhile_is_not_described},
          {"memory", leftovers_without_memory_are_counted}, {"many", many_leftovers_are_counted},
          {"limit", a_description_has_a_limit}, {"exact", the_limit_of_a_description_is_exact})
