/*
 * Tests the guardian of a supervisor (cli/supervisor/guardian.h): a case forks
 * a process that becomes the guardian, and the function of the case runs as its
 * supervisor. The guardian's first second without a signal is over at once.
 */
#include "tests/lib/test.h"

#include "cli/base/descriptors.h"
#include "cli/base/memory_release.h"
#include "cli/base/process_state.h"
#include "cli/place/journal.h"
#include "cli/place/lock.h"
#include "cli/process/children_end.h"
#include "cli/server/output_times.h"
#include "cli/supervisor/guardian.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

long   __wrap_syscall(long number, ...);
long   __real_syscall(long number, ...);
size_t __real_children_end(int list, size_t *ret_left);
size_t __wrap_children_end(int list, size_t *ret_left);
pid_t  __real_getpid(void);
pid_t  __wrap_getpid(void);
pid_t  __real_getppid(void);
pid_t  __wrap_getppid(void);

/* The steps of the guardian, which is another process. */
static struct {
    atomic_int rests;    /* waits with a limit */
    atomic_int releases; /* of its memory */
    atomic_int closes;   /* of its copy of the watch */
} * seen;

static size_t unendable; /* how many processes are left that may not be killed */
static bool   is_init,
    lacks_parent; /* the next look of a process at its id, or its parent, says so */

long __wrap_syscall(long number, ...)
{
    static const struct timespec now = {0, 0};
    va_list                      arguments;
    long                         list[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_rt_sigtimedwait)
        CHECK_EQUAL(list[3], 8); /* bytes, of the kernel's set of signals */
    if (number == SYS_rt_sigtimedwait && list[2] != 0) {
        CHECK_EQUAL(((const struct timespec *) list[2])->tv_sec,
                    1); // NOLINT(performance-no-int-to-ptr)
        list[2] = (long) &now;
        seen->rests++;
    }
    return __real_syscall(number, list[0], list[1], list[2], list[3], list[4], list[5]);
}

void memory_release_process(void)
{
    seen->releases++;
}

void output_times_close(void)
{
    seen->closes++;
}

size_t __wrap_children_end(int list, size_t *ret_left)
{
    size_t killed = __real_children_end(list, ret_left);

    *ret_left += unendable;
    return killed;
}

pid_t __wrap_getpid(void)
{
    bool lies = is_init;

    is_init = false;
    return lies ? 1 : __real_getpid();
}

pid_t __wrap_getppid(void)
{
    bool lies = lacks_parent;

    lacks_parent = false;
    return lies ? 1 : __real_getppid();
}

static struct guardian_options options;
static pid_t                   guardian; /* as the supervisor knows it */
static int                     talk[2];  /* the supervisor has the second end */
static int                     lifeline; /* the other end of the supervisor's */
static int                     listener; /* readable at its end when no process has the listener */
static bool                    has_child;
static bool                    begins_as_init, loses_parent;
static pid_t                   first; /* the process that called guardian_fork() */

static void put(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    close(fd);
}

/* Waits for ever. */
static void rest(void)
{
    for (;;)
        pause();
}

/* Lets the test go on, or waits until it does. */
static void tell(void)
{
    CHECK_EQUAL(write(talk[1], "", 1), 1);
}

static void await(void)
{
    char byte;

    (void) !read(talk[1], &byte, 1);
}

/* Starts a process that becomes a guardian, whose supervisor does what
 * SUPERVISE says. */
static void begin(void (*supervise)(void))
{
    int ends[2], pipe_ends[2], end[2];

    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(seen != MAP_FAILED);
    put("socket");
    CHECK_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk), 0);
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CHECK_EQUAL(pipe2(pipe_ends, O_CLOEXEC), 0);
    CHECK_EQUAL(pipe2(end, O_CLOEXEC), 0);
    lifeline = ends[0];
    listener = pipe_ends[0];
    first = fork();
    CHECK(first >= 0);
    if (first == 0) {
        close(talk[0]);
        close(lifeline);
        CHECK_EQUAL(journal_open("journal"), 0);
        options.socket = "socket";
        options.lock_path = "lock";
        options.lock = lock_share("lock");
        options.lifeline = ends[1];
        options.listener = pipe_ends[1];
        CHECK(options.lock >= 0);
        close(end[1]);
        if (has_child && fork() == 0) {
            CHECK_EQUAL(dup2(end[0], STDIN_FILENO), STDIN_FILENO);
            descriptors_close_from(STDERR_FILENO + 1);
            _exit((int) read(STDIN_FILENO, talk, 1)); /* it ends with the test */
        }
        is_init = begins_as_init;
        lacks_parent = loses_parent;
        CHECK_EQUAL(guardian_fork(&options, &guardian), 0);
        CHECK_EQUAL(getppid(), guardian);
        supervise();
        _exit(0);
    }
    close(talk[1]);
    close(ends[1]);
    close(pipe_ends[1]);
    close(end[0]);
}

/* Checks that the first process ends with STATUS, as a shell would have it. */
static void check_end(int status)
{
    int got;

    CHECK_EQUAL(waitpid(first, &got, 0), first);
    CHECK_EQUAL(WIFEXITED(got) ? WEXITSTATUS(got) : -WTERMSIG(got), status);
}

/* Checks the messages in the journal, without their dates and processes. */
static void check_journal(const char *wanted)
{
    char  text[2000] = "", words[2000] = "";
    int   fd = open("journal", O_RDONLY | O_CLOEXEC);
    char *line = text;

    CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
    close(fd);
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        CHECK(strstr(line, "] ") != NULL);
        (void) snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s\n",
                        strstr(line, "] ") + 2);
    }
    if (strcmp(words, wanted) != 0)
        fprintf(stderr, "%s", words);
    CHECK_TEXT(words, wanted);
}

/* Returns true if the process PID has NAME. */
static bool is_named(pid_t pid, const char *name)
{
    char    path[64], got[32];
    ssize_t size;
    int     fd;

    (void) snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    size = read(fd, got, sizeof(got));
    CHECK(size > 0);
    close(fd);
    return (size_t) size == strlen(name) + 1 && strncmp(got, name, strlen(name)) == 0;
}

/* Ends */

static void exit_with_three(void)
{
    _exit(3);
}

static void be_killed(void)
{
    (void) kill(getpid(), SIGKILL);
}

static void leave_child_and_exit(void)
{
    if (fork() == 0)
        rest();
    _exit(4);
}

/* Dies while two of its processes live, of which the first dies with it. */
static void leave_children_and_be_killed(void)
{
    pid_t own = getpid();

    if (fork() == 0) {
        CHECK_EQUAL(setsid(), getpid());
        if (fork() == 0)
            rest();
        (void) kill(own, SIGKILL);
        rest();
    }
    rest();
}

static void the_guardian_ends_as_its_supervisor(void)
{
    begin(exit_with_three);
    check_end(3);
    CHECK_EQUAL(access("socket", F_OK), 0); /* the supervisor removes it */
    check_journal("");
    begin(leave_child_and_exit);
    check_end(4);
    check_journal("the supervisor left 1 processes behind; they were ended\n");
    CHECK_EQUAL(unlink("journal"), 0);
    begin(be_killed);
    check_end(128 + SIGKILL);
    CHECK(access("socket", F_OK) < 0);
    check_journal("the supervisor was killed by signal 9; its 0 processes were ended\n");
    CHECK_EQUAL(unlink("journal"), 0);
    begin(leave_children_and_be_killed);
    check_end(128 + SIGKILL);
    check_journal("the supervisor was killed by signal 9; its 2 processes were ended\n");
    CHECK(waitpid(-1, NULL, 0) < 0 && errno == ECHILD); /* nothing is left */
    CHECK_EQUAL(seen->closes, 1);
}

static void the_guardian_says_what_it_may_not_kill(void)
{
    unendable = 1;
    begin(exit_with_three);
    check_end(3);
    check_journal("1 processes are left that may not be killed\n");
}

/* The kernel tells a child of the end of its parent only if the child has asked before. */
static void a_supervisor_whose_guardian_has_ended_does_not_begin(void)
{
    loses_parent = true;
    begin(exit_with_three);
    check_end(1);
}

/* Locks */

static void replace_lock_and_be_killed(void)
{
    CHECK_EQUAL(rename("lock", "old"), 0);
    put("lock");
    be_killed();
}

/* Returns true if the guardian has a lock on the file "lock". */
static bool is_locked(void)
{
    struct place place = {.lock = (char *) "lock"};
    int          fd = open(place.lock, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_LIFE, .l_len = 1};
    bool         result = fcntl(fd, F_OFD_SETLK, &lock) < 0;

    close(fd);
    return result;
}

/* Returns how many descriptors the process PID has. */
static int count_open_of(pid_t pid)
{
    char path[64];
    DIR *directory;
    int  count = 0;

    (void) snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    directory = opendir(path);
    CHECK(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static bool has_open(pid_t pid, int fd)
{
    char path[64];

    (void) snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void make_lock_anew(void)
{
    int before;

    WAIT_FOR(!has_open(guardian, options.listener) && !has_open(guardian, options.lifeline));
    CHECK(unlink("lock") == 0 && unlink("journal") == 0);
    put("lock");
    CHECK(!is_locked());
    before = count_open_of(guardian);
    CHECK_EQUAL(kill(guardian, SIGUSR1), 0);
    WAIT_FOR(is_locked());
    WAIT_FOR(count_open_of(guardian) == before);
    CHECK_EQUAL(access("journal", F_OK), 0);
    CHECK_EQUAL(kill(guardian, SIGUSR1), 0); /* now there is nothing to do */
    be_killed();
}

static void the_lock_says_whether_the_socket_is_the_guardians(void)
{
    begin(replace_lock_and_be_killed);
    check_end(128 + SIGKILL);
    CHECK_EQUAL(access("socket", F_OK), 0); /* it may be another supervisor's */
    begin(make_lock_anew);
    check_end(128 + SIGKILL);
    CHECK(access("socket", F_OK) < 0);
    check_journal("the supervisor was killed by signal 9; its 0 processes were ended\n");
}

/* Signals */

/* Waits for one of the signals that a guardian passes on. */
static int take_signal(void)
{
    sigset_t all;
    int      number;

    sigfillset(&all);
    CHECK_EQUAL(sigwait(&all, &number), 0);
    return number;
}

/* Starts a process whose parent ends, and which ends then. Returns its id. */
static pid_t leave_orphan(void)
{
    int   ends[2];
    pid_t pid, child;

    CHECK_EQUAL(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        pid = fork();
        if (pid == 0) {
            WAIT_FOR(getppid() == guardian);
            _exit(0);
        }
        CHECK_EQUAL(write(ends[1], &pid, sizeof(pid)), sizeof(pid));
        _exit(0);
    }
    CHECK_EQUAL(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
    CHECK_EQUAL(waitpid(child, NULL, 0), child);
    CHECK_EQUAL(take_signal(), SIGCHLD);
    return pid;
}

static void take_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t         pending;
    pid_t            orphan;

    WAIT_FOR(seen->releases > 0);
    orphan = leave_orphan();
    WAIT_FOR(process_state(orphan) == 0); /* the guardian has reaped it */
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        CHECK_EQUAL(kill(guardian, SIGUSR1), 0); /* which is not passed on */
        CHECK_EQUAL(kill(guardian, numbers[i]), 0);
        CHECK_EQUAL(take_signal(), numbers[i]);
    }
    CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGCHLD)); /* nor is SIGCHLD */
    CHECK(seen->rests == 1 && seen->releases == 1); /* it rests from its first idle second on */
    if (fork() == 0)
        _exit(0);
    CHECK_EQUAL(take_signal(), SIGCHLD);
    CHECK_EQUAL(waitpid(-1, NULL, 0) > 0, true);
    CHECK_EQUAL(kill(guardian, SIGKILL), 0);
    CHECK_EQUAL(take_signal(), SIGTERM); /* by the kernel */
    tell();
}

static void the_guardian_passes_signals_on(void)
{
    char byte;

    begin(take_signals);
    check_end(-SIGKILL);
    CHECK_EQUAL(read(talk[0], &byte, 1), 1);
}

/* Takes a signal that the first process has got. */
static void take_first_signal(void)
{
    CHECK_EQUAL(take_signal(), SIGINT);
    WAIT_FOR(is_named(guardian, "k3-guardian"));
    tell();
    CHECK_EQUAL(take_signal(), SIGTERM); /* when the first process is killed */
    tell();
}

static void exit_with_five(void)
{
    _exit(5);
}

static void a_process_with_children_stays_their_parent(void)
{
    char byte;
    int  status;

    has_child = true;
    begin(exit_with_five);
    check_end(5);
    CHECK_EQUAL(waitpid(-1, &status, WNOHANG), 0); /* its child lives, and is this process's now */
    begin(take_first_signal);
    WAIT_FOR(is_named(first, "k3-wait"));
    CHECK_EQUAL(kill(first, SIGINT), 0);
    CHECK_EQUAL(read(talk[0], &byte, 1), 1);
    CHECK_EQUAL(kill(first, SIGKILL), 0);
    check_end(-SIGKILL);
    CHECK_EQUAL(read(talk[0], &byte, 1), 1);
}

/* Process 1 inherits all orphans, so no other process can be the guardian for it. */
static void process_1_is_the_guardian_itself(void)
{
    has_child = begins_as_init = true;
    begin(exit_with_five);
    check_end(5);
    check_journal("the supervisor left 1 processes behind; they were ended\n");
}

/* Descriptors and directories */

static void close_own_and_wait(void)
{
    close(options.lifeline);
    close(options.listener);
    await();
}

static void the_guardian_keeps_no_descriptor_that_it_does_not_use(void)
{
    char byte;

    for (int i = 0; i < 2; i++) {
        has_child = i == 1;
        begin(close_own_and_wait);
        CHECK_EQUAL(read(listener, &byte, 1), 0);
        CHECK_EQUAL(read(lifeline, &byte, 1), 0);
        close(talk[0]);
        check_end(0);
    }
}

/* Checks that the directories of a run are there at its end, or not; the other
 * end of the lifeline may be open. */
static void check_directories(bool has_state, bool is_open, bool are_left)
{
    CHECK(mkdir("directory", 0700) == 0 && mkdir("state", 0700) == 0);
    put("directory/file");
    options.directory = "directory";
    options.state = has_state ? "state" : NULL;
    begin(await);
    if (!is_open)
        close(lifeline);
    close(talk[0]);
    check_end(0);
    CHECK_EQUAL(access("directory", F_OK) == 0, are_left);
    CHECK_EQUAL(access("state", F_OK) == 0, are_left || !has_state);
    (void) unlink("directory/file");
    (void) rmdir("directory");
    (void) rmdir("state");
}

static void the_directories_of_a_run_vanish_with_the_run(void)
{
    check_directories(true, false, false);
    check_directories(false, false, false);
    check_directories(true, true, true);
}

TEST_MAIN({"ends", the_guardian_ends_as_its_supervisor},
          {"locks", the_lock_says_whether_the_socket_is_the_guardians},
          {"signals", the_guardian_passes_signals_on},
          {"unendable", the_guardian_says_what_it_may_not_kill},
          {"no-guardian", a_supervisor_whose_guardian_has_ended_does_not_begin},
          {"init", process_1_is_the_guardian_itself},
          {"children", a_process_with_children_stays_their_parent},
          {"descriptors", the_guardian_keeps_no_descriptor_that_it_does_not_use},
          {"directories", the_directories_of_a_run_vanish_with_the_run})
