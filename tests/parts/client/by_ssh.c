/*
 * Tests the way to the supervisor of another machine (cli/client/ssh.h), and how its end is told. The test looks at the
 * child where that would execute ssh, and says what ssh does then.
 */
#include "tests/parts/written.h"

#include "cli/base/status.h"
#include "cli/client/client.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The output of ssh, and its end: a status, or a negative signal. */
static const char *ssh_says; /* NULL: what it has found */
static int         ssh_ends;
static bool        ssh_reads, ssh_stays; /* it ends after its input, or never by itself */
static int         exec_error;

/* Adds the signals below 32 that are in the field NAME of /proc/self/status. */
static void add_signals(struct text *text, const char *name)
{
    char     line[256];
    uint64_t set;
    FILE    *file = fopen("/proc/self/status", "re");

    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) {
            set = strtoull(line + strlen(name) + 1, NULL, 16);
            for (int i = 1; i < 32; i++)
                if ((set & 1UL << (i - 1)) != 0)
                    text_printf(text, " %d", i);
        }
    (void) fclose(file);
}

int __wrap_execvp(const char *name, char *const *words);
int __wrap_execvp(const char *name, char *const *words)
{
    struct text text = {0};
    struct stat in, out;
    const char *askpass = getenv("SSH_ASKPASS_REQUIRE");
    char        byte;
    int         signal = 0;

    if (exec_error != 0) {
        errno = exec_error;
        return -1;
    }
    text_printf(&text, "%s:", name);
    for (; *words != NULL; words++)
        text_printf(&text, " %s", *words);
    CHECK(fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0);
    CHECK(in.st_ino == out.st_ino && S_ISSOCK(in.st_mode));
    CHECK(prctl(PR_GET_PDEATHSIG, &signal) == 0);
    text_printf(&text, "; %s; %s; dies by %d; ignores", askpass != NULL ? askpass : "asks",
                getsid(0) == getpid() ? "alone" : "at the terminal", signal);
    add_signals(&text, "SigIgn:");
    text_add(&text, "; blocks");
    add_signals(&text, "SigBlk:");
    text_add(&text, fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK ? "; errors do not block\n" : "\n");
    CHECK(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK) == 0);
    for (int fd = 3; fd < 64; fd++)
        close(fd); /* as exec would */
    if (ssh_says != NULL)
        CHECK_EQUAL(write(STDOUT_FILENO, ssh_says, strlen(ssh_says)), strlen(ssh_says));
    else
        CHECK_EQUAL(write(STDOUT_FILENO, text.data, text.size), text.size);
    while (ssh_reads && read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    while (ssh_stays)
        pause();
    if (ssh_ends < 0)
        kill(getpid(), -ssh_ends);
    _exit(ssh_ends);
}

/* Failures of the system */

static int  pair_error, pipe_error, fork_error, copy_error, open_error, flags_error, pidfd_error;
static bool is_orphan;      /* the parent of the child has gone before it could notice */
static bool is_interrupted; /* the next read or wait is interrupted */
static int  waited;         /* the milliseconds of the last wait */

int __real_socketpair(int domain, int type, int protocol, int ends[2]);
int __wrap_socketpair(int domain, int type, int protocol, int ends[2]);
int __wrap_socketpair(int domain, int type, int protocol, int ends[2])
{
    errno = pair_error;
    return pair_error != 0 ? -1 : __real_socketpair(domain, type, protocol, ends);
}

int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags)
{
    errno = pipe_error;
    return pipe_error != 0 ? -1 : __real_pipe2(ends, flags);
}

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void)
{
    errno = fork_error;
    return fork_error != 0 ? -1 : __real_fork();
}

pid_t __real_getppid(void);
pid_t __wrap_getppid(void);
pid_t __wrap_getppid(void)
{
    return is_orphan ? 0 : __real_getppid(); /* 0: it is in another namespace */
}

int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
int __wrap_dup2(int from, int to)
{
    errno = copy_error;
    return copy_error != 0 ? -1 : __real_dup2(from, to);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    errno = open_error;
    return open_error != 0 ? -1 : __real_open(path, flags, 0);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    int     argument;

    va_start(arguments, command);
    argument = va_arg(arguments, int);
    va_end(arguments);
    if (command == F_SETFL && argument == 0 && flags_error != 0) {
        errno = flags_error;
        return -1;
    }
    return __real_fcntl(fd, command, argument);
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (is_interrupted) {
        is_interrupted = false;
        errno = EINTR;
        return -1;
    }
    return __real_read(fd, data, size);
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    waited = timeout;
    if (is_interrupted) {
        is_interrupted = false;
        errno = EINTR;
        return -1;
    }
    return __real_poll(fds, count, ssh_stays && timeout > 0 ? 0 : timeout);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[2];

    va_start(arguments, number);
    for (int i = 0; i < 2; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    CHECK_EQUAL(number, SYS_pidfd_open);
    errno = pidfd_error;
    return pidfd_error != 0 ? -1 : __real_syscall(number, list[0], list[1]);
}

/* The connection */

/* Checks what comes over the connection FD up to its end, and closes it. */
static void check_read(int fd, const char *wanted)
{
    char    bytes[512];
    size_t  size = 0;
    ssize_t n;

    while ((n = recv(fd, bytes + size, sizeof(bytes) - 1 - size, 0)) > 0)
        size += (size_t) n;
    bytes[size] = '\0';
    if (strcmp(bytes, wanted) != 0)
        fprintf(stderr, "got: %s", bytes);
    CHECK_TEXT(bytes, wanted);
    close(fd);
}

#define FOUND(asks, where)                                                                         \
    "ssh: ssh far k3thread proxy; " asks "; " where "; dies by 13; ignores 1 2 3; blocks"

/* Starts ssh, and checks what it finds: WANTED. Returns its status. */
static int check_run(bool asks, const char *wanted)
{
    struct text why = {0};
    struct ssh  ssh;
    int         before = test_count_open(), fd = -1, flags;

    flags = __real_fcntl(STDERR_FILENO, F_GETFL, 0) & ~O_NONBLOCK;
    CHECK_EQUAL(__real_fcntl(STDERR_FILENO, F_SETFL, flags), 0);
    CHECK_EQUAL(ssh_start(&ssh, "far", asks, &fd, &why), 0);
    CHECK(ssh.pid > 0 && !ssh.has_ended && why.size == 0);
    CHECK_EQUAL(test_count_open(), before + 1);
    CHECK_EQUAL(__real_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
    check_read(fd, wanted);
    is_interrupted = true;
    CHECK(ssh_finish(&ssh, 60) && ssh.has_ended && ssh.pid == 0);
    CHECK_EQUAL(waited, 60000);
    CHECK(ssh_finish(&ssh, 60)); /* it has ended already */
    ssh_cut_off(&ssh);           /* and this does nothing */
    CHECK_EQUAL(test_count_open(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    return ssh.status;
}

static void hosts_are_names(void)
{
    struct text why = {0};

    CHECK(ssh_is_host("far", &why) && ssh_is_host("a-b", &why) && why.size == 0);
    CHECK(!ssh_is_host("", &why));
    check_written(&why, "'' is no host; give the name that ssh connects to");
    CHECK(!ssh_is_host("-oProxyCommand=x", &why));
    check_written(&why, "'-oProxyCommand=x' is no host; give the name that ssh connects to");
}

static void ssh_is_run(void)
{
    sigset_t all;

    CHECK(unsetenv("SSH_ASKPASS_REQUIRE") == 0);
    for (int i = 1; i < 32; i++)
        (void) signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
    CHECK(sigfillset(&all) == 0 && sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    ssh_ends = 3;
    CHECK_EQUAL(WEXITSTATUS(check_run(true, FOUND("asks", "at the terminal") "\n")), 3);
    CHECK_EQUAL(WEXITSTATUS(check_run(false, FOUND("never", "alone") "\n")), 3);
    CHECK(setenv("SSH_ASKPASS_REQUIRE", "force", 1) == 0);
    CHECK_EQUAL(WEXITSTATUS(check_run(true, FOUND("force", "at the terminal") "\n")), 3);
    CHECK_EQUAL(WEXITSTATUS(check_run(false, FOUND("never", "alone") "\n")), 3);
    CHECK(unsetenv("SSH_ASKPASS_REQUIRE") == 0);
    is_orphan = true;
    CHECK_EQUAL(WEXITSTATUS(check_run(false, "")), 1);
    is_orphan = false;
    ssh_ends = -SIGKILL;
    CHECK_EQUAL(WTERMSIG(check_run(true, FOUND("asks", "at the terminal") "\n")), SIGKILL);
    pidfd_error = ENOSYS; /* then only an end that was before is known */
    {
        struct text why = {0};
        struct ssh  ssh;
        siginfo_t   info;
        int         fd;

        CHECK_EQUAL(ssh_start(&ssh, "far", false, &fd, &why), 0);
        CHECK(waitid(P_PID, (id_t) ssh.pid, &info, WEXITED | WNOWAIT) == 0);
        waited = 0;
        CHECK(ssh_finish(&ssh, 60));
        CHECK_EQUAL(waited, 0);
        close(fd);
    }
}

static void ssh_ends_when_it_is_asked_to(void)
{
    struct text why = {0};
    struct ssh  ssh;
    int         fd, status;
    pid_t       pid;

    ssh_says = "";
    ssh_stays = true;
    CHECK_EQUAL(ssh_start(&ssh, "far", false, &fd, &why), 0);
    pid = ssh.pid;
    CHECK(!ssh_finish(&ssh, 1) && !ssh.has_ended && ssh.pid == 0); /* it serves other sessions */
    CHECK_EQUAL(waited, 1000);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
    close(fd);
    CHECK_EQUAL(ssh_start(&ssh, "far", false, &fd, &why), 0);
    ssh_cut_off(&ssh);
    ssh_stays = false;
    CHECK(ssh_finish(&ssh, 60));
    CHECK_EQUAL(WTERMSIG(ssh.status), SIGPIPE);
    close(fd);
}

/* Checks that ssh cannot be started. */
static void check_no_start(int error, const char *wanted)
{
    struct text why = {0};
    struct ssh  ssh = {.pid = 5, .has_ended = true};
    int         before = test_count_open(), fd = -1;

    CHECK_EQUAL(ssh_start(&ssh, "far", true, &fd, &why), error);
    check_written(&why, wanted);
    CHECK(ssh.pid == 0 && !ssh.has_ended);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void ssh_cannot_be_run(void)
{
    pair_error = EMFILE;
    check_no_start(-EMFILE, "cannot make a connection for ssh: Too many open files");
    pair_error = 0;
    pipe_error = ENFILE;
    check_no_start(-ENFILE, "cannot run ssh: Too many open files in system");
    pipe_error = 0;
    fork_error = EAGAIN;
    check_no_start(-EAGAIN, "cannot run ssh: Resource temporarily unavailable");
    fork_error = 0;
    exec_error = ENOENT;
    is_interrupted = true;
    check_no_start(-ENOENT, "cannot run ssh: No such file or directory");
    CHECK(!is_interrupted);
    exec_error = 0;
    copy_error = EBUSY;
    check_no_start(-EBUSY, "cannot run ssh: Device or resource busy");
}

/* ssh makes its descriptors non-blocking; a pipe for errors stays as it is for this process. */
static void an_error_output_that_is_a_pipe_is_its_own(void)
{
    int ends[2], before = __real_fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 60);

    CHECK(unsetenv("SSH_ASKPASS_REQUIRE") == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(__real_pipe2(ends, O_CLOEXEC) == 0);
    CHECK(__real_dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    for (int i = 0; i < 3; i++) {
        open_error = i == 1 ? EACCES : 0;
        flags_error = i == 2 ? EPERM : 0;
        (void) check_run(true, FOUND("asks", "at the terminal") "\n");
        CHECK_EQUAL((__real_fcntl(STDERR_FILENO, F_GETFL, 0) & O_NONBLOCK) != 0, i > 0);
    }
    flags_error = 0;
    /* A file is shared with ssh. */
    CHECK(__real_dup2(__real_open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), STDERR_FILENO) ==
          STDERR_FILENO);
    (void) check_run(true, FOUND("asks", "at the terminal") "\n");
    CHECK((__real_fcntl(STDERR_FILENO, F_GETFL, 0) & O_NONBLOCK) != 0);
    CHECK(__real_dup2(before, STDERR_FILENO) == STDERR_FILENO);
}

/* Clients */

/* Checks how a client of the machine, whose ssh does what was said, tells the end of its connection. */
static void check_lost(int error, int status, const char *wanted)
{
    struct client client = {.environment_known = true};
    struct reply  reply;
    struct text   text = {0};
    int           before = test_count_open();

    CHECK_EQUAL(client_open_host(&client, "far", 0), 0);
    CHECK_EQUAL(client_call(&client, "list", json_object(), &reply), error);
    CHECK_EQUAL(client.failure.status, status);
    text_append(&text, client.failure.message.data, client.failure.message.size);
    check_written(&text, wanted);
    CHECK(!client.open && !client.is_new && !client.environment_known);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(ssh_stays || (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD));
    client_close(&client);
}

#define GREETED "{\"id\":0,\"result\":{}}\n"

static void the_end_of_a_connection_is_told(void)
{
    struct client client = {0};
    struct reply  reply;
    int           status;

    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    ssh_says = "";
    ssh_ends = 127;
    check_lost(-EHOSTUNREACH, STATUS_NO_SUPERVISOR,
               "no k3thread on 'far', in the PATH of a command of ssh; install it there");
    ssh_ends = 255;
    check_lost(-EHOSTUNREACH, STATUS_NO_SUPERVISOR,
               "no connection to 'far': ssh ended with status 255");
    ssh_ends = 1;
    check_lost(-EHOSTUNREACH, STATUS_NO_SUPERVISOR,
               "no connection to 'far': ssh ended with status 1");
    ssh_ends = -SIGKILL;
    check_lost(-EHOSTUNREACH, STATUS_NO_SUPERVISOR, "no connection to 'far': signal 9 ended ssh");
    ssh_ends = 0;
    check_lost(-ECONNRESET, STATUS_FAILED, "the supervisor of 'far' went away without a reply");
    ssh_says = GREETED;
    check_lost(-ECONNRESET, STATUS_FAILED, "the supervisor of 'far' went away without a reply");
    ssh_ends = 255;
    check_lost(-ECONNRESET, STATUS_FAILED, "the connection to 'far' broke");
    ssh_says = "Welcome!\n";
    ssh_reads = true;
    ssh_ends = 0;
    check_lost(-EPROTO, STATUS_FAILED,
               "the process that answers on 'far' does not speak k3thread's protocol; does a "
               "start-up file of the shell there print something?");
    ssh_reads = false;
    exec_error = EACCES;
    CHECK_EQUAL(client_open_host(&client, "far", 0), -EACCES);
    CHECK_EQUAL(client.failure.status, STATUS_NO_SUPERVISOR);
    exec_error = 0;
    /* An ssh that does not get there in time does not stay. */
    ssh_says = "";
    ssh_stays = true;
    CHECK_EQUAL(client_open_host(&client, "far", 0), 0);
    CHECK_EQUAL(client_call_within(&client, "list", json_object(), 0.01, &reply), -ETIMEDOUT);
    CHECK_TEXT(client.failure.type, "TimeoutError");
    CHECK(waitpid(-1, &status, 0) > 0 || errno == ECHILD);
    CHECK(client.ssh.has_ended ? WTERMSIG(client.ssh.status) == SIGPIPE
                               : WTERMSIG(status) == SIGPIPE);
    client_close(&client);
}

TEST_MAIN({"names", hosts_are_names}, {"run", ssh_is_run}, {"asked", ssh_ends_when_it_is_asked_to},
          {"fails", ssh_cannot_be_run}, {"errors", an_error_output_that_is_a_pipe_is_its_own},
          {"told", the_end_of_a_connection_is_told})
