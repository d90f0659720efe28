/*
 * Tests the probe notify (cli/ready/probe_notify.c): the messages that count, and the processes that are heard. A
 * message that is invented comes from the function that stands in front of recvmsg().
 */
#include "tests/lib/test.h"

#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/ready.h"

#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

static int invented; /* how many messages were invented; -1: none is */
static int bind_error;

ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __real_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags)
{
    if (invented < 0)
        return __real_recvmsg(fd, header, flags);
    invented++;
    header->msg_controllen = 0; /* nobody knows who has sent it */
    memcpy(header->msg_iov[0].iov_base, "READY=1", 7);
    return 7;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);
int __real_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    errno = bind_error;
    return bind_error != 0 ? -1 : __real_bind(fd, address, size);
}

int __wrap_close(int fd);
int __real_close(int fd);

/* No descriptor is closed that did not come along. */
int __wrap_close(int fd)
{
    int result = __real_close(fd);

    CHECK(fd > STDERR_FILENO && (result == 0 || errno != EBADF));
    return result;
}

static struct ready     *ready;
static struct spawn_plan plan;

static void open_probe(void)
{
    invented = -1;
    CHECK_EQUAL(ready_open("notify", &ready), 0);
    ready_extend(ready, &plan);
    ready_begin(ready, &plan, 0);
}

/* Returns true if the probe has learned that the command is ready. */
static bool check_probe(void)
{
    struct pollfd pollfd = ready_poll(ready);

    CHECK(pollfd.fd >= 0);
    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    return ready_check(ready, &plan);
}

/* Sends the SIZE bytes of MESSAGE to the probe, with COUNT descriptors. */
static void send_message(const char *message, size_t size, int count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t             length = strlen(ready_notify_socket(ready));
    int                fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    union {
        char           bytes[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control = {.bytes = ""};
    struct iovec  part = {(void *) message, size};
    struct msghdr header = {.msg_name = &address,
                            .msg_namelen =
                                (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length),
                            .msg_iov = &part,
                            .msg_iovlen = 1};

    CHECK_EQUAL(ready_notify_socket(ready)[0], '@');
    memcpy(address.sun_path + 1, ready_notify_socket(ready) + 1, length - 1);
    if (count > 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE((size_t) count * sizeof(int));
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN((size_t) count * sizeof(int));
        for (size_t i = 0; i < (size_t) count; i++)
            memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &fd, sizeof(int));
    }
    CHECK_EQUAL(sendmsg(fd, &header, 0), size);
    close(fd);
}

/* Sends COUNT times the SIZE bytes of MESSAGE to the probe, from a process that has ended then. */
static void notify(const char *message, size_t size, int count)
{
    pid_t pid = fork();
    int   status;

    CHECK(pid >= 0);
    if (pid == 0) {
        while (count-- > 0)
            send_message(message, size, 0);
        _exit(0);
    }
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK_EQUAL(status, 0);
}

/* Checks the status that the probe has heard of since the last check; NULL: none. */
static void check_status(const char *wanted)
{
    char *status = ready_take_status(ready);

    CHECK((status == NULL) == (wanted == NULL));
    CHECK(wanted == NULL || strcmp(status, wanted) == 0);
    free(status);
}

static void a_notification_has_lines_that_each_count(void)
{
    static char message[4097];

    open_probe();
    CHECK(ready_lasts(ready));
    notify("STATUS=a\nSTATUS=b c\nSTATUS", 26, 1);
    CHECK(!check_probe());
    check_status("b c");
    check_status(NULL);
    notify("READY=11\nXREADY=1\nREADY=0", 25, 1);
    CHECK(!check_probe());
    CHECK(!ready_is_stopping(ready));
    notify("X=1\nREADY=1\nSTOPPING=1\nSTATUS=\n", 31, 1);
    CHECK(check_probe());
    CHECK(ready_is_stopping(ready));
    check_status("");
    notify("STOPPING=0", 10, 1);
    CHECK(!check_probe());
    CHECK(ready_is_stopping(ready)); /* it stays so */
    /* A message of 4096 bytes counts, a longer one does not. */
    memset(message, '\n', sizeof(message));
    memcpy(message, "READY=1", 7);
    notify(message, 4096, 1);
    CHECK(check_probe());
    notify(message, 4097, 1);
    CHECK(!check_probe());
    ready_close(ready);
}

static void the_messages_that_wait_are_read_at_once(void)
{
    int before;

    open_probe();
    notify("STATUS=a long status", 20, 1);
    notify("", 0, 1);
    notify("STATUS=new", 10, 1);
    notify("READY=1", 7, 1);
    notify("X=1", 3, 1);
    errno = EAGAIN; /* of an earlier call */
    before = test_count_open();
    CHECK(check_probe());
    check_status("new");
    CHECK(!ready_check(ready, &plan)); /* it does not wait */
    CHECK_EQUAL(fcntl(ready_poll(ready).fd, F_GETFD), FD_CLOEXEC);
    for (int count = 1; count <= 4; count++) /* descriptors that come along are closed */
        send_message(count == 3 ? "READY=1" : "X=1", count == 3 ? 7 : 3, count);
    CHECK(check_probe());
    CHECK_EQUAL(test_count_open(), before);
    invented = 0;
    CHECK(!ready_check(ready, &plan));
    CHECK_EQUAL(invented, 16); /* a worker has other things to look at, too */
    ready_close(ready);
}

static void a_socket_that_cannot_be_bound_is_closed(void)
{
    int before = test_count_open();

    bind_error = ENOMEM;
    CHECK_EQUAL(ready_open("notify", &ready), -ENOMEM);
    CHECK_EQUAL(test_count_open(), before);
}

/* Returns true if a process of USER with the MARK of a thread (0: none) is heard while it lives. */
static bool is_heard(uid_t user, uint64_t id)
{
    const struct rlimit mark = {mark_of(id), mark_of(id)};
    int                 ends[2], status;
    bool                result;
    char                byte;
    pid_t               pid;

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        if (id != 0)
            CHECK_EQUAL(prlimit(0, (unsigned) mark_resource(), &mark, NULL), 0);
        CHECK(user == geteuid() || setuid(user) == 0);
        send_message("READY=1", 7, 0);
        CHECK_EQUAL(write(ends[1], "", 1), 1);
        CHECK_EQUAL(read(ends[1], &byte, 1), 0);
        _exit(7);
    }
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], &byte, 1), 1);
    errno = ESRCH; /* of an earlier call */
    result = check_probe();
    close(ends[0]);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7); /* it was left alone */
    return result;
}

/* Returns true if a process of USER that has ended is heard. */
static bool was_heard(uid_t user)
{
    int   status;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(user == geteuid() || setuid(user) == 0);
        send_message("READY=1", 7, 0);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    return check_probe();
}

static void processes_of_the_thread_are_heard(void)
{
    plan.mark = mark_of(7);
    open_probe();
    CHECK(is_heard(geteuid(), 0)); /* no limit is left to carry a mark */
    mark_open();
    CHECK(is_heard(geteuid(), 7));
    CHECK(is_heard(geteuid(), mark_check_id(7)));
    CHECK(!is_heard(geteuid(), 0));
    CHECK(!is_heard(geteuid(), 8));
    CHECK(was_heard(geteuid())); /* its mark cannot be read any more */
    ready_close(ready);
}

static void other_users_are_not_heard(void)
{
    if (geteuid() != 0)
        return; /* only root can be two users */
    plan.mark = mark_of(7);
    open_probe();
    CHECK(!is_heard(65534, 0));
    mark_open();
    CHECK(is_heard(65534, 7)); /* of the thread */
    CHECK(!is_heard(65534, 0));
    CHECK(!was_heard(65534));
    /* Now root is another user, which is heard. */
    CHECK_EQUAL(seteuid(65534), 0);
    CHECK(was_heard(65534));
    CHECK_EQUAL(seteuid(0), 0);
    ready_close(ready);
}

/* Runs as process 1 of its namespace. Hears itself, but not the process that writes to INPUT, which is outside. */
static void be_first(int input, int output)
{
    char byte;

    open_probe();
    send_message("READY=1", 7, 0);
    CHECK(check_probe());
    CHECK_EQUAL(write(output, ready_notify_socket(ready), strlen(ready_notify_socket(ready))),
                strlen(ready_notify_socket(ready)));
    CHECK_EQUAL(read(input, &byte, 1), 1);
    CHECK(!check_probe());
    _exit(0);
}

static void a_process_of_another_namespace_is_not_heard(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                down[2], up[2], fd, status;
    ssize_t            size;
    pid_t              pid;

    CHECK(pipe(down) == 0 && pipe(up) == 0);
    if (unshare(CLONE_NEWPID) < 0)
        return; /* only root may do that */
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        be_first(down[0], up[1]);
    close(up[1]);
    size = read(up[0], address.sun_path, sizeof(address.sun_path));
    CHECK(size > 0);
    address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_EQUAL(sendto(fd, "READY=1", 7, 0, (struct sockaddr *) &address,
                       (socklen_t) (offsetof(struct sockaddr_un, sun_path) + (size_t) size)),
                7);
    CHECK_EQUAL(write(down[1], "", 1), 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

TEST_MAIN({"lines", a_notification_has_lines_that_each_count},
          {"waiting", the_messages_that_wait_are_read_at_once},
          {"unbound", a_socket_that_cannot_be_bound_is_closed},
          {"threads", processes_of_the_thread_are_heard}, {"users", other_users_are_not_heard},
          {"namespaces", a_process_of_another_namespace_is_not_heard})
