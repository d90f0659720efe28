/*
 * Tests the agent of a run on another machine (cli/remote/agent.h): its beginning, and each reason for its end. A child
 * is the agent; another process stands for the guardian of its supervisor.
 */
#include "tests/cli/written.h"
#include "tests/lib/test.h"

#include "cli/client/launch.h"
#include "cli/place/socket.h"
#include "cli/remote/agent.h"
#include "cli/remote/bootstrap.h"
#include "cli/remote/link.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

static char  directory[PATH_MAX]; /* of the agent */
static pid_t agent;
static int   to_agent, from_agent, told; /* told: what the guardian writes */
static int   guardian_end = -1;          /* the guardian's end of that */
static int   go[2];                      /* the guardian waits for the end of this pipe */
static int   launch_error;
static bool  is_deaf; /* the guardian does not notice that it shall end */

/* Starts the guardian, which says what it is started with, and when its lifeline ends. */
int launch_own(const struct place *place, const struct launch_own *own, pid_t *ret_pid,
               struct text *why)
{
    char commands[PATH_MAX + 16];

    if (launch_error != 0) {
        text_add(why, "no supervisor today");
        return launch_error;
    }
    (void) snprintf(commands, sizeof(commands), "%s/all.sock", directory);
    CHECK_TEXT(place->directory, directory);
    CHECK_TEXT(own->commands_socket, commands);
    CHECK(own->private_place && own->slots == 0 && !own->jobserver);
    *ret_pid = fork();
    CHECK(*ret_pid >= 0);
    if (*ret_pid == 0) {
        char byte;

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

/* Starts the agent. */
static void start(void)
{
    int down[2], up[2], news[2];

    CHECK(getcwd(directory, sizeof(directory)) != NULL);
    strcat(directory, "/agent");
    CHECK_EQUAL(mkdir(directory, 0700), 0);
    CHECK_EQUAL(pipe2(go, O_CLOEXEC), 0);
    CHECK(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0 && pipe2(news, O_CLOEXEC) == 0);
    agent = fork();
    CHECK(agent >= 0);
    if (agent == 0) {
        struct text why = {0};
        cpu_set_t   set;
        int         error;

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
        error = agent_run(directory, &why);
        if (error != 0)
            (void) dprintf(guardian_end, "%d %.*s\n", error, (int) why.size, why.data);
        _exit(error != 0 ? 3 : 0);
    }
    close(down[0]);
    close(up[1]);
    close(news[1]);
    close(go[0]);
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
    char  wanted[64];
    pid_t guardian = atoi(read_line(told));

    CHECK_TEXT(read_line(from_agent), "");
    (void) snprintf(wanted, sizeof(wanted), BOOTSTRAP_MARK BOOTSTRAP_UP "%d 1", LINK_VERSION);
    CHECK_TEXT(read_line(from_agent), wanted);
    return guardian;
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
}

static void the_agent_ends_with_its_link(void)
{
    char comm[64], path[64];
    int  fd;

    start();
    (void) await_up();
    (void) snprintf(path, sizeof(path), "/proc/%d/comm", agent);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    (void) snprintf(comm, sizeof(comm), "%s", read_line(fd));
    CHECK_TEXT(comm, "k3-agent");
    fd = socket_connect("agent/all.sock");
    CHECK(fd >= 0); /* a command finds it */
    CHECK_EQUAL(write(fd, "{\"method\":\"attach\"}\n", 20), 20);
    CHECK_TEXT(read_line(told), "client");
    close(to_agent);
    from_agent = -1; /* the run has cut the link */
    check_end(0, true);
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
    pid_t guardian;

    is_deaf = true;
    start();
    guardian = await_up();
    CHECK_EQUAL(kill(guardian, SIGKILL), 0);
    check_end(0, false);
}

static void an_agent_that_cannot_begin_says_why(void)
{
    start();
    close(from_agent); /* the run has ended meanwhile */
    from_agent = -1;
    (void) read_line(told);
    check_end(0, true);
    launch_error = -EAGAIN;
    start();
    CHECK_TEXT(read_line(told), "-11 no supervisor today");
    check_end(3, false);
}

TEST_MAIN({"link", the_agent_ends_with_its_link}, {"signals", the_agent_ends_at_a_signal},
          {"supervisor", the_agent_ends_with_its_supervisor},
          {"failures", an_agent_that_cannot_begin_says_why})
