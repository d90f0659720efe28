/* Tests probes that cannot even begin to connect (cli/ready/probe_connection.c). connections.c has the others. */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"

#include <poll.h>
#include <sys/socket.h>

static int connect_error, socket_error; /* 0: none */

/* The linker replaces these functions by the ones of this file: see the Makefile. */
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_connect(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size);

int __wrap_socket(int domain, int type, int protocol)
{
    errno = socket_error;
    return socket_error != 0 ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    errno = connect_error;
    return connect_error != 0 ? -1 : __real_connect(fd, address, size);
}

/* Checks that the probe has failed, would try again after a pause, and has left nothing open. */
static void check_failed(struct ready *ready)
{
    const struct spawn_plan plan = {.output = "/dev/null"};
    const int               open = test_count_open();

    CHECK(!ready_check(ready, &plan));
    CHECK(ready_has_tried(ready) && ready_poll(ready).fd < 0);
    CHECK(ready_next(ready) > clock_monotonic() - 60);
    CHECK_EQUAL(test_count_open(), open);
}

static void a_connection_may_fail_at_once(void)
{
    const struct spawn_plan plan = {.output = "/dev/null"};
    struct ready           *ready;

    CHECK_EQUAL(ready_open("tcp:localhost:9", &ready), 0); /* which has two addresses */
    ready_begin(ready, &plan, 0);
    connect_error = ENETUNREACH;
    check_failed(ready);
    connect_error = 0;
    socket_error = EMFILE;
    check_failed(ready);
    ready_close(ready);
}

TEST_MAIN({"at-once", a_connection_may_fail_at_once})
