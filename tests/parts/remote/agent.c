/*
 * Tests the agent of a run on another machine (cli/remote/agent.h): its beginning, and each reason for its end. A child
 * is the agent; another process stands for the guardian of its supervisor.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/client/launch.h"
#include "cli/place/socket.h"
#include "cli/remote/agent.h"
#include "cli/remote/bootstrap.h"
#include "cli/remote/link.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static char  directory[PATH_MAX]; /* of the agent */
static pid_t agent;
static int   to_agent, from_agent, told; /* told: what the guardian writes */
static int   guardian_end = -1;          /* the guardian's end of that */
static int   go[2];                      /* the guardian waits for the end of this pipe */
static int   launch_error;
static bool  is_deaf; /* the guardian does not notice that it shall end */
static bool  is_silent, is_run_gone, is_nowhere;
static int   stranger; /* its end ends another child of the agent */

/* The agent, as the test sees it. */
static struct {
    double ahead; /* seconds that its clock is ahead */
    int    accept_error;
    int    refused; /* how many clients were refused for it */
    int    sleeps;  /* how often its loop has waited in vain */
    int    timeout; /* of its last wait */
    int    polls;   /* for the supervisor's end */
} * seen;

double __real_clock_monotonic(void);
double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return __real_clock_monotonic() + seen->ahead;
}

int __real_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout)
{
    int count = __real_epoll_wait(fd, ret, most, timeout);

    seen->sleeps += count == 0 && timeout > 0;
    seen->timeout = timeout;
    return count;
}

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    if (seen->accept_error == 0)
        return __real_accept4(fd, address, size, flags);
    seen->refused++;
    errno = seen->accept_error;
    return -1;
}

int __real_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout)
{
    seen->polls += timeout == 5000;
    return __real_poll(files, count, timeout);
}

static pid_t guardian; /* the agent knows it */

/* The wait for the guardian is interrupted once. */
pid_t __real_waitpid(pid_t pid, int *ret_status, int options);
pid_t __wrap_waitpid(pid_t pid, int *ret_status, int options);
pid_t __wrap_waitpid(pid_t pid, int *ret_status, int options)
{
    static bool is_interrupted;

    if (guardian == 0 || pid != guardian || is_interrupted)
        return __real_waitpid(pid, ret_status, options);
    is_interrupted = true;
    errno = EINTR;
    return -1;
}

/* Checks that the supervisor inherits nothing that it is not given. */
static void check_inheritance(void)
{
    for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
        CHECK(fcntl(fd, F_GETFD) != 0); /* it is closed or will be */
}

/* Starts the guardian, which says what it is started with, and when its lifeline ends. */
int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why)
{
    char          commands[PATH_MAX + 16];
    struct rlimit limit;

    if (launch_error != 0) {
        if (!is_silent)
            text_add(why, "no supervisor today");
        return launch_error;
    }
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 100);
    check_inheritance();
    (void) snprintf(commands, sizeof(commands), "%s/all.sock", directory);
    CHECK_TEXT(place->directory, directory);
    CHECK_TEXT(own->commands_socket, commands);
    CHECK(own->private_place && own->slots == 0 && !own->jobserver);
    *ret_pid = fork();
    CHECK(*ret_pid >= 0);
    guardian = *ret_pid;
    if (*ret_pid == 0) {
        char byte;

        (void) setsid();
        (void) dprintf(guardian_end, "%d\n", getpid());
        for (int fd = 0; fd < 256; fd++)
            if (fd != own->lifeline && fd != guardian_end && fd != go[0])
                close(fd);
        while (is_deaf)
            pause();
        while (read(own->lifeline, &byte, 1) > 0)
            (void) dprintf(guardian_end, "client\n");
        (void) dprintf(guardian_end, "end\n");
        (void) !read(go[0], &byte, 1);
        _exit(0);
    }
    return 0;
}

/* Starts a process that ends with the pipe STRANGER. */
static void start_stranger(const int *ends)
{
    char byte;

    if (fork() != 0)
        return;
    close(ends[1]);
    for (int fd = 0; fd < 256; fd++)
        if (fd != ends[0])
            close(fd);
    (void) !read(ends[0], &byte, 1);
    _exit(0);
}

/* Starts the agent, which has a child already. */
static void start(void)
{
    int           down[2], up[2], news[2], other[2];
    struct rlimit limit;

    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(seen != MAP_FAILED);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 100;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQUAL(pipe2(other, O_CLOEXEC), 0);

    CHECK(getcwd(directory, sizeof(directory)) != NULL);
    strcat(directory, "/agent");
    CHECK_EQUAL(mkdir(directory, 0700), 0);
    CHECK_EQUAL(pipe2(go, O_CLOEXEC), 0);
    CHECK(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0 && pipe2(news, O_CLOEXEC) == 0);
    if (is_run_gone)
        close(up[0]);
    agent = fork();
    CHECK(agent >= 0);
    if (agent == 0) {
        struct text why = {0};
        cpu_set_t   set;
        int         error;

        (void) signal(SIGPIPE, SIG_DFL);
        start_stranger(other);
        close(other[1]);
        CPU_ZERO(&set);
        CPU_SET((size_t) sched_getcpu(), &set);
        CHECK_EQUAL(sched_setaffinity(0, sizeof(set), &set), 0);
        guardian_end = news[1];
        close(down[1]);
        close(up[0]);
        close(news[0]);
        close(go[1]);
        CHECK(dup2(down[0], STDIN_FILENO) >= 0 && dup2(up[1], STDOUT_FILENO) >= 0);
        close(up[1]);
        close(down[0]);
        CHECK_EQUAL(descriptors_close_on_exec(), 0); /* those of the test */
        error = agent_run(is_nowhere ? "nowhere" : directory, &why);
        CHECK(guardian == 0 || kill(guardian, 0) < 0); /* it was waited for */
        if (error != 0)
            (void) dprintf(guardian_end, "%d %.*s\n", error, (int) why.size, why.data);
        _exit(error != 0 ? 3 : 0);
    }
    close(down[0]);
    close(up[1]);
    close(news[1]);
    close(go[0]);
    close(other[0]);
    stranger = other[1];
    to_agent = down[1];
    from_agent = up[0];
    told = news[0];
}

/* Reads a line of FD, without its newline, which lives until the next call. */
static const char *read_line(int fd)
{
    static char line[256];
    size_t      used = 0;

    while (used < sizeof(line) - 1 && read(fd, line + used, 1) == 1 && line[used] != '\n')
        used++;
    line[used] = '\0';
    return line;
}

/* Waits until the agent is up. Returns the process of the guardian. */
static pid_t await_up(void)
{
    char          wanted[64];
    pid_t         pid = atoi(read_line(told));
    struct rlimit limit;

    CHECK_TEXT(read_line(from_agent), "");
    (void) snprintf(wanted, sizeof(wanted), BOOTSTRAP_MARK BOOTSTRAP_UP "%d 1", LINK_VERSION);
    CHECK_TEXT(read_line(from_agent), wanted);
    CHECK_EQUAL(prlimit(agent, RLIMIT_NOFILE, NULL, &limit), 0);
    CHECK(limit.rlim_cur == limit.rlim_max && limit.rlim_cur > 100);
    return pid;
}

/* Checks that the agent ends with STATUS, after its guardian if HAS_GUARDIAN, and that its directory is gone. */
static void check_end(int status, bool has_guardian)
{
    struct pollfd link = {.fd = from_agent};
    int           got;

    if (has_guardian) {
        CHECK_TEXT(read_line(told), "end");
        CHECK_EQUAL(poll(&link, 1, 0), 0); /* the link ends only when the guardian has ended */
    }
    close(go[1]);
    CHECK_EQUAL(waitpid(agent, &got, 0), agent);
    CHECK(WIFEXITED(got));
    CHECK_EQUAL(WEXITSTATUS(got), status);
    CHECK(access("agent", F_OK) < 0);
    close(stranger);
}

static void the_agent_ends_with_its_link(void)
{
    char comm[64], path[64], frame[8];
    int  fd;

    start();
    (void) await_up();
    (void) snprintf(path, sizeof(path), "/proc/%d/comm", agent);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    (void) snprintf(comm, sizeof(comm), "%s", read_line(fd));
    CHECK_TEXT(comm, "k3-agent");
    close(stranger); /* which says nothing of the guardian */
    stranger = -1;
    fd = socket_connect("agent/all.sock");
    CHECK(fd >= 0 && write(fd, "{\"method\":\"list\"}\n", 18) == 18);
    CHECK_EQUAL(read(from_agent, frame, sizeof(frame)), sizeof(frame)); /* it is for the run */
    CHECK_EQUAL(memcmp(frame, "\1\0\0\200\1\0\0\0", 8), 0);
    close(fd);
    fd = socket_connect("agent/all.sock");
    CHECK(fd >= 0); /* a command finds it */
    CHECK_EQUAL(write(fd, "{\"method\":\"attach\"}\n", 20), 20);
    CHECK_TEXT(read_line(told), "client");
    close(to_agent);
    from_agent = -1; /* the run has cut the link */
    check_end(0, true);
    CHECK_EQUAL(seen->polls, 1);
}

/* Clients that cannot be accepted now wait, and the loop does not spin. */
static void clients_wait_while_none_can_be_accepted(void)
{
    int fd;

    start();
    (void) await_up();
    seen->accept_error = EMFILE;
    fd = socket_connect("agent/all.sock");
    CHECK(fd >= 0 && write(fd, "{\"method\":\"attach\"}\n", 20) == 20);
    WAIT_FOR(seen->refused >= 4);
    CHECK(seen->sleeps >= 3);
    seen->accept_error = 0;
    CHECK_TEXT(read_line(told), "client");
    CHECK_EQUAL(kill(agent, SIGTERM), 0);
    check_end(0, true);
}

/* An agent that hears nothing of its run ends at once when its lease is over. */
static void the_agent_ends_without_a_sign_of_life(void)
{
    int fd;

    start();
    (void) await_up();
    seen->ahead = 10;
    fd = socket_connect("agent/all.sock"); /* which wakes it */
    CHECK(fd >= 0);
    CHECK_TEXT(read_line(told), "end");
    check_end(0, false);
    CHECK_EQUAL(seen->timeout, 0); /* it has not waited once more */
}

static void the_agent_ends_at_a_signal(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        start();
        (void) await_up();
        CHECK_EQUAL(kill(agent, signals[i]), 0);
        check_end(0, true);
    }
}

static void the_agent_ends_with_its_supervisor(void)
{
    pid_t pid;

    is_deaf = true;
    start();
    pid = await_up();
    CHECK_EQUAL(kill(pid, SIGKILL), 0);
    check_end(0, false);
    CHECK_EQUAL(seen->polls, 1);
}

static void an_agent_that_cannot_begin_says_why(void)
{
    is_run_gone = true; /* the run has ended meanwhile */
    start();
    from_agent = -1;
    (void) read_line(told);
    check_end(0, true);
    is_run_gone = false;
    launch_error = -EAGAIN;
    start();
    CHECK_TEXT(read_line(told), "-11 no supervisor today");
    check_end(3, false);
    is_silent = true;
    start();
    CHECK_TEXT(read_line(told), "-11 Resource temporarily unavailable");
    check_end(3, false);
    is_nowhere = true;
    start();
    CHECK_EQUAL(strncmp(read_line(told), "-2 ", 3), 0);
    CHECK_EQUAL(rmdir(directory), 0);
    check_end(3, false);
    CHECK_EQUAL(seen->polls, 0); /* no supervisor is waited for */
}

TEST_MAIN({"link", the_agent_ends_with_its_link}, {"silent", the_agent_ends_without_a_sign_of_life},
          {"accept", clients_wait_while_none_can_be_accepted},
          {"signals", the_agent_ends_at_a_signal},
          {"supervisor", the_agent_ends_with_its_supervisor},
          {"failures", an_agent_that_cannot_begin_says_why})
