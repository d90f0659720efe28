/* Tests that a child which does not reach its exec is killed (cli/server/stuck.h). The clock is the test's. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/server/stuck.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct record threads[4]; /* the thread t has the id t + 1 */
static double        now = 1000;
static struct text   notified; /* the threads whose workers are asked for a report */

double clock_monotonic(void)
{
    return now;
}

double clock_earlier(double a, double b)
{
    return a < b ? a : b;
}

struct record *record_of_mail(struct mail *mail)
{
    return (struct record *) (void *) ((char *) mail - offsetof(struct record, assignment.mail));
}

void mailbox_notify(struct mail *mail)
{
    text_printf(&notified, "notify:%d ", (int) record_of_mail(mail)->id);
}

/* Returns a child that waits to be killed. */
static pid_t fork_child(void)
{
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        (void) alarm(TEST_DEADLINE); /* it stays no longer than a test that fails */
        for (;;)
            (void) pause();
    }
    return child;
}

static bool was_killed(pid_t child, int options)
{
    int status = 0;

    return waitpid(child, &status, options) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static void is_near(double value, double wanted)
{
    CHECK(value > wanted - 1e-6 && value < wanted + 1e-6);
}

static void stuck_children_are_killed(void)
{
    pid_t child = fork_child(), begun = fork_child();
    int   status;

    for (size_t i = 0; i < 4; i++)
        threads[i].id = i + 1;
    threads[3].now.pid = 99;
    CHECK(stuck_kill() < 0);
    for (size_t i = 0; i < 4; i++)
        stuck_watch(&threads[i]);
    stuck_watch(&threads[0]);
    check_written(&notified, "notify:1 notify:2 notify:3 ");
    atomic_store(&threads[0].assignment.spawning, child);
    is_near(stuck_kill(), 0.2);
    now += 0.1;
    is_near(stuck_kill(), 0.1);
    CHECK(waitpid(child, NULL, WNOHANG) == 0);
    threads[1].now.pid = begun; /* its command runs, so it is not killed */
    atomic_store(&threads[1].assignment.spawning, begun);
    stuck_unwatch(&threads[2]);
    now += 0.1 + 1e-7;
    is_near(stuck_kill(), 0.4);
    CHECK(was_killed(child, 0));
    CHECK(threads[0].is_stuck && !threads[1].is_stuck && !threads[2].is_stuck);
    CHECK_EQUAL(kill(begun, SIGTERM), 0);
    CHECK(waitpid(begun, &status, 0) == begun && WIFSIGNALED(status));
    CHECK_EQUAL(WTERMSIG(status), SIGTERM);
    atomic_store(&threads[0].assignment.spawning, 0); /* another child comes a little later */
    now += 0.4 + 1e-7;
    is_near(stuck_kill(), 0.8);
    child = fork_child();
    atomic_store(&threads[0].assignment.spawning, child);
    now += 0.5;
    is_near(stuck_kill(), 0.3);
    now += 0.3 + 1e-7;
    is_near(stuck_kill(), 1.6);
    CHECK(was_killed(child, 0));
    stuck_unwatch(&threads[0]);
    stuck_unwatch(&threads[0]);
    CHECK(stuck_kill() < 0);
}

TEST_MAIN({"kill", stuck_children_are_killed})
