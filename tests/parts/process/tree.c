/*
 * Tests the search for leftovers alone: a process dies between a listing of children and the look at each
 * child. In a supervisor that would depend on timing.
 */
#include "tests/lib/test.h"

#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int __real_children_read(int fd, pid_t **ret, size_t *ret_count);
int __wrap_children_read(int fd, pid_t **ret, size_t *ret_count);
int __real_children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count);
int __wrap_children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count);

static pid_t leader, sibling, heir;
static int   looks;

static void await_death(pid_t pid)
{
    siginfo_t info;

    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
}

static void end(pid_t pid)
{
    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    await_death(pid);
}

/* The leader dies as soon as it is listed; its child is then adopted, and is in no list yet. */
int __wrap_children_read(int fd, pid_t **ret, size_t *ret_count)
{
    int error = __real_children_read(fd, ret, ret_count);

    if (sibling == 0 && looks++ == 0) {
        CHECK_EQUAL(*ret_count, 1);
        CHECK_EQUAL((*ret)[0], leader);
        CHECK_EQUAL(kill(leader, SIGKILL), 0);
        await_death(leader);
    }
    return error;
}

/* The sibling of the leader dies as soon as it is listed; its child is then adopted. */
int __wrap_children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count)
{
    int error = __real_children_list(pid, tid, ret, ret_count);

    if (sibling != 0 && looks++ == 0) {
        CHECK_EQUAL(*ret_count, 2);
        CHECK_EQUAL(kill(sibling, SIGKILL), 0);
        await_death(sibling);
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

/* A worker is another thread than the main thread, which has the adopted processes. */
static void *find(void *arg)
{
    CHECK_EQUAL(leftovers_find_and_lock(1, leader, arg), 0);
    leftovers_unlock();
    return NULL;
}

static void heirs_of_the_dead_are_found(void)
{
    struct leftovers tops;
    pthread_t        worker;
    int              ends[2];

    mark_open();
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(adopted_open(), 0);
    leader = start_leader(ends[1]);
    CHECK_EQUAL(read(ends[0], &heir, sizeof(heir)), sizeof(heir));
    CHECK_EQUAL(pthread_create(&worker, NULL, find, &tops), 0);
    CHECK_EQUAL(pthread_join(worker, NULL), 0);
    CHECK_EQUAL(tops.count, 1);
    CHECK_EQUAL(tops.pids[0], heir);
    leftovers_release(&tops);
    end(heir);
}

/* Makes a sibling, which has a child and stays, and ends. Writes the two pids to ANSWER. */
_Noreturn static void make_sibling(int answer)
{
    pid_t pids[2];

    CHECK(setsid() == getpid());
    pids[0] = (pid_t) syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    CHECK(pids[0] >= 0);
    if (pids[0] > 0)
        _exit(0);
    pids[0] = getpid();
    pids[1] = fork();
    CHECK(pids[1] >= 0);
    if (pids[1] > 0)
        CHECK_EQUAL(write(answer, pids, sizeof(pids)), sizeof(pids));
    test_alarm();
    for (;;)
        pause();
}

static void *find_beside_sibling(void *arg)
{
    pid_t pids[2];
    int   ends[2];

    CHECK_EQUAL(pipe(ends), 0);
    leader = fork();
    CHECK(leader >= 0);
    if (leader == 0)
        make_sibling(ends[1]);
    CHECK_EQUAL(read(ends[0], pids, sizeof(pids)), sizeof(pids));
    await_death(leader);
    sibling = pids[0];
    heir = pids[1];
    return find(arg);
}

static void heirs_of_a_sibling_are_found(void)
{
    struct leftovers tops;
    pthread_t        worker;

    mark_open();
    CHECK_EQUAL(adopted_open(), 0);
    CHECK_EQUAL(pthread_create(&worker, NULL, find_beside_sibling, &tops), 0);
    CHECK_EQUAL(pthread_join(worker, NULL), 0);
    CHECK_EQUAL(tops.count, 1);
    CHECK_EQUAL(tops.pids[0], heir);
    leftovers_release(&tops);
    end(heir);
}

/* A list of children is a file like any other here, of COUNT pids. */
static void check_long_list(pid_t count)
{
    int    fd = memfd_create("children", MFD_CLOEXEC);
    pid_t *pids;
    size_t read_count;

    for (pid_t pid = 1; pid <= count; pid++)
        CHECK(dprintf(fd, "%d ", 1000 + (int) pid) > 0);
    for (int i = 0; i < 2; i++) { /* it is read from its beginning each time */
        CHECK_EQUAL(children_read(fd, &pids, &read_count), 0);
        CHECK_EQUAL(read_count, count);
        for (pid_t pid = 1; pid <= count; pid++)
            CHECK_EQUAL(pids[pid - 1], 1000 + pid);
        free(pids);
    }
    close(fd);
}

static void a_list_of_children_is_read_whole(void)
{
    sibling = -1; /* nothing dies */
    for (pid_t count = 0; count <= 5; count++)
        check_long_list(count);
    for (pid_t count = 405; count < 415; count++) /* about half a buffer of 4 KiB */
        check_long_list(count);
    for (pid_t count = 815; count < 823; count++) /* a whole one */
        check_long_list(count);
    check_long_list(8000);
    CHECK_EQUAL(children_read(-1, NULL, NULL), -EBADF);
}

static bool note_pid(pid_t pid, void *context)
{
    CHECK(pid == heir || pid == leader);
    ++*(int *) context;
    return pid != leader;
}

/* A walk ends when it is told to. Another thread of a process may have children, too. */
static void a_walk_goes_on_as_long_as_it_is_told(void)
{
    int ends[2], visits = 0;

    sibling = -1;
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(adopted_open(), 0);
    leader = start_leader(ends[1]);
    CHECK_EQUAL(read(ends[0], &heir, sizeof(heir)), sizeof(heir));
    children_walk(getpid(), note_pid, &visits);
    CHECK_EQUAL(visits, 1);
    children_walk(leader, note_pid, &visits);
    CHECK_EQUAL(visits, 2);
    end(leader);
    end(heir); /* it is adopted */
}

TEST_MAIN({"heirs", heirs_of_the_dead_are_found}, {"sibling", heirs_of_a_sibling_are_found},
          {"list", a_list_of_children_is_read_whole},
          {"walk", a_walk_goes_on_as_long_as_it_is_told})
