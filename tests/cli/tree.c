/*
 * Tests the search for leftovers alone: a process dies between the listing of children and the look at each
 * child. In a supervisor that would depend on timing.
 */
#include "tests/lib/test.h"

#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"

int __real_children_read(int fd, pid_t **ret, size_t *ret_count);
int __wrap_children_read(int fd, pid_t **ret, size_t *ret_count);

static pid_t leader, heir;
static int   looks;

/* The leader dies as soon as it is listed; its child is then adopted, and is in no list yet. */
int __wrap_children_read(int fd, pid_t **ret, size_t *ret_count)
{
    int       error = __real_children_read(fd, ret, ret_count);
    siginfo_t info;

    if (looks++ == 0) {
        CHECK_EQUAL(*ret_count, 1);
        CHECK_EQUAL((*ret)[0], leader);
        CHECK_EQUAL(kill(leader, SIGKILL), 0);
        CHECK_EQUAL(waitid(P_PID, (id_t) leader, &info, WEXITED | WNOWAIT), 0);
    }
    return error;
}

static pid_t start_leader(int answer)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    CHECK(setsid() == getpid());
    heir = fork();
    CHECK(heir >= 0);
    if (heir > 0)
        CHECK_EQUAL(write(answer, &heir, sizeof(heir)), sizeof(heir));
    test_alarm();
    for (;;)
        pause();
}

static void heirs_of_the_dead_are_found(void)
{
    struct leftovers tops;
    int              ends[2];

    mark_open();
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(adopted_open(), 0);
    leader = start_leader(ends[1]);
    CHECK_EQUAL(read(ends[0], &heir, sizeof(heir)), sizeof(heir));
    CHECK_EQUAL(leftovers_find_and_lock(1, leader, &tops), 0);
    CHECK_EQUAL(tops.count, 1);
    CHECK_EQUAL(tops.pids[0], heir);
    CHECK_EQUAL(kill(heir, SIGKILL), 0);
}

TEST_MAIN({"heirs", heirs_of_the_dead_are_found})
