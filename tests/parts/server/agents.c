/*
 * Tests what the supervisor of an agent knows of the agent and of its guardian, and its end without them. The parts of
 * the server that end are the test's.
 */
#include "tests/lib/test.h"

#include "cli/server/agent.h"
#include "cli/server/agent_end.h"
#include "cli/server/connection.h"
#include "cli/server/listener.h"
#include "cli/server/parent.h"
#include "cli/server/shutdown.h"

#include <stdbool.h>
#include <sys/socket.h>

void listener_shut(void)
{
    puts("shut");
}

void connection_drop_all(void)
{
    puts("drop");
}

void shutdown_begin(struct call *call, const k3thread_exctype *type)
{
    CHECK(call == NULL);
    puts(type->name);
}

/* Stores in ENDS a pair of sockets that this process has made, or a child if BY_CHILD. */
static void make_pair(bool by_child, int *ends)
{
    char          byte = 'x';
    struct iovec  part = {&byte, 1};
    char          space[CMSG_SPACE(2 * sizeof(int))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *head;
    int             way[2], status;
    pid_t           pid;

    if (!by_child) {
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        return;
    }
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, way), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(head), ends, 2 * sizeof(int));
        _exit(sendmsg(way[1], &message, 0) == 1 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK_EQUAL(recvmsg(way[0], &message, MSG_CMSG_CLOEXEC), 1);
    memcpy(ends, CMSG_DATA(CMSG_FIRSTHDR(&message)), 2 * sizeof(int));
}

/* The agent is the process that has made the lifeline. */
static void the_agent_is_known_by_its_lifeline(void)
{
    int own[2], other[2];

    make_pair(false, own);
    make_pair(true, other);
    CHECK(!agent_is());
    CHECK(!agent_has_connected(own[0]));
    agent_set(own[0]);
    CHECK(agent_is());
    CHECK(agent_has_connected(own[1]));
    CHECK(!agent_has_connected(other[0]));
    CHECK(!agent_has_connected(-1));
    agent_set(other[0]);
    CHECK(agent_has_connected(other[1]));
    CHECK(!agent_has_connected(own[0]));
}

/* Nobody has connected as an agent that is not known. */
static void an_unknown_agent_has_not_connected(void)
{
    int own[2];

    make_pair(false, own);
    agent_set(-1);
    CHECK(agent_is());
    CHECK(!agent_has_connected(own[0]));
    CHECK(!agent_has_connected(-1));
}

static void the_guardian_is_the_parent_that_lives(void)
{
    CHECK_EQUAL(parent_pid(), 0);
    parent_set(getppid());
    CHECK_EQUAL(parent_pid(), getppid());
    parent_set(getppid() + 1); /* it has died, and another process has adopted this one */
    CHECK_EQUAL(parent_pid(), 0);
}

static void end_with_guardian(void)
{
    parent_set(getppid());
    agent_end();
}

static void end_alone(void)
{
    parent_set(getppid() + 1);
    agent_end();
}

/* The guardian ends everything when the supervisor is dead; without it, the supervisor does. */
static void an_agent_ends_by_its_guardian_or_alone(void)
{
    char output[256];
    int  status = test_child(end_with_guardian, output, sizeof(output));

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK_TEXT(output, "");
    CHECK_EQUAL(test_child(end_alone, output, sizeof(output)), 0);
    CHECK_TEXT(output, "shut\ndrop\nSystemExit\n");
}

TEST_MAIN({"lifeline", the_agent_is_known_by_its_lifeline},
          {"unknown", an_unknown_agent_has_not_connected},
          {"guardian", the_guardian_is_the_parent_that_lives},
          {"end", an_agent_ends_by_its_guardian_or_alone})
