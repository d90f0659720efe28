/*
 * Tests the lists of children, the walk through all processes below one, and their end (cli/process/children.h). What
 * opens, signals and marks processes is this file's; the processes are real.
 */
#include "tests/parts/blocks.h"

#include "cli/process/account.h"
#include "cli/process/children.h"
#include "cli/process/handle.h"
#include "cli/process/mark.h"

#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>

pid_t __wrap_getpgid(pid_t pid);
pid_t __wrap_getpgrp(void);
DIR  *__real_opendir(const char *path);
DIR  *__wrap_opendir(const char *path);
int   __real_kill(pid_t pid, int signal);
int   __wrap_kill(pid_t pid, int signal);

#define OWN_GROUP 777

static char  done[512];
static pid_t root, member; /* a process, and its child */

static void note(const char *format, int number)
{
    size_t size = strlen(done);

    (void) snprintf(done + size, sizeof(done) - size, format, number);
}

static void check_done(const char *wanted)
{
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "done:%s\n", done);
    CHECK_TEXT(done, wanted);
    done[0] = '\0';
}

/* Waits until the process PID is dead. It stays unreaped. */
static void await_death(pid_t pid)
{
    siginfo_t info;

    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
}

static _Noreturn void rest(void)
{
    test_alarm();
    for (;;)
        pause();
}

/* Starts a process that has a child. BEAR makes the child, and returns its id in the process. */
static void start_family(pid_t (*bear)(void))
{
    int ends[2];

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && pipe2(ends, O_CLOEXEC) == 0);
    root = fork();
    CHECK(root >= 0);
    if (root == 0) {
        pid_t child = bear();

        CHECK_EQUAL(write(ends[1], &child, sizeof(child)), sizeof(child));
        rest();
    }
    CHECK_EQUAL(read(ends[0], &member, sizeof(member)), sizeof(member));
    close(ends[0]);
    close(ends[1]);
}

/* Ends the root, with which its children end at the latest, and reaps all of them: this process adopts them. */
static void end_family(void)
{
    CHECK_EQUAL(__real_kill(root, SIGKILL), 0);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    CHECK_EQUAL(errno, ECHILD);
}

/* The child ends with its parent at the latest. */
static pid_t bear_child(void)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        CHECK_EQUAL(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
        if (getppid() != parent)
            _exit(0); /* the parent was dead already */
        rest();
    }
    return pid;
}

/* --- lists --- */

static void a_list_needs_memory_and_keeps_none(void)
{
    int    fd = memfd_create("children", MFD_CLOEXEC), error = -ENOMEM, tries = 0;
    pid_t *pids = NULL;
    size_t count;

    for (int pid = 0; pid < 3000; pid++) /* it is longer than two buffers */
        CHECK(dprintf(fd, "%d ", 1000 + pid) > 0);
    while (error != 0) {
        failing = tries++;
        error = children_read(fd, &pids, &count);
        CHECK(error == 0 || error == -ENOMEM);
        CHECK_EQUAL(blocks, error == 0);
    }
    failing = -1;
    CHECK(tries > 4); /* more than one block was made larger */
    CHECK(count == 3000 && pids[0] == 1000 && pids[2999] == 3999);
    free(pids);
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    for (int pid = 0; pid < 5; pid++)
        CHECK(dprintf(fd, "%d ", 7) > 0);
    CHECK_EQUAL(children_read(fd, &pids, &count), 0);
    CHECK(count == 5 && pids[4] == 7);
    free(pids);
    CHECK_EQUAL(children_read(-1, &pids, &count), -EBADF);
    CHECK_EQUAL(blocks, 0);
    close(fd);
}

static void a_list_is_opened_and_closed(void)
{
    int    before = test_count_open(), fd;
    pid_t *pids;
    size_t count;

    start_family(bear_child);
    fd = children_open(getpid(), getpid());
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    CHECK_EQUAL(children_open(root, getpid()), -ENOENT); /* not one of its threads */
    CHECK_EQUAL(children_list(root, root, &pids, &count), 0);
    CHECK(count == 1 && pids[0] == member);
    free(pids);
    CHECK_EQUAL(children_list(root, getpid(), &pids, &count), -ENOENT);
    CHECK_EQUAL(test_count_open(), before);
    end_family();
}

/* --- signals --- */

static void deaths_of_children_come_as_no_signal(void)
{
    sigset_t set, old;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQUAL(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
    children_block_signal();
    CHECK_EQUAL(pthread_sigmask(SIG_SETMASK, NULL, &old), 0);
    CHECK(sigismember(&old, SIGCHLD) && sigismember(&old, SIGUSR1) && !sigismember(&old, SIGTERM));
}

static int dead;

bool account_reap_any(idtype_t type, id_t id)
{
    CHECK(type == P_ALL && id == 0);
    return dead-- > 0;
}

static void all_dead_children_are_reaped(void)
{
    dead = 3;
    children_reap();
    CHECK_EQUAL(dead, -1);
}

/* --- walks --- */

static bool note_member(pid_t pid, void *context)
{
    (void) context;
    if (pid == root)
        note(" root", 0);
    else if (pid == member)
        note(" member", 0);
    else
        note(" %d", pid);
    return true;
}

static bool kill_root(pid_t pid, void *context)
{
    if (pid == root) {
        CHECK_EQUAL(__real_kill(root, SIGKILL), 0);
        await_death(root);
    }
    return note_member(pid, context);
}

static void *bear_in_thread(void *ret_pid)
{
    *(pid_t *) ret_pid = bear_child();
    rest();
}

static int lists_of_threads; /* that were opened */

DIR *__wrap_opendir(const char *path)
{
    lists_of_threads++;
    return __real_opendir(path);
}

/* Starts a child in another thread. */
static pid_t bear_child_of_thread(void)
{
    static _Atomic pid_t pid;
    pthread_t            thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, bear_in_thread, (void *) &pid), 0);
    WAIT_FOR(pid != 0);
    return pid;
}

static void a_walk_finds_children_of_all_threads(void)
{
    int before = test_count_open();

    start_family(bear_child_of_thread);
    children_walk(getpid(), note_member, NULL);
    check_done(" root member");
    CHECK_EQUAL(lists_of_threads, 1); /* most processes have one thread, and need no list */
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(blocks, 0);
    end_family();
}

static void a_walk_finds_the_children_of_what_it_kills(void)
{
    start_family(bear_child);
    children_walk(getpid(), kill_root, NULL);
    check_done(" root member");
    end_family();
}

/* Without memory a walk finds less, and goes on with the processes that it has found. */
static void a_walk_without_memory_finds_less(void)
{
    start_family(bear_child);
    children_walk(root, note_member, NULL);
    check_done(" member");
    for (int allocations = 0; allocations < 3; allocations++) { /* for the first list */
        failing = allocations;
        children_walk(getpid(), note_member, NULL);
        check_done("");
        CHECK_EQUAL(blocks, 0);
    }
    for (int allocations = 3; allocations < 6; allocations++) { /* for the second */
        failing = allocations;
        children_walk(getpid(), note_member, NULL);
        check_done(" root");
        CHECK_EQUAL(blocks, 0);
    }
    failing = 6;
    children_walk(getpid(), note_member, NULL);
    check_done(" root member");
    CHECK_EQUAL(blocks, 0);
    failing = -1;
    end_family();
}

/* --- ends --- */

static pid_t    group; /* of the process that is killed */
static uint64_t mark_of_member;
static bool     member_is_gone;
static int      kill_error;

pid_t __wrap_getpgrp(void)
{
    return OWN_GROUP;
}

pid_t __wrap_getpgid(pid_t pid)
{
    CHECK_EQUAL(pid, root);
    return group;
}

int __wrap_kill(pid_t pid, int signal)
{
    CHECK_EQUAL(signal, SIGKILL);
    note(pid == root ? " kill:root" : pid == member ? " kill:member" : " kill:%d", pid);
    errno = kill_error != 0 ? kill_error : EPERM; /* after success it means nothing */
    return kill_error != 0 ? -1 : 0;
}

bool handle_open(pid_t pid, struct handle *ret)
{
    note(" open", 0);
    *ret = (struct handle){.pid = pid, .fd = 99};
    return pid != member || !member_is_gone;
}

void handle_signal(const struct handle *handle, int signal)
{
    CHECK(handle->pid > 0 && handle->fd == 99);
    note(" signal:%d", signal);
}

void handle_close(const struct handle *handle)
{
    CHECK(handle->pid > 0 && handle->fd == 99);
    note(" close", 0);
}

uint64_t mark_read(pid_t pid)
{
    note(" mark", 0);
    return pid == member ? mark_of_member : 8;
}

/* Starts three children, of which the second one counts. */
static pid_t bear_children(void)
{
    pid_t pid;

    (void) bear_child();
    pid = bear_child();
    (void) bear_child();
    return pid;
}

static void a_process_is_killed_with_its_group_and_all_below_it(void)
{
    start_family(bear_children);
    group = 54321;
    mark_of_member = 7;
    CHECK_EQUAL(children_kill_group(root), 0);
    check_done(" kill:-54321 kill:root");
    CHECK_EQUAL(children_kill(root), 0);
    check_done(" open mark signal:9 close open mark signal:9 close open mark signal:9 close"
               " kill:-54321 kill:root");
    mark_of_member = 0; /* the pid may be another process's by now */
    CHECK_EQUAL(children_kill(root), 0);
    check_done(" open mark signal:9 close open mark close open mark signal:9 close"
               " kill:-54321 kill:root");
    member_is_gone = true;
    CHECK_EQUAL(children_kill(root), 0);
    check_done(" open mark signal:9 close open open mark signal:9 close kill:-54321 kill:root");
    kill_error = EPERM;
    CHECK_EQUAL(children_kill(root), -EPERM);
    kill_error = ESRCH; /* it is gone */
    CHECK_EQUAL(children_kill(root), 0);
    end_family();
}

/* Checks that the GROUP of the process, which may be wrong or strange, is not killed. */
static void check_spared_group(pid_t its_group)
{
    group = its_group;
    CHECK_EQUAL(children_kill(root), 0);
    check_done(" open mark close kill:root");
}

static void a_kill_spares_other_groups(void)
{
    start_family(bear_child);
    check_spared_group(-1); /* it is gone: kill(1) would end all processes here */
    check_spared_group(0);  /* outside this namespace: kill(0) would end this process */
    check_spared_group(1);  /* kill(-1) would end all processes */
    check_spared_group(OWN_GROUP);
    group = 2;
    CHECK_EQUAL(children_kill(root), 0);
    check_done(" open mark close kill:-2 kill:root");
    end_family();
}

TEST_MAIN({"memory", a_list_needs_memory_and_keeps_none}, {"open", a_list_is_opened_and_closed},
          {"signal", deaths_of_children_come_as_no_signal}, {"reap", all_dead_children_are_reaped},
          {"threads", a_walk_finds_children_of_all_threads},
          {"killed", a_walk_finds_the_children_of_what_it_kills},
          {"less", a_walk_without_memory_finds_less},
          {"kill", a_process_is_killed_with_its_group_and_all_below_it},
          {"groups", a_kill_spares_other_groups})
