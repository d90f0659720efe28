/*
 * Tests the start of a process alone (cli/process/spawn.h, child_stack.h). The calls that the child makes, in the
 * memory of its parent, are wrapped here, so that each can fail. See spawn_search.c for the search of the command.
 */
#include "tests/parts/process/spawned.h"

#include "cli/process/child_stack.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int   __real_fcntl(int fd, int command, ...);
int   __wrap_fcntl(int fd, int command, ...);
int   __real_dup2(int from, int to);
int   __wrap_dup2(int from, int to);
pid_t __real_setsid(void);
pid_t __wrap_setsid(void);
int   __real_prctl(int option, ...);
int   __wrap_prctl(int option, ...);
pid_t __real_getppid(void);
pid_t __wrap_getppid(void);
long  __real_syscall(long number, ...);
long  __wrap_syscall(long number, ...);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int   __real_clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int   __wrap_clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
void *__real_child_stack_take(void);
void *__wrap_child_stack_take(void);
void  __real_child_stack_give(void *stack);
void  __wrap_child_stack_give(void *stack);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int   __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int   __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);

#define STACK_SIZE 65536

/* The calls that a child makes before its exec, and how many of the next one succeed before it fails. */
enum call {
    FCNTL,
    DUP2,
    SETSID,
    PRCTL,
    GETPPID,
    CLOSE_RANGE,
    SIGPROCMASK,
    CLONE,
    STACK,
    MALLOC,
    WAIT,
    CALLS
};

static int failing[CALLS] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

/* Counts CALL, which the child makes in the memory of its parent. Returns true if it has to fail. */
static bool must_fail(enum call call)
{
    if (failing[call] < 0 || failing[call]-- > 0)
        return false;
    errno = EIO;
    return true;
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    int     argument;

    va_start(arguments, command);
    argument = va_arg(arguments, int);
    va_end(arguments);
    return must_fail(FCNTL) ? -1 : __real_fcntl(fd, command, argument);
}

int __wrap_dup2(int from, int to)
{
    return must_fail(DUP2) ? -1 : __real_dup2(from, to);
}

/* Checks the first step of the child: its pid is where the plan wants it, and signals are blocked. */
static atomic_int *pid_until_exec;
static bool        knows_pid, blocks_all;

pid_t __wrap_setsid(void)
{
    sigset_t set;

    knows_pid = pid_until_exec != NULL && atomic_load(pid_until_exec) == getpid();
    blocks_all = pthread_sigmask(SIG_SETMASK, NULL, &set) == 0 && sigismember(&set, SIGTERM) == 1 &&
                 sigismember(&set, SIGUSR2) == 1;
    return must_fail(SETSID) ? -1 : __real_setsid();
}

int __wrap_prctl(int option, ...)
{
    va_list arguments;
    long    argument;

    va_start(arguments, option);
    argument = va_arg(arguments, long);
    va_end(arguments);
    return must_fail(PRCTL) ? -1 : __real_prctl(option, argument, 0L, 0L, 0L);
}

/* If it fails, the parent has died meanwhile. */
pid_t __wrap_getppid(void)
{
    return __real_getppid() + must_fail(GETPPID);
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    first, second, third;

    va_start(arguments, number);
    first = va_arg(arguments, long);
    second = va_arg(arguments, long);
    third = va_arg(arguments, long);
    va_end(arguments);
    return number == SYS_close_range && must_fail(CLOSE_RANGE)
               ? -1
               : __real_syscall(number, first, second, third);
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return must_fail(SIGPROCMASK) ? -1 : __real_sigprocmask(how, set, old);
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    if (!must_fail(WAIT))
        return __real_waitpid(pid, status, options);
    errno = EINTR;
    return -1;
}

int __wrap_clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list arguments;
    int    *pidfd;

    va_start(arguments, argument);
    pidfd = va_arg(arguments, int *);
    va_end(arguments);
    return must_fail(CLONE) ? -1 : __real_clone(function, stack, flags, argument, pidfd);
}

static int used_stacks;

void *__wrap_child_stack_take(void)
{
    void *stack = must_fail(STACK) ? NULL : __real_child_stack_take();

    used_stacks += stack != NULL;
    return stack;
}

void __wrap_child_stack_give(void *stack)
{
    used_stacks -= stack != NULL;
    __real_child_stack_give(stack);
}

void *__wrap_malloc(size_t size)
{
    return must_fail(MALLOC) ? NULL : __real_malloc(size);
}

static void descriptors_get_their_numbers(void)
{
    struct spawn_plan plan = plan_of(NULL);
    char              wanted[4096], here[1024];

    put("f7", "", 0600);
    put("f8", "", 0600);
    put("f9", "", 0600);
    CHECK(getcwd(here, sizeof(here)) != NULL);
    CHECK(dup3(open("f7", O_RDONLY | O_CLOEXEC), 27, O_CLOEXEC) == 27);
    CHECK(dup3(open("f8", O_RDONLY | O_CLOEXEC), 28, O_CLOEXEC) == 28);
    CHECK(dup3(open("f9", O_RDONLY | O_CLOEXEC), 29, O_CLOEXEC) == 29);
    check_script(&plan, "ls /proc/self/fd", "0\n1\n2\n3"); /* 3 is ls's own */
    plan.extra_count = 1;
    plan.extras[0] = (struct spawn_descriptor){29, 28};
    check_script(&plan, "readlink /proc/self/fd/28 | sed s,.*/,,; ls /proc/self/fd",
                 "f9\n0\n1\n2\n28\n3");
    plan.extra_count = 3;
    plan.extras[0] = (struct spawn_descriptor){27, 28}; /* they change places */
    plan.extras[1] = (struct spawn_descriptor){28, 27};
    plan.extras[2] = (struct spawn_descriptor){29, 29};
    (void) snprintf(wanted, sizeof(wanted), "%s/f8\n%s/f7\n%s/f9\n0\n1\n2\n27\n28\n29\n3", here,
                    here, here);
    check_script(&plan, "cd /proc/self/fd; readlink 27 28 29; ls /proc/self/fd", wanted);
    plan.extras[2] = plan.extras[1]; /* not the first one is in the way */
    plan.extras[1] = plan.extras[0];
    plan.extras[0] = (struct spawn_descriptor){29, 29};
    check_script(&plan, "cd /proc/self/fd; readlink 27 28 29; ls /proc/self/fd", wanted);
    plan.extras[0] = plan.extras[1];
    plan.extras[2] = (struct spawn_descriptor){29, 29};
    plan.extras[1] = (struct spawn_descriptor){100, 30};
    plan.argv = (char *[]){(char *) "true", NULL};
    check_failure(&plan, SPAWN_ISOLATE, -EBADF, "");
    CHECK_EQUAL(spawn_free_number(&plan, 27), 27);
    CHECK_EQUAL(spawn_free_number(&plan, 28), 31);
    plan.extras[0].to = 31;
    CHECK_EQUAL(spawn_free_number(&plan, 29), 32);
}

static void a_command_is_set_up(void)
{
    struct spawn_plan plan = plan_of(NULL);
    struct rlimit     mark;
    atomic_int        pid = -1;
    struct spawned    spawned;
    sigset_t          set, old;
    struct stat       info;
    char *const       sleeper[] = {(char *) "sleep", (char *) "1000", NULL};

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
    check_script(&plan, "umask; grep SigBlk /proc/self/status", "0022\nSigBlk:\t0000000000000000");
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &old) == 0);
    CHECK(sigismember(&old, SIGUSR1) && !sigismember(&old, SIGUSR2));
    CHECK(stat("out", &info) == 0 && (info.st_mode & 0777) == 0600);
    plan.output_umask = 0137;
    plan.umask = 0;
    plan.directory = "/proc/self";
    plan.pid_until_exec = pid_until_exec = &pid;
    check_script(&plan, "umask; sed -n 's/flags:.//p' fdinfo/1",
                 "0000\n0102001"); /* O_WRONLY | O_APPEND */
    CHECK(atomic_load(&pid) == 0 && knows_pid && blocks_all);
    CHECK(stat("out", &info) == 0 && (info.st_mode & 0777) == 0640);
    plan.output_umask = 0;
    check_script(&plan, "true", "");
    CHECK(stat("out", &info) == 0 && (info.st_mode & 0777) == 0666);
    plan.mark_resource = RLIMIT_LOCKS;
    plan.mark = 12345;
    plan.argv = sleeper;
    CHECK_EQUAL(spawn(&plan, &spawned), 0);
    CHECK_EQUAL(getsid(spawned.pid), spawned.pid);
    CHECK(prlimit(spawned.pid, RLIMIT_LOCKS, NULL, &mark) == 0);
    CHECK(mark.rlim_cur == 12345 && mark.rlim_max == 12345);
    CHECK(kill(spawned.pid, SIGKILL) == 0 && waitpid(spawned.pid, NULL, 0) == spawned.pid);
}

/* Starts a command that does not end by itself, writes its pid to END, and ends. */
static void start_and_end(int end)
{
    struct spawn_plan plan = plan_of((char *[]){(char *) "sleep", (char *) "1000", NULL});
    struct spawned    spawned;

    if (spawn(&plan, &spawned) != 0 || write(end, &spawned.pid, sizeof(spawned.pid)) < 0)
        _exit(1);
    _exit(0);
}

static void a_command_dies_with_its_parent(void)
{
    int   ends[2], status;
    pid_t parent, command;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && pipe2(ends, O_CLOEXEC) == 0);
    parent = fork();
    if (parent == 0)
        start_and_end(ends[1]);
    CHECK(waitpid(parent, &status, 0) == parent && status == 0);
    CHECK_EQUAL(read(ends[0], &command, sizeof(command)), sizeof(command));
    CHECK_EQUAL(waitpid(command, &status, 0), command);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void the_input_is_opened(void)
{
    struct spawn_plan plan = plan_of(NULL);

    put("in", "text\n", 0600);
    plan.input = "in";
    check_script(&plan, "cat; sed -n 's/flags:.//p' /proc/self/fdinfo/0", "text\n0100000");
    check_script(&plan, "ls /proc/self/fd", "0\n1\n2\n3");
    CHECK(mkfifo("fifo", 0600) == 0);
    plan.input = "fifo";
    check_script(&plan, "cat", ""); /* no process writes to it */
    plan.input = "missing";
    check_failure(&plan, SPAWN_INPUT, -ENOENT, "");
    plan.input = NULL;
    plan.input_from = open("in", O_RDONLY | O_CLOEXEC);
    check_script(&plan, "cat; ls /proc/self/fd", "text\n0\n1\n2\n3");
    plan.input_from = 200;
    check_failure(&plan, SPAWN_ISOLATE, -EBADF, "");
}

static void a_failure_names_its_step(void)
{
    struct spawn_plan plan = plan_of((char *[]){(char *) "true", NULL});

    plan.directory = "missing";
    check_failure(&plan, SPAWN_DIRECTORY, -ENOENT, "");
    plan.output = "missing/out";
    check_failure(&plan, SPAWN_OUTPUT, -ENOENT, "");
    CHECK(mkfifo("fifo", 0600) == 0);
    plan.output = "fifo";
    check_failure(&plan, SPAWN_OUTPUT, -ENXIO, ""); /* no process reads from it */
    plan = plan_of((char *[]){(char *) "", NULL});
    check_failure(&plan, SPAWN_EXEC, -ENOENT, "");
    plan.mark_resource = RLIMIT_NOFILE;
    plan.mark = RLIM_INFINITY; /* more than the kernel allows */
    check_failure(&plan, SPAWN_ISOLATE, -EPERM, "");
}

/* Checks that PLAN fails at STAGE with ERROR if CALL does, after it has succeeded so often. */
static void check_failing(const struct spawn_plan *plan, enum call call, int successes,
                          enum spawn_stage stage, int error)
{
    int before = test_count_open(), result;

    struct spawned spawned;

    failing[call] = successes;
    result = spawn(plan, &spawned);
    failing[call] = -1;
    CHECK_EQUAL(result, error);
    CHECK_EQUAL(spawned.stage, stage);
    CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
    CHECK(test_count_open() == before && used_stacks == 0);
}

static void a_call_that_fails_ends_its_step(void)
{
    struct spawn_plan plan = plan_of(nothing);

    put("in", "", 0600);
    check_failing(&plan, MALLOC, 0, SPAWN_FORK, -ENOMEM);
    check_failing(&plan, STACK, 0, SPAWN_FORK, -ENOMEM);
    if (!TEST_TSAN)
        check_failing(&plan, CLONE, 0, SPAWN_FORK, -EIO);
    check_failing(&plan, SETSID, 0, SPAWN_ISOLATE, -EIO);
    check_failing(&plan, PRCTL, 0, SPAWN_ISOLATE, -EIO);
    check_failing(&plan, GETPPID, 0, SPAWN_ISOLATE, -ESRCH);
    check_failing(&plan, CLOSE_RANGE, 0, SPAWN_ISOLATE, -EIO);
    check_failing(&plan, FCNTL, 0, SPAWN_OUTPUT, -EIO);
    check_failing(&plan, DUP2, 0, SPAWN_OUTPUT, -EIO);
    check_failing(&plan, DUP2, 1, SPAWN_OUTPUT, -EIO);
    check_failing(&plan, SIGPROCMASK, 0, SPAWN_EXEC, -EIO);
    failing[WAIT] = 0; /* a signal comes while the failed child is reaped */
    check_failing(&plan, DUP2, 0, SPAWN_OUTPUT, -EIO);
    plan.input = "in";
    check_failing(&plan, FCNTL, 0, SPAWN_INPUT, -EIO);
    check_failing(&plan, DUP2, 0, SPAWN_INPUT, -EIO);
    plan.input = NULL;
    plan.extra_count = 2;
    plan.extras[0] = (struct spawn_descriptor){1, 28};
    plan.extras[1] = (struct spawn_descriptor){28, 27};
    CHECK_EQUAL(dup2(1, 28), 28);
    CHECK_EQUAL(fcntl(28, F_SETFD, FD_CLOEXEC), 0);
    check_failing(&plan, CLOSE_RANGE, 0, SPAWN_ISOLATE, -EIO);
    check_failing(&plan, FCNTL, 0, SPAWN_ISOLATE, -EIO); /* no number is free for the second one */
    check_failing(&plan, DUP2, 0, SPAWN_ISOLATE, -EIO);
    check_failing(&plan, DUP2, 1, SPAWN_ISOLATE, -EIO);
    plan.extra_count = 1;
    plan.extras[0] = (struct spawn_descriptor){28, 28};
    check_failing(&plan, FCNTL, 0, SPAWN_ISOLATE, -EIO);
}

/* Opens a new terminal. Returns the descriptor of its other side, and the path in PATH. */
static int open_terminal(char *path, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    CHECK(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0);
    CHECK_EQUAL(ptsname_r(fd, path, size), 0);
    return fd;
}

/* Runs SCRIPT as check_script() does, and returns its exit status. */
static int run_script(struct spawn_plan *plan, const char *script)
{
    struct spawned spawned;
    int            status;

    plan->argv = (char *[]){(char *) "sh", (char *) "-c", (char *) script, NULL};
    CHECK_EQUAL(spawn(plan, &spawned), 0);
    CHECK_EQUAL(waitpid(spawned.pid, &status, 0), spawned.pid);
    close(spawned.pidfd);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define HAS_TERMINAL "(: </dev/tty) 2>/dev/null && exit 9; exit 8"

static void only_a_terminal_of_the_thread_controls_its_command(void)
{
    struct spawn_plan plan = plan_of(NULL);
    char              path[64];
    int               fd = open_terminal(path, sizeof(path));

    plan.input = path;
    CHECK_EQUAL(run_script(&plan, HAS_TERMINAL), 8);
    plan.input = NULL;
    plan.output = path;
    CHECK_EQUAL(run_script(&plan, HAS_TERMINAL), 8);
    plan.input_from = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(plan.input_from >= 0);
    plan.at_terminal = true;
    plan.output = "missing/out"; /* it is not opened */
    CHECK_EQUAL(run_script(&plan, HAS_TERMINAL), 9);
    CHECK_EQUAL(run_script(&plan, "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && exit 7"), 7);
    close(plan.input_from);
    plan.input_from = open("/dev/null", O_RDWR | O_CLOEXEC); /* it is no terminal */
    check_failure(&plan, SPAWN_INPUT, -ENOTTY, "");
    close(fd);
}

static void a_command_gets_its_limits(void)
{
    struct limits     limits = *limits_started_with();
    struct spawn_plan plan = plan_of(NULL);
    struct spawned    spawned;

    limits = *limits_started_with();
    plan.limits = &limits;
    limits.of[LIMIT_NOFILE] = (struct rlimit){20, 30};
    check_script(&plan, "ulimit -n; ulimit -Hn", "20\n30");
    limits.of[LIMIT_NOFILE] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY}; /* nobody may */
    CHECK_EQUAL(spawn(&plan, &spawned), 0);
    CHECK_EQUAL(spawned.missed, 1U << LIMIT_NOFILE);
    CHECK_EQUAL(waitpid(spawned.pid, NULL, 0), spawned.pid);
    close(spawned.pidfd);
}

/* Returns true if the byte at ADDRESS can be read. */
static bool is_readable(const char *address)
{
    int  ends[2];
    bool readable;

    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    readable = write(ends[1], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return readable;
}

static void two_stacks_are_kept(void)
{
    char *stacks[3];

    for (int i = 0; i < 3; i++) {
        stacks[i] = child_stack_take();
        CHECK(is_readable(stacks[i] - 1) && is_readable(stacks[i] - STACK_SIZE));
        CHECK(!is_readable(stacks[i] - STACK_SIZE - 1)); /* an overflow hits the guard */
    }
    for (int i = 0; i < 3; i++)
        child_stack_give(stacks[i]);
    child_stack_give(NULL);
    CHECK(is_readable(stacks[0] - 1) && is_readable(stacks[1] - 1) && !is_readable(stacks[2] - 1));
    CHECK(!is_readable(stacks[2] - STACK_SIZE));
    CHECK(child_stack_take() == stacks[1]);
    child_stack_give(stacks[1]);
    child_stack_trim();
    CHECK(!is_readable(stacks[0] - 1) && !is_readable(stacks[1] - STACK_SIZE));
}

TEST_MAIN({"descriptors", descriptors_get_their_numbers}, {"set-up", a_command_is_set_up},
          {"death", a_command_dies_with_its_parent}, {"input", the_input_is_opened},
          {"steps", a_failure_names_its_step}, {"calls", a_call_that_fails_ends_its_step},
          {"limits", a_command_gets_its_limits},
          {"terminal", only_a_terminal_of_the_thread_controls_its_command},
          {"stacks", two_stacks_are_kept})
