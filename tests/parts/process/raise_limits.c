/* Tests how a supervisor raises its limits (cli/process/limits.h). The limits are not the kernel's, but this file's. */
#include "tests/lib/test.h"

#include "cli/base/libc.h"
#include "cli/process/limits.h"

#include <stdbool.h>
#include <sys/resource.h>

int __wrap_getrlimit(limit_resource resource, struct rlimit *ret);
int __wrap_setrlimit(limit_resource resource, const struct rlimit *limit);
int __wrap_getpriority(int which, id_t who);
int __wrap_setpriority(int which, id_t who, int niceness);

static struct rlimit limits[RLIM_NLIMITS];
static bool          is_privileged, is_locked;
static int           calls, niceness;

int __wrap_getrlimit(limit_resource resource, struct rlimit *ret)
{
    *ret = limits[resource];
    return 0;
}

int __wrap_setrlimit(limit_resource resource, const struct rlimit *limit)
{
    calls++;
    if (is_locked || (limit->rlim_max > limits[resource].rlim_max && !is_privileged))
        return -1;
    CHECK(limit->rlim_cur <= limit->rlim_max);
    limits[resource] = *limit;
    return 0;
}

int __wrap_getpriority(int which, id_t who)
{
    CHECK(which == PRIO_PROCESS && who == 0);
    return 7;
}

int __wrap_setpriority(int which, id_t who, int value)
{
    CHECK(which == PRIO_PROCESS && who == 0);
    niceness = value;
    return 0;
}

static rlim_t open_with(rlim_t current, rlim_t most, bool privileged)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        limits[i] = (struct rlimit){current, most};
    is_privileged = privileged;
    calls = 0;
    return limits_open();
}

static bool is(limit_resource resource, rlim_t current, rlim_t most)
{
    return limits[resource].rlim_cur == current && limits[resource].rlim_max == most;
}

static void root_has_the_highest_limits(void)
{
    const rlim_t files = (rlim_t) 1 << 20, all = RLIM_INFINITY;

    CHECK(open_with(64, 128, true) == all);
    CHECK(is(RLIMIT_NOFILE, files, files) && is(RLIMIT_CPU, all, all) && is(RLIMIT_AS, all, all));
    CHECK(is(RLIMIT_FSIZE, all, all) && is(RLIMIT_DATA, all, all) && is(RLIMIT_STACK, all, all));
    CHECK(is(RLIMIT_NPROC, all, all) && is(RLIMIT_SIGPENDING, all, all));
    CHECK(is(RLIMIT_CORE, 64, 128) && is(RLIMIT_MEMLOCK, 64, 128)); /* they hurt no supervisor */
    CHECK_EQUAL(calls, 8);
    CHECK(limits_started_with()->of[LIMIT_CPU].rlim_cur == 64 && limits_started_with()->nice == 7);
    CHECK(open_with(64, 2 * files, true) == all);
    CHECK(is(RLIMIT_NOFILE, 2 * files, 2 * files)); /* a higher limit stays */
    CHECK(open_with(all, all, true) == all);
    CHECK_EQUAL(calls, 0);
    CHECK(open_with(files, files, true) == all);
    CHECK_EQUAL(calls, 7); /* of open files there can be no more */
}

static void others_have_their_hard_limits(void)
{
    CHECK_EQUAL(open_with(64, 128, false), 128);
    CHECK(is(RLIMIT_NOFILE, 128, 128) && is(RLIMIT_CPU, 128, 128) && is(RLIMIT_CORE, 64, 128));
    CHECK_EQUAL(calls, 16);
    CHECK(open_with(64, RLIM_INFINITY, false) == RLIM_INFINITY);
    CHECK(is(RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY));
    CHECK_EQUAL(calls, 8);
    is_locked = true; /* a filter refuses the call */
    CHECK_EQUAL(open_with(64, 128, true), 128);
    CHECK(is(RLIMIT_CPU, 64, 128));
    calls = 0;
    CHECK_EQUAL(limits_apply(limits_started_with()), 0); /* they are the process's own still */
    CHECK_EQUAL(calls, 0);
}

static void a_command_gets_the_limits_of_its_client(void)
{
    struct limits wanted;

    (void) open_with(64, 128, false);
    wanted = *limits_started_with();
    calls = 0;
    CHECK_EQUAL(limits_apply(&wanted), 0);
    CHECK_EQUAL(calls, 8); /* the others are as they were */
    CHECK(is(RLIMIT_CPU, 64, 128));
    wanted.of[LIMIT_CORE] = (struct rlimit){64, 100};
    wanted.of[LIMIT_CPU] = (struct rlimit){200, 300}; /* the hard limit forbids it */
    wanted.nice = 9;
    (void) open_with(64, 128, false);
    CHECK_EQUAL(limits_apply(&wanted), 1U << LIMIT_CPU);
    CHECK(is(RLIMIT_CORE, 64, 100) && is(RLIMIT_CPU, 128, 128) && niceness == 9);
}

TEST_MAIN({"root", root_has_the_highest_limits}, {"others", others_have_their_hard_limits},
          {"command", a_command_gets_the_limits_of_its_client})
