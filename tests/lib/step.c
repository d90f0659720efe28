/*
 * Tests the time between the check and the block of each wait, by a raise at every machine instruction.
 *
 * A tracer runs a thread one instruction at a time, up to instruction N of a wait, and has the raise made there;
 * for every N until the thread is blocked in the kernel, or the wait has returned. After each raise the thread must
 * have caught exactly one exception within the deadline. The wait must have had its effect if it returned, and no
 * effect if it threw.
 *
 * In the traced process two threads matter: the target, and the main thread, which carries out the commands that
 * the tracer sends through a pipe.
 */
#include "stepped.h"

#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>

/* The tracer */

static pid_t process, thread; /* the traced process, and its target */
static int   commands, answers;
static int   undelivered; /* a signal at which the thread has stopped */
static bool  returns;     /* the wait returns by itself: if it sleeps, then not for long */

static void tell(char command)
{
    CHECK_EQUAL(write(commands, &command, 1), 1);
}

static int hear(void)
{
    int answer, status;

    if (read(answers, &answer, sizeof(answer)) == sizeof(answer))
        return answer;
    CHECK_EQUAL(waitpid(process, &status, 0), process);
    fprintf(stderr, "the traced process has ended with status %#x\n", (unsigned) status);
    _exit(1);
}

static int ask(char command)
{
    tell(command);
    return hear();
}

static bool answered(void)
{
    struct pollfd pollfd = {.fd = answers, .events = POLLIN};

    return poll(&pollfd, 1, 0) == 1;
}

static void start_process(const struct scenario *scenario)
{
    int to[2], from[2];

    CHECK(pipe(to) == 0 && pipe(from) == 0);
    process = fork();
    if (process == 0) {
        test_alarm();
        close(to[1]);
        close(from[0]);
        stepped_serve(to[0], from[1], scenario);
    }
    CHECK(process > 0);
    close(to[0]);
    close(from[1]);
    commands = to[1];
    answers = from[0];
}

static void end_process(void)
{
    int status;

    close(commands);
    CHECK_EQUAL(waitpid(process, &status, 0), process);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(answers);
}

static bool is_asleep(pid_t tid)
{
    char        path[64], line[256] = "";
    const char *end;
    FILE       *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int) process, (int) tid);
    file = fopen(path, "re");
    CHECK(file != NULL && fgets(line, sizeof(line), file) != NULL);
    fclose(file);
    end = strrchr(line, ')');
    return end != NULL && end[2] == 'S';
}

/* Returns the signal at which the thread stops next; with WNOHANG 0 if it has not stopped yet. */
static int stop_signal(int flags)
{
    int         status;
    const pid_t pid = waitpid(thread, &status, __WALL | flags);

    if (pid == 0)
        return 0;
    CHECK_EQUAL(pid, thread);
    CHECK(WIFSTOPPED(status));
    return WSTOPSIG(status);
}

/* Returns the signal at which the thread stops next; 0 if it sleeps in the kernel instead. */
static int stop_or_sleep(void)
{
    int number;

    while ((number = stop_signal(WNOHANG)) == 0 && !is_asleep(thread))
        sched_yield();
    return number;
}

/* The type of ptrace()'s first argument. */
#ifdef __GLIBC__
typedef enum __ptrace_request request;
#else
typedef int request;
#endif

static void resume(request how)
{
    CHECK_EQUAL(ptrace(how, thread, NULL, (void *) (intptr_t) undelivered), 0);
    undelivered = 0;
}

/* Begins a run: the thread is stopped just before the wait. */
static void begin(void)
{
    thread = ask('b');
    CHECK_EQUAL(ptrace(PTRACE_SEIZE, thread, NULL, NULL), 0);
    tell('g');
    CHECK_EQUAL(stop_signal(0), SIGUSR1);
    CHECK_EQUAL(hear(), 1);
}

enum where { STOPPED, BLOCKED, RETURNED };

/* Lets the thread execute one instruction. */
static enum where step(void)
{
    int number;

    resume(PTRACE_SINGLESTEP);
    number = returns ? stop_signal(0) : stop_or_sleep();
    if (number == 0)
        return BLOCKED;
    if (number == SIGUSR2)
        return RETURNED;
    if (number != SIGTRAP)
        undelivered = number;
    return STOPPED;
}

/* Lets the thread execute N instructions, or fewer if it blocks or returns before. */
static enum where step_far(unsigned n)
{
    enum where where = STOPPED;

    while (n-- > 0 && where == STOPPED)
        where = step();
    return where;
}

/* Has COMMAND carried out. If that needs a lock that the thread holds, lets the thread go on meanwhile. */
static void have_done(char command, enum where where)
{
    bool asleep;

    tell(command);
    for (asleep = false; !answered(); asleep = is_asleep(process)) {
        if (asleep && !answered() && where == STOPPED)
            where = step();
        else
            sched_yield();
    }
    CHECK_EQUAL(hear(), 0);
}

/*
 * Lets the thread go on. A blocked thread first stops at the signal that wakes it, or before that at the end of its
 * last step.
 */
static void let_go(enum where where)
{
    int number;

    if (where == BLOCKED && (number = stop_signal(0)) != SIGTRAP)
        undelivered = number;
    resume(PTRACE_DETACH);
}

/*
 * Returns the distance between two points that are tried. It is 1 if K3THREAD_TEST_FULL is set in the environment;
 * else QUICK, or more with SLOWNESS, with sanitizers, which make the library's code longer (ThreadSanitizer by far
 * the most), and with musl, which spins before a wait.
 */
static unsigned stride(unsigned quick)
{
#ifdef __GLIBC__
    const unsigned longer = 1;
#else
    const unsigned longer = 31;
#endif
    const unsigned fewer = TEST_TSAN ? 997 : 23;

    if (getenv("K3THREAD_TEST_FULL") != NULL)
        return 1;
    return test_slowness() > 1 ? fewer : test_many(longer * quick, fewer);
}

static void sweep(const struct scenario *scenario)
{
    unsigned   n, points = 0;
    enum where where = STOPPED;

    returns = scenario->returns;
    start_process(scenario);
    for (n = 0; where == STOPPED; n += stride(scenario->quick)) {
        begin();
        where = step_far(n);
        have_done('r', where);
        let_go(where);
        CHECK_EQUAL(ask('e'), 0);
        points++;
    }
    end_process();
    CHECK_EQUAL(where, scenario->returns ? RETURNED : BLOCKED);
    printf("%s: %u points, all of them caught\n", scenario->name, points);
}

/* Raises first, and then sends the signal at each instruction that the thread executes after the raise. */
static void sweep_signal(void)
{
    unsigned   n, points = 0;
    enum where where = STOPPED;

    returns = true; /* after the raise */
    start_process(&stepped_signal);
    for (n = 0; where == STOPPED; n += stride(stepped_signal.quick)) {
        begin();
        resume(PTRACE_CONT);
        CHECK_EQUAL(stop_or_sleep(), 0);
        CHECK_EQUAL(ask('w'), 0);
        CHECK_EQUAL(ask('r'), 0);
        undelivered = stop_signal(0);
        where = step_far(n);
        have_done('s', where);
        resume(PTRACE_DETACH);
        CHECK_EQUAL(ask('e'), 0);
        points++;
    }
    end_process();
    CHECK_EQUAL(where, RETURNED);
    printf("%s: %u points, no signal lost\n", stepped_signal.name, points);
}

/* Ends the joined thread at each instruction of the join, which has to return. */
static void sweep_ending(void)
{
    unsigned   n, points = 0;
    enum where where = STOPPED;

    returns = false;
    start_process(&stepped_ending);
    for (n = 0; where == STOPPED; n += stride(stepped_ending.quick)) {
        begin();
        where = step_far(n);
        have_done('d', where);
        let_go(where);
        CHECK_EQUAL(ask('f'), 0);
        CHECK_EQUAL(ask('e'), 0);
        points++;
    }
    end_process();
    CHECK_EQUAL(where, BLOCKED);
    printf("%s: %u points, each join returned\n", stepped_ending.name, points);
}

static void (*sweep_of(const char *name))(void)
{
    return strcmp(name, stepped_ending.name) == 0 ? sweep_ending : sweep_signal;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < stepped_count; i++) {
        if (argc < 2)
            puts(stepped_scenarios[i].name);
        else if (strcmp(argv[1], stepped_scenarios[i].name) == 0) {
            test_alarm();
            sweep(&stepped_scenarios[i]);
            return 0;
        }
    }
    if (argc < 2) {
        puts(stepped_signal.name);
        puts(stepped_ending.name);
        return 0;
    }
    test_alarm();
    sweep_of(argv[1])();
    return 0;
}
