/* Tests the start of the command that reaches a machine (cli/remote/host_command.h), and the title of a process. */
#include "tests/lib/test.h"

#include "cli/base/descriptors.h"
#include "cli/remote/host_command.h"
#include "cli/supervisor/title.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* A child may not have ended yet when vfork() returns, so whoever takes its status waits for it. */
pid_t __wrap_waitpid(pid_t pid, int *ret_status, int options);
pid_t __real_waitpid(pid_t pid, int *ret_status, int options);
pid_t __wrap_waitpid(pid_t pid, int *ret_status, int options)
{
    CHECK_EQUAL(options, 0);
    return __real_waitpid(pid, ret_status, options);
}

/* Reads FD up to its end as a string, which lives until the next call, and closes FD. */
static const char *read_all(int fd)
{
    static char bytes[8192];
    size_t      used = 0;
    ssize_t     n;

    while ((n = read(fd, bytes + used, sizeof(bytes) - 1 - used)) > 0)
        used += (size_t) n;
    CHECK_EQUAL(n, 0);
    bytes[used] = '\0';
    close(fd);
    return bytes;
}

/* Starts the words, which end with NULL. */
static pid_t start(char *const *words, int ret_ends[3])
{
    int   ends[] = {-1, -1, -1, -7};
    pid_t pid = -1;

    CHECK_EQUAL(host_command_start(words, &pid, ends), 0);
    CHECK(pid > 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(fcntl(ends[i], F_GETFD), FD_CLOEXEC);
        ret_ends[i] = ends[i];
    }
    CHECK_EQUAL(ends[3], -7); /* there are three ends */
    return pid;
}

#define WORDS(...)                                                                                 \
    (char *const[])                                                                                \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define WORD(text) ((char *) (text))

static void a_command_has_a_pipe_for_each_stream(void)
{
    int   ends[3], status, before = test_count_open();
    pid_t pid = start(WORDS(WORD("sh"), WORD("-c"), WORD("cat; echo err >&2; exit 3")), ends);

    CHECK_EQUAL(test_count_open(), before + 3);
    CHECK_EQUAL(write(ends[0], "in\n", 3), 3);
    close(ends[0]);
    CHECK_TEXT(read_all(ends[1]), "in\n");
    CHECK_TEXT(read_all(ends[2]), "err\n");
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_command_is_set_up_as_by_a_shell(void)
{
    /* In the system's struct, the handler comes first. The C library would not ignore 32 and 33, as make does. */
    static const unsigned long by_ignoring[4] = {(unsigned long) SIG_IGN};
    const int                  ignored[] = {SIGINT, SIGPIPE, SIGHUP, 32, 33, SIGRTMAX};
    sigset_t                   blocked;
    int                        ends[3];

    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        CHECK_EQUAL(syscall(SYS_rt_sigaction, ignored[i], by_ignoring, NULL, (NSIG - 1) / 8), 0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    CHECK_EQUAL(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
    (void) start(WORDS(WORD("grep"), WORD("-E"), WORD("Sig(Blk|Ign)"), WORD("/proc/self/status")),
                 ends);
    CHECK_TEXT(read_all(ends[1]), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK_EQUAL(descriptors_close_on_exec(), 0);
    (void) start(WORDS(WORD("ls"), WORD("/proc/self/fd")), ends);
    CHECK_TEXT(read_all(ends[1]), "0\n1\n2\n3\n"); /* the last one is the directory */
}

/* Leaves the number of the standard output where the next function has its variables. */
static void dirty_stack(void)
{
    volatile int words[512];

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = STDOUT_FILENO;
}

static void a_command_that_cannot_be_started_leaves_nothing(void)
{
    int           ends[3] = {-7, -7, -7}, before = test_count_open(), lowest = dup(0), status;
    struct rlimit limit, few;
    pid_t         pid = -7;

    close(lowest);
    CHECK_EQUAL(host_command_start(WORDS(WORD("./none")), &pid, ends), -ENOENT);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (rlim_t more = 0; more < 6; more++) {
        few = (struct rlimit){(rlim_t) lowest + more, limit.rlim_max};
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
        dirty_stack();
        CHECK_EQUAL(host_command_start(WORDS(WORD("true")), &pid, ends), -EMFILE);
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(test_count_open(), before);
    }
    CHECK(pid == -7 && ends[0] == -7 && ends[2] == -7); /* they are untouched */
    CHECK(waitpid(-1, &status, 0) < 0 && errno == ECHILD);
}

static void a_command_ends_with_its_starter(void)
{
    int   ends[3], up[2], status;
    pid_t pid, starter;

    CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CHECK_EQUAL(pipe(up), 0);
    starter = fork();
    if (starter == 0) {
        pid = start(WORDS(WORD("sleep"), WORD("1000")), ends);
        CHECK_EQUAL(write(up[1], &pid, sizeof(pid)), sizeof(pid));
        _exit(0);
    }
    CHECK_EQUAL(read(up[0], &pid, sizeof(pid)), sizeof(pid));
    CHECK_EQUAL(waitpid(starter, &status, 0), starter);
    CHECK_EQUAL(status, 0);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* Returns the size of the command line of this process, and the command line. */
static size_t read_command_line(char *ret, size_t size)
{
    int     fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, ret, size);

    CHECK(n > 0);
    close(fd);
    return (size_t) n;
}

/* Checks that the command line of this process is NAME, and that its other SIZE bytes are zero. */
static void check_title(const char *name, size_t size)
{
    char   line[4096], comm[17] = "";
    size_t length = strlen(name);

    CHECK_EQUAL(read_command_line(line, sizeof(line)), size);
    CHECK_EQUAL(memcmp(line, name, length), 0);
    for (size_t i = length; i < size; i++)
        CHECK_EQUAL(line[i], 0);
    CHECK_EQUAL(prctl(PR_GET_NAME, comm), 0);
    CHECK_EQUAL(strncmp(comm, name, 15), 0);
}

static void a_title_takes_the_place_of_the_command_line(void)
{
    char   line[4096], long_name[4096];
    size_t size = read_command_line(line, sizeof(line));

    CHECK_EQUAL(prctl(PR_SET_NAME, "a) b (c) 7 8"), 0);
    title_set("k3-wait");
    check_title("k3-wait", size);
    memset(long_name, 'x', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    title_set(long_name); /* it is cut */
    long_name[size - 1] = '\0';
    check_title(long_name, size);
    title_set("k3-guardian");
    check_title("k3-guardian", size);
    CHECK(getenv("PATH") != NULL); /* the variables stand behind the words */
}

TEST_MAIN({"streams", a_command_has_a_pipe_for_each_stream},
          {"set-up", a_command_is_set_up_as_by_a_shell},
          {"failures", a_command_that_cannot_be_started_leaves_nothing},
          {"death", a_command_ends_with_its_starter},
          {"title", a_title_takes_the_place_of_the_command_line})
