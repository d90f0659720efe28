/*
 * Tests how the use of living processes is added up (cli/process/live_usage.h), and which account an ended one counts
 * towards (account.h). What /proc says of each process is this file's.
 */
#include "tests/lib/test.h"

#include "cli/process/account.h"
#include "cli/process/children.h"
#include "cli/process/live_usage.h"
#include "cli/process/mark.h"
#include "cli/process/proc.h"

#include <stdbool.h>
#include <sys/mman.h>

pid_t __wrap_getsid(pid_t pid);

static const char *pages[6]; /* of the processes 1 to 6, of which each is the parent of the next */

ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    CHECK_TEXT(name, "stat");
    CHECK(pid >= 1 && pid <= 6);
    if (pages[pid - 1] == NULL)
        return -ENOENT;
    return snprintf(page, size, "%s", pages[pid - 1]);
}

void children_walk(pid_t pid, bool (*visit)(pid_t pid, void *context), void *context)
{
    for (bool goes_on = true; goes_on && pid < 6; pid++)
        goes_on = visit(pid + 1, context);
}

/* Returns a line of /proc/PID/stat with these figures. */
#define LINE(user, system, children_user, children_system, pages)                                  \
    "1 (a) b) S 2 3 4 5 6 7 8 9 10 11 " user " " system " " children_user " " children_system      \
    " 16 17 18 19 20 21 " pages " 23 24"

static void the_use_of_a_family_is_the_sum(void)
{
    const double      second = (double) sysconf(_SC_CLK_TCK);
    const uint64_t    page = (uint64_t) sysconf(_SC_PAGESIZE);
    struct live_usage usage;

    for (size_t i = 0; i < 6; i++)
        pages[i] = LINE("1", "20", "300", "4000", "5");
    usage = live_usage_read(1, 100);
    CHECK(usage.processes == 6 && usage.cpu == 6 * 4321 / second && usage.memory == 30 * page);
    usage = live_usage_read(1, 4);
    CHECK(usage.processes == 4 && usage.cpu == 4 * 4321 / second && usage.memory == 20 * page);
    usage = live_usage_read(1, 1);
    CHECK(usage.processes == 1 && usage.cpu == 4321 / second && usage.memory == 5 * page);
    pages[1] = NULL; /* it has ended */
    pages[2] = "3 (c S 1";
    pages[3] = "4 (d) S 1 2 3";
    pages[5] = LINE("10000", "0", "0", "0", "7");
    usage = live_usage_read(1, 100);
    CHECK(usage.processes == 6 && usage.memory == 17 * page);
    CHECK_EQUAL(usage.cpu * second, 2 * 4321 + 10000);
}

/* Accounts */

static pid_t session = -1; /* of every process; -1: its own */

pid_t __wrap_getsid(pid_t pid)
{
    CHECK(pid > 0);
    return session;
}

uint64_t mark_read(pid_t pid)
{
    (void) pid;
    return 0;
}

/* Starts a process that uses memory, and ends. */
static void start_and_await(void)
{
    const size_t size = (size_t) 8 * 1024 * 1024;
    siginfo_t    info;
    pid_t        pid = fork();

    if (pid == 0) {
        char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
            _exit(1);
        memset(memory, 1, size);
        _exit(0);
    }
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_EQUAL(info.si_status, 0);
}

/* A process whose session is outside of this namespace, or gone, counts to no thread that has no command yet. */
static void a_process_without_a_session_here_counts_to_no_thread(void)
{
    struct account waiting, running;

    account_open(&waiting, 1);
    account_open(&running, 2);
    account_set_leader(&running, 5);
    for (session = -1; session <= 0; session++) {
        start_and_await();
        CHECK(account_reap_any(P_ALL, 0));
    }
    CHECK(account_usage(&waiting).memory == 0 && account_usage(&running).memory == 0);
    session = 5;
    start_and_await();
    CHECK(account_reap_any(P_ALL, 0));
    CHECK_EQUAL(account_usage(&waiting).memory, 0);
    CHECK(account_usage(&running).memory >= (size_t) 8 * 1024 * 1024);
    CHECK_EQUAL(account_usage(&running).memory % 4096, 0); /* it is a number of pages */
    account_close(&waiting);
    account_close(&running);
}

TEST_MAIN({"sum", the_use_of_a_family_is_the_sum},
          {"session", a_process_without_a_session_here_counts_to_no_thread})
