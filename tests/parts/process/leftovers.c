/*
 * Tests which processes count as leftovers of a command (cli/process/leftovers.h). The lists of processes, and what is
 * known of each, are this file's, so that a process may end between two looks.
 */
#include "tests/parts/blocks.h"

#include "cli/process/adopted.h"
#include "cli/process/children.h"
#include "cli/process/leftovers.h"
#include "cli/process/mark.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int  __real_poll(struct pollfd *polls, nfds_t count, int milliseconds);
int  __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds);

#define ID        7
#define LEADER    100
#define FIRST_FD  60
#define LAST_SEEN 42

/* One process: a child of the worker, or an adopted one. */
struct process {
    pid_t    pid, session;
    uint64_t id;
    bool     is_reaped;    /* since the census */
    bool     is_held;      /* it is dead, and a debugger holds it */
    bool     is_unwatched; /* no descriptor of it can be opened */
    uint64_t later_id;     /* another process has got the pid since the census */
};

static struct process siblings[8], adopted[8];
static size_t         sibling_count, adopted_count;
static int            locks, looks, list_error, look_error;
static int            last_look;  /* from this one on the census has no process */
static int            emptied;    /* after this one nothing is adopted */
static bool           finds_dead; /* the next census */
static bool           has_adopted;

static const struct process *process_of(pid_t pid)
{
    for (size_t i = 0; i < 8; i++) {
        if (siblings[i].pid == pid)
            return &siblings[i];
        if (adopted[i].pid == pid)
            return &adopted[i];
    }
    test_fail(__FILE__, __LINE__, "a process that was not listed");
}

void adopted_lock(void)
{
    CHECK_EQUAL(locks++, 0);
}

void adopted_unlock(void)
{
    CHECK_EQUAL(--locks, 0);
}

bool adopted_is_empty(void)
{
    return !has_adopted;
}

uint64_t adopted_last_begun(void)
{
    return LAST_SEEN;
}

bool adopted_is_alive(pid_t pid)
{
    CHECK_EQUAL(locks, 1);
    return !process_of(pid)->is_reaped;
}

struct member adopted_member(pid_t pid)
{
    const struct process *process = process_of(pid);

    CHECK(!process->is_reaped);
    return (struct member){.pid = pid,
                           .session = process->session,
                           .id = process->later_id != 0 ? process->later_id : process->id};
}

const struct census *adopted_look(uint64_t seen, int *ret_error)
{
    static struct member members[8];
    static struct census census;

    CHECK(seen == LAST_SEEN && locks == 1);
    if (++looks == last_look)
        adopted_count = 0;
    if (looks == emptied)
        has_adopted = false;
    if (look_error != 0) {
        *ret_error = look_error;
        return NULL;
    }
    for (size_t i = 0; i < adopted_count; i++)
        members[i] = (struct member){adopted[i].pid, adopted[i].session, adopted[i].id};
    census = (struct census){.members = members, .count = adopted_count, .found_dead = finds_dead};
    finds_dead = false;
    return &census;
}

/* The worker's children: its command, and the siblings that this has made. */
int children_list(pid_t pid, pid_t tid, pid_t **ret, size_t *ret_count)
{
    CHECK(pid == getpid() && tid == gettid() && locks == 1);
    if (list_error != 0)
        return list_error;
    *ret = malloc((sibling_count + 1) * sizeof(**ret));
    if (*ret == NULL)
        return -ENOMEM;
    *ret_count = 0;
    for (size_t i = 0; i < sibling_count; i++)
        (*ret)[(*ret_count)++] = siblings[i].pid;
    (*ret)[(*ret_count)++] = LEADER; /* it is the last one, as the list is in no order */
    return 0;
}

long __wrap_syscall(long number, ...)
{
    const struct process *process;
    va_list               arguments;

    if (number != SYS_pidfd_open)
        return __real_syscall(number);
    va_start(arguments, number);
    process = process_of(va_arg(arguments, pid_t));
    va_end(arguments);
    return process->is_unwatched ? -1 : dup2(STDERR_FILENO, FIRST_FD + process->pid);
}

int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds)
{
    CHECK(count == 1 && polls->events == POLLIN && milliseconds == 0);
    if (!process_of(polls->fd - FIRST_FD)->is_held)
        return 0;
    polls->revents = POLLIN;
    return 1;
}

static void add_sibling(struct process process)
{
    siblings[sibling_count++] = process;
}

static void add_adopted(struct process process)
{
    adopted[adopted_count++] = process;
    has_adopted = true;
}

/* Looks for the leftovers, and checks that they are WANTED, whose last one is 0. Returns the roots. */
static struct leftovers find(const pid_t *wanted)
{
    struct leftovers roots;

    CHECK_EQUAL(leftovers_find_and_lock(ID, LEADER, &roots), 0);
    CHECK_EQUAL(locks, 1);
    leftovers_unlock();
    CHECK_EQUAL(locks, 0);
    for (size_t i = 0; i < roots.count; i++) {
        CHECK_EQUAL(roots.pids[i], wanted[i]);
        CHECK(roots.ends[i].events == POLLIN && roots.ends[i].revents == 0);
        CHECK_EQUAL(roots.ends[i].fd,
                    process_of(wanted[i])->is_unwatched ? -1 : FIRST_FD + wanted[i]);
    }
    CHECK_EQUAL(wanted[roots.count], 0);
    return roots;
}

/* Checks that the leftovers are WANTED, and that the look keeps nothing. */
static void check(const pid_t *wanted)
{
    int              before = test_count_open();
    struct leftovers roots = find(wanted);

    leftovers_release(&roots);
    CHECK(roots.count == 0 && roots.pids == NULL && roots.ends == NULL);
    leftovers_release(&roots); /* there is nothing more to release */
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(blocks, 0);
}

static void leftovers_have_the_mark_or_the_session(void)
{
    check((const pid_t[]){0});
    CHECK_EQUAL(looks, 0); /* nothing is adopted */
    add_sibling((struct process){.pid = 11, .session = 11, .id = ID});
    add_sibling((struct process){.pid = 12, .session = 12, .id = 8}); /* another thread's */
    add_sibling((struct process){.pid = 13, .session = LEADER});      /* it has removed its mark */
    add_sibling((struct process){.pid = 14, .session = 14});
    check((const pid_t[]){11, 13, 0});
    add_adopted((struct process){.pid = 21, .session = 21, .id = ID});
    add_adopted((struct process){.pid = 22, .session = 22, .id = 8});
    add_adopted((struct process){.pid = 23, .session = LEADER});
    add_adopted((struct process){.pid = 24, .session = 24});
    add_adopted((struct process){.pid = 25, .session = 25, .id = mark_check_id(ID)});
    check((const pid_t[]){11, 13, 21, 23, 25, 0});
    CHECK_EQUAL(looks, 1);
    sibling_count = 0;
    check((const pid_t[]){21, 23, 25, 0});
}

static void the_dead_and_the_strange_are_no_leftovers(void)
{
    add_sibling((struct process){.pid = 11, .id = ID, .is_reaped = true});
    add_sibling((struct process){.pid = 12, .id = ID, .is_held = true});
    add_sibling((struct process){.pid = 13, .id = ID, .is_unwatched = true});
    add_adopted((struct process){.pid = 21, .id = ID, .is_held = true});
    add_adopted((struct process){.pid = 22, .id = ID, .later_id = 8});
    add_adopted((struct process){.pid = 23, .id = ID, .is_reaped = true});
    add_adopted((struct process){.pid = 24, .id = ID, .is_unwatched = true});
    add_adopted((struct process){.pid = 25, .id = ID});
    check((const pid_t[]){13, 24, 25, 0});
    CHECK_EQUAL(looks, 1); /* those that were found are ended first */
}

/* The children of an adopted process that dies are adopted, and the census may have been too early for them. */
static void a_look_that_may_have_missed_processes_is_repeated(void)
{
    has_adopted = finds_dead = true;
    check((const pid_t[]){0});
    CHECK_EQUAL(looks, 2);
    finds_dead = true;
    add_adopted((struct process){.pid = 21, .id = ID});
    check((const pid_t[]){21, 0});
    CHECK_EQUAL(looks, 3);
    add_sibling((struct process){.pid = 11, .id = ID, .is_reaped = true});
    adopted_count = 0;
    check((const pid_t[]){0});
    CHECK_EQUAL(looks, 4); /* the census came after the sibling's death */
    finds_dead = true;
    emptied = 5;
    check((const pid_t[]){0});
    CHECK_EQUAL(looks, 5); /* nothing is left to look at */
}

static void a_process_that_was_reaped_since_the_census_calls_for_another_one(void)
{
    add_adopted((struct process){.pid = 21, .id = ID, .is_reaped = true});
    last_look = 3;
    check((const pid_t[]){0});
    CHECK_EQUAL(looks, 3);
}

static void a_look_that_fails_keeps_nothing(void)
{
    struct leftovers roots;
    int              before = test_count_open(), error = -ENOMEM, tries = 0;

    list_error = -EMFILE;
    CHECK_EQUAL(leftovers_find_and_lock(ID, LEADER, &roots), -EMFILE);
    CHECK(locks == 0 && looks == 0);
    list_error = 0;
    look_error = -ENFILE;
    add_sibling((struct process){.pid = 11, .id = ID});
    add_sibling((struct process){.pid = 12, .id = ID, .is_unwatched = true});
    add_adopted((struct process){.pid = 21, .id = ID});
    add_adopted((struct process){.pid = 22, .id = ID});
    CHECK_EQUAL(leftovers_find_and_lock(ID, LEADER, &roots), -ENFILE);
    CHECK(locks == 0 && roots.count == 0 && roots.pids == NULL && roots.ends == NULL);
    look_error = 0;
    while (error != 0) {
        CHECK_EQUAL(locks, 0);
        CHECK_EQUAL(test_count_open(), before);
        CHECK_EQUAL(blocks, 0);
        failing = tries++;
        error = leftovers_find_and_lock(ID, LEADER, &roots);
        CHECK(error == 0 || (error == -ENOMEM && roots.count == 0));
    }
    failing = -1;
    CHECK(tries > 6 && roots.count == 4);
    leftovers_unlock();
    leftovers_release(&roots);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(blocks, 0);
}

/* --- whether anything can be left --- */

/* Starts a process that does not end by itself, and whose end sends SIGNAL; 0: none. */
static pid_t start(int signal)
{
    pid_t pid = (pid_t) __real_syscall(SYS_clone, signal, NULL, NULL, NULL, NULL);

    if (pid == 0)
        for (test_alarm();;)
            pause();
    return pid;
}

static void *look_in_thread(void *unused)
{
    (void) unused;
    CHECK(leftovers_are_gone()); /* the children of another thread are no leftovers of this one */
    return NULL;
}

static void nothing_is_left_without_adopted_processes_and_living_children(void)
{
    siginfo_t info;
    pthread_t thread;
    pid_t     pid;

    CHECK(leftovers_are_gone());
    has_adopted = true;
    CHECK(!leftovers_are_gone());
    has_adopted = false;
    pid = start(0);
    CHECK(!leftovers_are_gone());
    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    CHECK_EQUAL(waitpid(pid, NULL, __WALL), pid);
    pid = start(SIGCHLD);
    CHECK(!leftovers_are_gone());
    CHECK_EQUAL(pthread_create(&thread, NULL, look_in_thread, NULL), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(kill(pid, SIGSTOP), 0);
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WSTOPPED | WNOWAIT), 0);
    CHECK(!leftovers_are_gone());
    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
    CHECK(leftovers_are_gone()); /* it is the command, which is not reaped yet */
    has_adopted = true;
    CHECK(!leftovers_are_gone());
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
}

TEST_MAIN({"members", leftovers_have_the_mark_or_the_session},
          {"dead", the_dead_and_the_strange_are_no_leftovers},
          {"again", a_look_that_may_have_missed_processes_is_repeated},
          {"reaped", a_process_that_was_reaped_since_the_census_calls_for_another_one},
          {"failed", a_look_that_fails_keeps_nothing},
          {"gone", nothing_is_left_without_adopted_processes_and_living_children})
