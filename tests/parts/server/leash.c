/* Tests alone the leashes of threads to real processes, of which the test is the parent. The test is the loop. */
#include "tests/lib/test.h"

#include "cli/base/loop.h"
#include "cli/server/leash.h"
#include "cli/server/record.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static struct source *source; /* the last that the loop watches */
static int            count;  /* how many it watches */
static int            adding; /* the result of loop_add() */

int loop_add(struct source *given, uint32_t events)
{
    CHECK(events != 0 && given->fd >= 0);
    if (adding != 0)
        return adding;
    source = given;
    count++;
    return 0;
}

void loop_close(struct source *given)
{
    if (given->fd < 0)
        return;
    close(given->fd);
    given->fd = -1;
    count--;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

static struct record records[3] = {{.id = 0}, {.id = 1}, {.id = 2}};
static char          told[100]; /* the records that were told */
static unsigned      deaf;      /* the bits of those that cannot be told */

static bool tell(struct record *record)
{
    char *end = told + strlen(told);

    *end++ = (char) ('0' + record->id);
    *end = '\0';
    return (deaf >> record->id & 1) == 0;
}

/* Checks that these records are told, and whether that is all. */
static void tells(const char *wanted, bool all)
{
    CHECK(leash_tell(tell) == all);
    if (strcmp(told, wanted) != 0)
        fprintf(stderr, "told: %s, not %s\n", told, wanted);
    CHECK_TEXT(told, wanted);
    told[0] = '\0';
}

static pid_t begin_process(void)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends also with a test that fails */
        for (;;)
            pause();
    }
    return pid;
}

/* Ends the process. It is dead then, but still there. */
static void end_process(pid_t pid)
{
    siginfo_t info;

    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    CHECK_EQUAL(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT), 0);
}

static struct leash *open_leash(pid_t pid)
{
    struct leash *leash = NULL;

    CHECK_EQUAL(leash_open(pid, &leash), 0);
    CHECK(leash != NULL);
    return leash;
}

static void snap(struct source *given)
{
    given->ready(given, 1);
}

/* Each thread is told once that its process has ended. */
static void told_once(void)
{
    pid_t          one = begin_process(), other = begin_process();
    struct source *first;
    char           message[100];

    leash_put(open_leash(one), &records[0]);
    first = source;
    leash_put(open_leash(other), &records[1]);
    leash_put(open_leash(one), &records[2]); /* one descriptor for both */
    CHECK_EQUAL(count, 2);
    CHECK(records[0].leash == records[2].leash && records[0].leash != records[1].leash);
    CHECK(!leash_has_snapped(&records[0]) && !leash_has_snapped(&records[1]));
    (void) snprintf(message, sizeof(message), "its leash, process %d, has ended", one);
    CHECK_TEXT(leash_message(&records[2]), message);
    tells("", true);
    end_process(one);
    CHECK(leash_has_snapped(&records[0]) &&
          !leash_has_snapped(&records[1])); /* the loop has not seen it */
    tells("", true);
    snap(first);
    CHECK_EQUAL(count, 1);
    CHECK(leash_has_snapped(&records[0]));
    tells("20", true);
    tells("", true);
    leash_tell_again(&records[0]);
    leash_tell_again(&records[0]);
    tells("0", true);
    end_process(other);
    snap(source);
    tells("1", true);
    for (int i = 0; i < 3; i++)
        leash_remove(&records[i]);
    CHECK(count == 0 && records[0].leash == NULL && !leash_has_snapped(&records[0]));
}

/* A thread that cannot be told now is told later; one that has ended, or was forgotten, is not. */
static void told_later(void)
{
    pid_t pid = begin_process();

    for (int i = 0; i < 3; i++)
        leash_put(open_leash(pid), &records[i]);
    end_process(pid);
    snap(source);
    deaf = 2;
    records[2].now.state = STATE_ENDED;
    tells("10", false);
    tells("1", false);
    deaf = 0;
    tells("1", true);
    tells("", true);
    leash_tell_again(&records[0]);
    leash_tell_again(&records[1]);
    leash_remove(&records[1]);
    tells("0", true);
}

/* The descriptor is closed with the last reference, and a later process with the pid has another leash. */
static void references(void)
{
    static const struct rlimit none = {0, 100}, some = {100, 100};

    pid_t         pid = begin_process();
    int           before = test_count_open();
    struct leash *leash = open_leash(pid), *same = open_leash(pid), *later;

#ifdef M_PERTURB
    mallopt(M_PERTURB, 90); /* the use of freed memory shows */
#endif
    CHECK(leash == same && test_count_open() == before + 1);
    leash_release(leash);
    CHECK(count == 1 && open_leash(pid) == leash);
    leash_release(leash);
    leash_release(leash);
    leash_release(NULL);
    CHECK(count == 0 && test_count_open() == before);
    leash = open_leash(pid);
    end_process(pid);
    later = open_leash(pid); /* the dead process is still there, but its leash is over */
    CHECK(later != leash);
    leash_release(later);
    leash_release(leash);
    CHECK(count == 0 && test_count_open() == before);
    CHECK(waitpid(pid, NULL, 0) == pid);
    leash_put(open_leash(getpid()), &records[0]);
    CHECK_EQUAL(count, 1);
    leash_remove(&records[0]);
    CHECK_EQUAL(count, 0);
    leash_put(open_leash(pid), &records[0]); /* there is no such process */
    CHECK(count == 0 && leash_has_snapped(&records[0]));
    leash_remove(&records[0]);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0); /* no descriptor is left */
    CHECK_EQUAL(leash_open(getpid(), &leash), -EMFILE);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &some), 0);
    adding = -ENOMEM;
    CHECK_EQUAL(leash_open(getpid(), &leash), -ENOMEM);
    CHECK_EQUAL(test_count_open(), before);
}

/* The error of pidfd_open(), which is another one in each version of the kernel; 0: the call is made. */
static int refusal;

long __real_syscall(long number, long a, long b);
long __wrap_syscall(long number, long a, long b);
long __wrap_syscall(long number, long a, long b)
{
    if (number != SYS_pidfd_open || refusal == 0)
        return __real_syscall(number, a, b);
    errno = refusal;
    return -1;
}

static void the_kernel_may_refuse_otherwise(void)
{
    static const int refusals[] = {EINVAL, ENOENT};
    struct leash    *leash;
    pid_t            pid = begin_process(), gone = begin_process();
    int              status;

    end_process(gone);
    CHECK_EQUAL(waitpid(gone, NULL, 0), gone);
    for (int i = 0; i < 2; i++) {
        refusal = refusals[i];
        CHECK_EQUAL(leash_open(pid, &leash), -EINVAL); /* as for a thread of a process */
        leash_put(open_leash(gone), &records[i]);
        CHECK(leash_has_snapped(&records[i]));
    }
    refusal = EMFILE;
    CHECK_EQUAL(leash_open(pid, &leash), -EMFILE);
    end_process(pid);
    CHECK(waitpid(pid, &status, 0) == pid && WTERMSIG(status) == SIGKILL); /* it got no other */
}

static pid_t tid;

static void *wait_for_ever(void *argument)
{
    __atomic_store_n((pid_t *) argument, (pid_t) syscall(SYS_gettid), __ATOMIC_SEQ_CST);
    for (;;)
        pause();
    return NULL;
}

/* A thread of a process is refused. A process of which only the group lives on has ended. */
static void odd_ids(void)
{
    struct leash *leash;
    pthread_t     thread;
    pid_t         leader = fork();

    if (leader == 0) {
        CHECK(setsid() > 0);
        if (fork() > 0)
            _exit(0);
        for (;;)
            pause();
    }
    CHECK_EQUAL(waitpid(leader, NULL, 0), leader);
    leash_put(open_leash(leader), &records[0]);
    CHECK(count == 0 && leash_has_snapped(&records[0]));
    CHECK_EQUAL(kill(-leader, SIGKILL), 0);
    CHECK_EQUAL(pthread_create(&thread, NULL, wait_for_ever, &tid), 0);
    WAIT_FOR(__atomic_load_n(&tid, __ATOMIC_SEQ_CST) != 0);
    CHECK_EQUAL(leash_open(tid, &leash), -EINVAL);
}

TEST_MAIN({"once", told_once}, {"later", told_later}, {"references", references}, {"odd", odd_ids},
          {"refused", the_kernel_may_refuse_otherwise})
