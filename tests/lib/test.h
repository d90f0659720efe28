/*
 * The functions that the programs of tests/lib share. A program is a list of cases: `PROGRAM CASE` runs one
 * case, `PROGRAM` prints the names of all. A check that fails prints its place and ends the process; so does the
 * deadline.
 */
#ifndef TEST_H
#define TEST_H

#include "k3thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * The seconds of a case: a hundred times what any case takes on an idle machine. See SLOWNESS in
 * tests/deadline.bash.
 */
#ifndef TEST_DEADLINE
#define TEST_DEADLINE 60
#endif

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

#ifdef __SANITIZE_THREAD__
#define TEST_TSAN 1
#else
#define TEST_TSAN 0
#endif
#if TEST_TSAN || defined __SANITIZE_ADDRESS__
#define TEST_SANITIZED 1
#else
#define TEST_SANITIZED 0
#endif

/* One case of a program. */
struct test_case {
    const char *name;
    void (*run)(void);
};

/* Reports a failed check, with the reason WHY. Ends the process by _exit, which does not wait for threads. */
static inline __attribute__((noreturn)) void test_fail(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, why);
    fflush(stderr);
    _exit(1);
}

static inline void test_equal(const char *file, int line, const char *source, long long got,
                              long long wanted)
{
    char text[512];

    if (got == wanted)
        return;
    snprintf(text, sizeof(text), "%s is %lld, not %lld", source, got, wanted);
    test_fail(file, line, text);
}

#define CHECK(condition) ((condition) ? (void) 0 : test_fail(__FILE__, __LINE__, #condition))
#define CHECK_EQUAL(got, wanted)                                                                   \
    test_equal(__FILE__, __LINE__, #got, (long long) (got), (long long) (wanted))
#define CHECK_TEXT(got, wanted) CHECK(strcmp(got, wanted) == 0)

/* Waits until CONDITION is true, and asks again and again. The deadline of the process ends the wait. */
#define WAIT_FOR(condition)                                                                        \
    do                                                                                             \
        test_pause();                                                                              \
    while (!(condition))

static inline void test_pause(void)
{
    const struct timespec pause = {0, 100000};

    nanosleep(&pause, NULL);
}

/* Returns how many descriptors are open: a leaked descriptor changes the number. */
static inline int test_count_open(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Returns how many times as long as usual everything takes: see tests/deadline.bash. */
static inline unsigned test_slowness(void)
{
    const char *slowness = getenv("SLOWNESS");

    return slowness != NULL ? (unsigned) atoi(slowness) : 1;
}

/* Begins the deadline of this process, whose signal ends the process. */
static inline void test_alarm(void)
{
    alarm(TEST_DEADLINE * test_slowness());
}

/* Returns MANY, or FEWER under valgrind (RUNNER) and sanitizers, where everything takes longer. */
static inline unsigned test_many(unsigned many, unsigned fewer)
{
    const char *runner = getenv("RUNNER");

    return TEST_SANITIZED || (runner != NULL && *runner != '\0') ? fewer : many;
}

static inline double test_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Returns the kernel's state of thread TID of this process: S sleeps, R runs; 0 if it is gone. */
static inline char test_state(pid_t tid)
{
    char        path[64], line[256];
    const char *end;
    FILE       *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int) tid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    end = strrchr(line, ')');
    return end != NULL ? end[2] : '\0';
}

/* Returns the address space of the process in bytes, also when its first thread is gone. */
static inline size_t test_address_space(void)
{
    unsigned long pages = 0;
    FILE         *file = fopen("/proc/thread-self/statm", "re");

    if (file == NULL || fscanf(file, "%lu", &pages) != 1)
        test_fail(__FILE__, __LINE__, "statm");
    fclose(file);
    return pages * (size_t) sysconf(_SC_PAGESIZE);
}

/* Larger than all stacks of gone threads that the C library keeps. Such a stack takes address space, not memory. */
#define TEST_HUGE_STACK ((size_t) 512 << 20)

/*
 * Waits until T sleeps in the kernel. T is then probably in the wait that the test is about, but not
 * surely: the test must hold in either case.
 */
static inline void test_wait_asleep(const k3thread *t)
{
    WAIT_FOR(test_state(k3thread_get_tid(t)) == 'S');
}

/* Starts a thread with TARGET, which has to succeed, and returns a reference. */
static inline k3thread *test_start(k3thread_target target, void *arg)
{
    k3thread *t = NULL;

    CHECK_EQUAL(k3thread_start(&t, target, arg, NULL), 0);
    return t;
}

/* Joins T, releases the reference, and returns the exception that ended T, or NULL. */
static inline const k3thread_exctype *test_end(k3thread *t)
{
    struct k3thread_result result;

    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    k3thread_unref(t);
    return result.exception;
}

/* Returns the type of the exception that FUNCTION throws, or NULL. */
static inline const k3thread_exctype *test_catch(void (*function)(void))
{
    const k3thread_exctype *volatile type = NULL;

    K3THREAD_TRY {
        function();
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        type = e->type;
    }
    K3THREAD_END
    return type;
}

/* Returns the mask of the calling thread. */
static inline enum k3thread_mask test_mask(void)
{
    enum k3thread_mask mask = k3thread_set_mask(K3THREAD_NEVER);

    k3thread_set_mask(mask);
    return mask;
}

/*
 * Ends the process when its time is up, and its children, which are in its group: a child that stayed would hold
 * the output that bats waits for. ThreadSanitizer calls a handler only where a thread waits, so with it the signal
 * itself ends the process, without its children.
 */
static inline void test_time_is_up(int number)
{
    static const char message[] = "the deadline is over\n";

    (void) number;
    (void) !write(STDERR_FILENO, message, sizeof(message) - 1);
    (void) kill(0, SIGKILL);
}

static inline void test_begin_deadline(void)
{
    (void) setpgid(0, 0);
    if (!TEST_TSAN)
        (void) signal(SIGALRM, test_time_is_up);
    test_alarm();
}

/*
 * Runs SCENARIO in a child process and returns its status, as waitpid does. Stores its standard output and error in
 * OUTPUT, cut to SIZE - 1 bytes. The output ends when the process and its own children are gone.
 */
static inline int test_child(void (*scenario)(void), char *output, size_t size)
{
    size_t  used = 0;
    int     ends[2], status;
    ssize_t got;
    pid_t   pid;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        test_alarm();
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        scenario();
        exit(0);
    }
    close(ends[1]);
    while (used < size - 1 && (got = read(ends[0], output + used, size - 1 - used)) > 0)
        used += (size_t) got;
    output[used] = '\0';
    close(ends[0]);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    return status;
}

/*
 * The pid of the process while its case runs. An uncaught SystemExit ends a process with status 0; with this, a
 * case that has not come to its end fails. In a child that a case forks it does not count.
 */
static pid_t test_unfinished;

static inline void test_check_finished(void)
{
    if (test_unfinished == getpid())
        test_fail(__FILE__, __LINE__, "the case has not come to its end");
}

/* Fails if a later case has the name of the first one: it would never run. */
static inline void test_check_name(const struct test_case *cases)
{
    for (const struct test_case *other = cases + 1; other->name != NULL; other++)
        if (strcmp(other->name, cases->name) == 0)
            test_fail(__FILE__, __LINE__, "another case has the same name");
}

static inline int test_main(int argc, char **argv, const struct test_case *cases)
{
    for (; cases->name != NULL; cases++) {
        if (argc < 2) {
            puts(cases->name);
        } else if (strcmp(argv[1], cases->name) == 0) {
            test_check_name(cases);
            test_begin_deadline();
            test_unfinished = getpid();
            if (atexit(test_check_finished) != 0)
                return 1;
            cases->run();
            test_unfinished = 0;
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}

#define TEST_MAIN(...)                                                                             \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct test_case cases[] = {__VA_ARGS__, {NULL, NULL}};                       \
                                                                                                   \
        return test_main(argc, argv, cases);                                                       \
    }

#endif
