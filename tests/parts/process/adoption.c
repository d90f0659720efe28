/*
 * Tests the look at the adopted processes (cli/process/adopted.h). The processes, the clock and the lock are this
 * file's.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/account.h"
#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/children_end.h"
#include "cli/process/mark.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

double  __wrap_clock_monotonic(void);
int     __wrap_prctl(int option, ...);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset);
int     __wrap_waitid(idtype_t type, id_t id, siginfo_t *ret, int options);
pid_t   __wrap_getsid(pid_t pid);
int     __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int     __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int     __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

#define LIST 55

/* An adopted process; the place in the list is its pid. One below it carries the mark BELOW. */
static struct process {
    bool     is_dead, is_reaped;
    uint64_t mark, below;
} processes[8];

static size_t process_count;
static double now, look_takes;
static int    depth; /* of the lock */
static int    reaps, looks, subreaper, open_error, read_error, prctl_error;
static char   sleeps[256];
static bool   has_marks = true;

double __wrap_clock_monotonic(void)
{
    return now;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    CHECK(mutex != NULL && ++depth == 1);
    return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    CHECK(mutex != NULL && --depth == 0);
    return 0;
}

int __wrap_prctl(int option, ...)
{
    va_list arguments;

    va_start(arguments, option);
    subreaper = option == PR_SET_CHILD_SUBREAPER ? va_arg(arguments, int) : -1;
    va_end(arguments);
    errno = prctl_error;
    return prctl_error != 0 ? -1 : 0;
}

int children_open(pid_t pid, pid_t tid)
{
    CHECK(pid == getpid() && tid == getpid());
    return open_error != 0 ? open_error : LIST;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset)
{
    CHECK(fd == LIST && size == 1 && offset == 0 && bytes != NULL);
    return process_count > 0;
}

void children_reap(void)
{
    CHECK_EQUAL(depth, 1);
    reaps++;
}

size_t children_end(int list, size_t *ret_left)
{
    CHECK_EQUAL(list, LIST);
    *ret_left = 2;
    return 3;
}

int children_read(int fd, pid_t **ret, size_t *ret_count)
{
    CHECK(fd == LIST && depth == 1);
    looks++;
    if (read_error != 0)
        return read_error;
    *ret = calloc(8, sizeof(**ret));
    *ret_count = 0;
    for (size_t i = 0; i < process_count; i++)
        if (!processes[i].is_reaped)
            (*ret)[(*ret_count)++] = 100 + (pid_t) i;
    now += look_takes;
    return 0;
}

int __wrap_waitid(idtype_t type, id_t id, siginfo_t *ret, int options)
{
    CHECK(type == P_PID && options == (WEXITED | WNOHANG | WNOWAIT | __WALL));
    if (id < 100 || id >= 100 + process_count)
        return -1;
    ret->si_pid = processes[id - 100].is_dead ? (pid_t) id : 0;
    return 0;
}

bool account_reap_any(idtype_t type, id_t id)
{
    CHECK(type == P_PID && depth == 1 && processes[id - 100].is_dead);
    processes[id - 100].is_reaped = true;
    return true;
}

pid_t __wrap_getsid(pid_t pid)
{
    return pid + 1000;
}

int mark_resource(void)
{
    return has_marks ? 0 : -1;
}

uint64_t mark_read(pid_t pid)
{
    return pid >= 200 ? processes[pid - 200].below : processes[pid - 100].mark;
}

void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    CHECK(has_marks && pid < 200);
    CHECK(visit(pid + 100, context) ==
          (processes[pid - 100].below == 0)); /* a mark ends the walk */
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
    size_t used = strlen(sleeps);

    CHECK(rest == NULL && depth == 0); /* others may look meanwhile */
    (void) snprintf(sleeps + used, sizeof(sleeps) - used, " %ld.%03ld", (long) time->tv_sec,
                    time->tv_nsec / 1000000);
    now += (double) time->tv_sec + (double) time->tv_nsec / 1e9;
    return 0;
}

static void the_supervisor_becomes_a_subreaper(void)
{
    prctl_error = EINVAL;
    CHECK_EQUAL(adopted_open(), -EINVAL);
    prctl_error = 0;
    open_error = -EMFILE;
    CHECK_EQUAL(adopted_open(), -EMFILE);
    open_error = 0;
    CHECK_EQUAL(adopted_open(), 0);
    CHECK_EQUAL(subreaper, 1);
}

static void adopted_processes_are_reaped_and_ended(void)
{
    size_t left = 0;

    CHECK_EQUAL(adopted_open(), 0);
    adopted_reap();
    CHECK(reaps == 1 && depth == 0);
    CHECK(adopted_is_empty());
    process_count = 2;
    CHECK(!adopted_is_empty());
    processes[1].is_dead = true;
    CHECK(adopted_is_alive(100) && !adopted_is_alive(101) && !adopted_is_alive(102));
    CHECK_EQUAL(adopted_end(&left), 3);
    CHECK_EQUAL(left, 2);
}

static void the_owner_of_a_process_is_found_by_a_mark(void)
{
    struct member member;

    process_count = 3;
    processes[0].mark = 7;
    processes[0].below = 8;
    processes[1].below = 9; /* it has removed its own mark */
    member = adopted_member(100);
    CHECK(member.pid == 100 && member.session == 1100 && member.id == 7);
    CHECK_EQUAL(adopted_member(101).id, 9);
    CHECK_EQUAL(adopted_member(102).id, 0);
    has_marks = false;
    CHECK_EQUAL(adopted_member(101).id, 0);
}

static void one_census_serves_all(void)
{
    const struct census *census;
    int                  error = 0;

    CHECK_EQUAL(adopted_open(), 0);
    now = 1000;
    process_count = 3;
    processes[0].mark = 7;
    processes[1].is_dead = true;
    processes[2].mark = 8;
    look_takes = 0.25;
    adopted_lock();
    CHECK_EQUAL(adopted_last_begun(), 0);
    census = adopted_look(0, &error);
    CHECK(census != NULL && looks == 1 && census->number == 1 && adopted_last_begun() == 1);
    CHECK(census->count == 2 && census->found_dead && processes[1].is_reaped);
    CHECK(census->members[0].pid == 100 && census->members[0].id == 7);
    CHECK(census->members[1].pid == 102 && census->members[1].id == 8);
    CHECK(adopted_look(0, &error) == census &&
          looks == 1); /* it was begun after what the caller has seen */
    CHECK(sleeps[0] == '\0');
    census =
        adopted_look(1, &error); /* the next one begins after a pause as long as the last one */
    CHECK(looks == 2 && census->number == 2 && !census->found_dead && census->count == 2);
    CHECK_TEXT(sleeps, " 0.250");
    sleeps[0] = '\0';
    look_takes = 0.0001; /* a pause that is too short is none */
    now += 1;
    census = adopted_look(2, &error);
    census = adopted_look(3, &error);
    CHECK(looks == 4 && census->number == 4 && sleeps[0] == '\0');
    look_takes = 2.5;
    now += 1;
    census = adopted_look(4, &error);
    census = adopted_look(5, &error);
    CHECK(looks == 6 && census->number == 6);
    CHECK_TEXT(sleeps, " 1.000 1.000 0.500");
    look_takes = 1; /* a pause of just a second */
    sleeps[0] = '\0';
    now += 10;
    error = 99;
    census = adopted_look(6, &error);
    census = adopted_look(7, &error);
    CHECK(looks == 8 && census->number == 8 && error == 99);
    CHECK_TEXT(sleeps, " 1.000");
    read_error = -EMFILE;
    now += 10;
    CHECK(adopted_look(8, &error) == NULL && error == -EMFILE);
    CHECK_EQUAL(looks, 9);
    CHECK_EQUAL(adopted_last_begun(), 9);
    adopted_unlock();
    CHECK_EQUAL(depth, 0);
}

TEST_MAIN({"subreaper", the_supervisor_becomes_a_subreaper},
          {"reaped", adopted_processes_are_reaped_and_ended},
          {"owner", the_owner_of_a_process_is_found_by_a_mark}, {"census", one_census_serves_all})
