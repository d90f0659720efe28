/*
 * Tests the limits of the supervisor and of its commands (cli/process/limits.h) as root and as another user. The
 * kernel's limits are this file's.
 */
#include "tests/lib/test.h"

#include "cli/base/libc.h"
#include "cli/process/limits.h"

#include <stdbool.h>

int __wrap_getrlimit(limit_resource resource, struct rlimit *ret);
int __wrap_setrlimit(limit_resource resource, const struct rlimit *limit);
int __wrap_getpriority(int which, id_t who);
int __wrap_setpriority(int which, id_t who, int nice);

#define FILES_MOST ((rlim_t) 1 << 20) /* as the kernel has it by default */

static struct rlimit kernel[RLIM_NLIMITS];
static int           sets; /* how often a limit was to be set */
static int           niceness;
static bool          is_root, forbids_all;

int __wrap_getrlimit(limit_resource resource, struct rlimit *ret)
{
    *ret = kernel[resource];
    return 0;
}

int __wrap_setrlimit(limit_resource resource, const struct rlimit *limit)
{
    rlim_t most = is_root ? RLIM_INFINITY : kernel[resource].rlim_max;

    sets++;
    CHECK(limit->rlim_cur <= limit->rlim_max);
    if (resource == RLIMIT_NOFILE && is_root)
        most = FILES_MOST;
    errno = EPERM;
    if (forbids_all || (limit->rlim_max > most && limit->rlim_max > kernel[resource].rlim_max))
        return -1;
    kernel[resource] = *limit;
    return 0;
}

int __wrap_getpriority(int which, id_t who)
{
    CHECK(which == PRIO_PROCESS && who == 0);
    return niceness;
}

int __wrap_setpriority(int which, id_t who, int nice)
{
    CHECK(which == PRIO_PROCESS && who == 0);
    errno = EACCES;
    if (nice < niceness && !is_root)
        return -1;
    niceness = nice;
    return 0;
}

static void set(int resource, rlim_t soft, rlim_t hard)
{
    kernel[resource] = (struct rlimit){soft, hard};
}

static void check(int resource, rlim_t soft, rlim_t hard)
{
    CHECK_EQUAL(kernel[resource].rlim_cur, soft);
    CHECK_EQUAL(kernel[resource].rlim_max, hard);
}

/* Opens the limits of a supervisor that has none but those that are set later. */
static void begin(bool root)
{
    is_root = root;
    for (int i = 0; i < RLIM_NLIMITS; i++)
        set(i, RLIM_INFINITY, RLIM_INFINITY);
    set(RLIMIT_NOFILE, FILES_MOST, FILES_MOST);
    sets = 0;
}

static void a_supervisor_raises_what_it_may(void)
{
    begin(true);
    CHECK(limits_open() == RLIM_INFINITY);
    CHECK_EQUAL(sets, 0); /* there is nothing to raise */
    set(RLIMIT_CPU, 10, 20);
    set(RLIMIT_NOFILE, 64, 128);
    set(RLIMIT_NPROC, 5, RLIM_INFINITY);
    set(RLIMIT_CORE, 7, 8);
    CHECK(limits_open() == RLIM_INFINITY);
    check(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY);
    check(RLIMIT_NOFILE, FILES_MOST, FILES_MOST);
    check(RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY);
    check(RLIMIT_CORE, 7, 8); /* a core file cannot hurt the supervisor */
    CHECK_EQUAL(sets, 3);
    set(RLIMIT_NOFILE, 64, 2 * FILES_MOST); /* by an administrator; it is not lowered */
    CHECK(limits_open() == RLIM_INFINITY);
    check(RLIMIT_NOFILE, 2 * FILES_MOST, 2 * FILES_MOST);
    begin(false);
    set(RLIMIT_CPU, 10, 20);
    set(RLIMIT_NOFILE, 64, 128);
    set(RLIMIT_NPROC, 5, RLIM_INFINITY);
    CHECK_EQUAL(limits_open(), 20);
    check(RLIMIT_CPU, 20, 20);
    check(RLIMIT_NOFILE, 128, 128);
    check(RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY);
    CHECK(limits_started_with()->of[LIMIT_CPU].rlim_cur == 10);
    CHECK(limits_started_with()->of[LIMIT_NPROC].rlim_cur == 5);
}

/* Applies SOFT and HARD to the number of files, and checks which limits are missed, and how often one is set. */
static void apply(rlim_t soft, rlim_t hard, unsigned missed, int wanted_sets)
{
    struct limits wanted = *limits_started_with();

    sets = 0;
    wanted.of[LIMIT_NOFILE] = (struct rlimit){soft, hard};
    CHECK_EQUAL(limits_apply(&wanted), missed);
    CHECK_EQUAL(sets, wanted_sets);
}

static void a_command_gets_the_limits_of_its_caller(void)
{
    struct limits wanted;

    begin(true);
    set(RLIMIT_NOFILE, 64, 128);
    (void) limits_open();
    apply(FILES_MOST, FILES_MOST, 0, 0); /* the supervisor's own need no call */
    apply(64, 128, 0, 1);
    check(RLIMIT_NOFILE, 64, 128);
    apply(64, FILES_MOST, 0, 1);
    check(RLIMIT_NOFILE, 64, FILES_MOST);
    wanted = *limits_started_with();
    wanted.of[0] = (struct rlimit){5, 6};
    wanted.of[LIMITS_COUNT - 1] = (struct rlimit){7, 8};
    CHECK_EQUAL(limits_apply(&wanted), 0);
    check(RLIMIT_CPU, 5, 6); /* the first, and the last */
    check(RLIMIT_RTTIME, 7, 8);
    begin(false);
    set(RLIMIT_NOFILE, 64, 128);
    (void) limits_open();
    apply(128, 128, 0, 0);
    apply(128, 256, 1U << LIMIT_NOFILE, 2); /* the hard limit forbids it */
    check(RLIMIT_NOFILE, 128, 128);
    apply(200, 256, 1U << LIMIT_NOFILE, 2);
    check(RLIMIT_NOFILE, 128, 128);
    apply(100, 256, 1U << LIMIT_NOFILE, 2);
    check(RLIMIT_NOFILE, 100, 128);
}

/* If the kernel or a filter refuses all, the limits are what they were. */
static void a_supervisor_that_may_raise_nothing_knows_its_limits(void)
{
    begin(false);
    set(RLIMIT_NOFILE, 64, 128);
    set(RLIMIT_CPU, 10, 20);
    forbids_all = true;
    CHECK_EQUAL(limits_open(), 20);
    check(RLIMIT_NOFILE, 64, 128);
    apply(64, 128, 0, 0);
    forbids_all = false;
    apply(64, 100, 0, 1);
    check(RLIMIT_NOFILE, 64, 100);
}

static void a_command_gets_the_niceness_of_its_caller(void)
{
    struct limits wanted;

    begin(false);
    niceness = 3;
    (void) limits_open();
    wanted = *limits_started_with();
    CHECK_EQUAL(wanted.nice, 3);
    CHECK_EQUAL(limits_apply(&wanted), 0);
    wanted.nice = 5;
    CHECK_EQUAL(limits_apply(&wanted), 0);
    CHECK_EQUAL(niceness, 5);
    wanted.nice = 2;
    CHECK_EQUAL(limits_apply(&wanted), LIMITS_NICENESS);
    CHECK_EQUAL(niceness, 5);
}

TEST_MAIN({"raised", a_supervisor_raises_what_it_may},
          {"applied", a_command_gets_the_limits_of_its_caller},
          {"refused", a_supervisor_that_may_raise_nothing_knows_its_limits},
          {"niceness", a_command_gets_the_niceness_of_its_caller})
