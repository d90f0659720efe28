/*
 * Tests the start of a process alone (cli/process/spawn.h, child_stack.h). Each case makes its files in the current
 * directory; the commands write to the file "out".
 */
#include "tests/lib/test.h"

#include "cli/process/child_stack.h"
#include "cli/process/limits.h"
#include "cli/process/spawn.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define STACK_SIZE 65536

static char *const default_environment[] = {(char *) "PATH=/usr/bin:/bin", NULL};

static char *const nothing[] = {(char *) "true", NULL}; /* a command that does nothing */

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(chmod(path, mode) == 0);
}

/* Reads the file "out" as a string without its last newline, which lives until the next call. */
static const char *get_output(void)
{
    static char text[4096];
    int         fd = open("out", O_RDONLY | O_CLOEXEC);
    ssize_t     n = read(fd, text, sizeof(text) - 1);

    CHECK(n >= 0);
    close(fd);
    text[n > 0 && text[n - 1] == '\n' ? n - 1 : n] = '\0';
    return text;
}

/* Returns a plan for ARGV. No command gets the descriptors that this process was started with. */
static struct spawn_plan plan_of(char *const *argv)
{
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void) limits_open();
    return (struct spawn_plan){.argv = argv,
                               .environment = default_environment,
                               .directory = ".",
                               .input_from = -1,
                               .output = "out",
                               .output_umask = 0177,
                               .umask = 022,
                               .limits = limits_started_with(),
                               .mark_resource = -1};
}

/* Runs PLAN to its end, and checks that it exits with 0 and has printed WANTED. */
static void check_run(const struct spawn_plan *plan, const char *wanted)
{
    struct spawned spawned;
    int            before = test_count_open(), status;

    (void) unlink("out");
    CHECK_EQUAL(spawn(plan, &spawned), 0);
    CHECK_EQUAL(fcntl(spawned.pidfd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(waitpid(spawned.pid, &status, 0), spawned.pid);
    CHECK_EQUAL(status, 0);
    close(spawned.pidfd);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_TEXT(get_output(), wanted);
}

/* Runs SCRIPT by sh as check_run() does. */
static void check_script(struct spawn_plan *plan, const char *script, const char *wanted)
{
    char *argv[] = {(char *) "sh", (char *) "-c", (char *) script, NULL};

    plan->argv = argv;
    check_run(plan, wanted);
    plan->argv = nothing;
}

/* Checks that PLAN fails at STAGE with ERROR, names INTERPRETER, and leaves nothing behind. */
static void check_failure(const struct spawn_plan *plan, enum spawn_stage stage, int error,
                          const char *interpreter)
{
    struct spawned spawned = {.interpreter = "x"};
    int            before = test_count_open();

    CHECK_EQUAL(spawn(plan, &spawned), error);
    CHECK_EQUAL(spawned.stage, stage);
    CHECK_TEXT(spawned.interpreter, interpreter);
    CHECK(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
    CHECK_EQUAL(test_count_open(), before);
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
    plan.pid_until_exec = &pid;
    check_script(&plan, "umask; sed -n 's/flags:.//p' fdinfo/1",
                 "0000\n0102001"); /* O_WRONLY | O_APPEND */
    CHECK_EQUAL(atomic_load(&pid), 0);
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

/* Checks how a search for "tool" in PATH ends: with the output WANTED, or else with ERROR. */
static void check_search(const char *path, const char *wanted, int error, const char *interpreter)
{
    char             *argv[] = {(char *) "tool", (char *) "a b", NULL};
    char             *environment[] = {(char *) "PATHS=", (char *) path, NULL};
    struct spawn_plan plan = plan_of(argv);

    plan.environment = environment;
    if (wanted != NULL)
        check_run(&plan, wanted);
    else
        check_failure(&plan, SPAWN_EXEC, error, interpreter);
}

static void commands_are_searched_in_the_path(void)
{
    char path[6000];

    CHECK(mkdir("a", 0700) == 0 && mkdir("denied", 0700) == 0 && mkdir("b", 0700) == 0);
    CHECK(symlink("loop", "loop") == 0);
    put("a/tool", "#!/bin/sh\necho a $#\n", 0700);
    put("b/tool", "echo \"b $1\"\n", 0700); /* the shell runs it */
    put("denied/tool", "#!/bin/sh\n", 0600);
    check_search("PATH=a:b", "a 1", 0, NULL);
    check_search("PATH=b:a", "b a b", 0, NULL);
    check_search("PATH=missing:a/tool:denied:b", "b a b", 0, NULL);
    check_search("PATH=missing:denied:a/tool", NULL, -EACCES, "");
    check_search("PATH=missing:a/tool", NULL, -ENOENT, "");
    check_search("PATH=loop:a", NULL, -ELOOP, "");
    check_search("PATH=", NULL, -ENOENT, "");
    put("tool", "echo here\n", 0700);
    check_search("PATH=", "here", 0, NULL); /* the current directory */
    check_search("PATH=missing:", "here", 0, NULL);
    check_search("PATH=missing::a", "here", 0, NULL);
    (void) snprintf(path, sizeof(path), "PATH=%05000d:a", 0);
    check_search(path, "a 1", 0, NULL); /* too long for a path */
}

static void without_a_path_there_is_a_default(void)
{
    struct spawn_plan plan = plan_of(NULL);

    plan.environment = (char *[]){(char *) "A=x", NULL};
    check_script(&plan, "echo $A", "x");
}

static void a_missing_interpreter_is_named(void)
{
    char long_name[200], text[260];

    memset(long_name, 'x', sizeof(long_name));
    put("tool", "#!/no/such -x\n", 0700);
    check_search("PATH=", NULL, -ENOENT, "/no/such");
    put("tool", "#! \t/no/such\targument\n", 0700);
    check_search("PATH=", NULL, -ENOENT, "/no/such");
    put("tool", "#!/no/such\n", 0600);
    check_search("PATH=", NULL, -EACCES, "");
    put("denied", "", 0600);
    put("tool", "#!./denied\n", 0700);
    check_search("PATH=", NULL, -EACCES, "./denied");
    (void) snprintf(text, sizeof(text), "#!/%.126s\n", long_name);
    put("tool", text, 0700);
    text[2 + 127] = '\0';
    check_search("PATH=", NULL, -ENOENT, text + 2);
    (void) snprintf(text, sizeof(text), "#!/%.127s\n", long_name); /* no room for it */
    put("tool", text, 0700);
    check_search("PATH=", NULL, -ENOENT, "");
    /* Of several files, the one that the error is about. */
    CHECK(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0);
    put("a/tool", "#!/no/first\n", 0700);
    put("b/tool", "#!/no/second\n", 0700);
    check_search("PATH=a:b", NULL, -ENOENT, "/no/first");
    put("b/tool", "#!../denied\n", 0600);
    check_search("PATH=a:b", NULL, -EACCES, "");
    check_search("PATH=b:a", NULL, -EACCES, "");
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
          {"steps", a_failure_names_its_step}, {"search", commands_are_searched_in_the_path},
          {"no-path", without_a_path_there_is_a_default},
          {"interpreter", a_missing_interpreter_is_named}, {"stacks", two_stacks_are_kept})
