/* Tests the bytes of a client's connection (cli/client/wire.h), with a system that fails as a case says. */
#include "tests/parts/written.h"

#include "cli/client/wire.h"

#include <poll.h>
#include <sys/socket.h>

#define REPLY_MAX (1024U * 1024 * 1024)

static int sends, send_error; /* how many calls of send() there were, and the errno of each */
static int poll_error,
    waited;         /* the errno of the next wait, and the milliseconds of the last one */
static size_t most; /* the most bytes that are received; 0: any number */
static int    frees;

ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    sends++;
    errno = send_error;
    return send_error != 0 ? -1 : __real_send(fd, data, size, flags);
}

ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    return __real_recv(fd, data, most > 0 && size > most ? most : size, flags);
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    waited = timeout;
    errno = poll_error;
    return poll_error != 0 ? -1 : __real_poll(fds, count, 0);
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    frees += memory != NULL;
    __real_free(memory);
}

/* Opens a wire. Returns the other end. */
static int open_wire(struct wire *wire)
{
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    *wire = (struct wire){.fd = ends[0]};
    return ends[1];
}

static void requests_are_queued_whole(void)
{
    struct wire wire;
    struct text params = {0}, failed = {.failed = true};
    int         other = open_wire(&wire);

    text_add(&params, "{}");
    CHECK_EQUAL(wire_flush(&wire), 0);
    CHECK_EQUAL(sends, 0); /* there was nothing to send */
    CHECK_EQUAL(wire_queue(&wire, 1, "a", &failed), -ENOMEM);
    text_release(&wire.unsent);
    wire.unsent.failed = true;
    CHECK_EQUAL(wire_queue(&wire, 1, "a", &params), -ENOMEM);
    wire.unsent.failed = false;
    text_release(&wire.unsent);
    CHECK_EQUAL(wire_queue(&wire, 1, "a", &params), 0);
    check_written(&wire.unsent, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{}}\n");
    /* A last byte is sent, too. */
    text_add(&wire.unsent, "x");
    CHECK_EQUAL(wire_wait(&wire, 60), 0);
    CHECK_EQUAL(waited, 60000);
    CHECK(wire.unsent.size == 0 && sends == 1 && !wire.cut);
    text_add(&wire.unsent, "y");
    CHECK_EQUAL(wire_flush(&wire), 0);
    CHECK(recv(other, (char[2]){0}, 2, MSG_DONTWAIT) == 2);
    text_release(&params);
    close(other);
    wire_close(&wire);
}

static void waits_are_bounded(void)
{
    struct wire wire;
    int         other = open_wire(&wire);

    CHECK_EQUAL(wire_wait(&wire, 0), -ETIMEDOUT);
    CHECK_EQUAL(waited, 0);
    CHECK_EQUAL(wire_wait(&wire, 1.5), -ETIMEDOUT);
    CHECK_EQUAL(waited, 1500);
    CHECK_EQUAL(write(other, "a\n", 2), 2);
    CHECK_EQUAL(wire_wait(&wire, -1), 1);
    CHECK_EQUAL(waited, -1);
    poll_error = EINTR;
    CHECK_EQUAL(wire_wait(&wire, -1), 0);
    poll_error = ENOMEM;
    CHECK_EQUAL(wire_wait(&wire, -1), -ENOMEM);
    poll_error = 0;
    /* What cannot be sent is told, and nothing is read then. */
    CHECK_EQUAL(write(other, "b\n", 2), 2);
    text_add(&wire.unsent, "x");
    send_error = EIO;
    CHECK_EQUAL(wire_wait(&wire, -1), -EIO);
    CHECK_EQUAL(wire.received.bytes.size, 2);
    send_error = 0;
    CHECK_EQUAL(wire_wait(&wire, -1), 1);
    CHECK_EQUAL(wire.received.bytes.size, 4);
    CHECK_EQUAL(wire.unsent.size, 0);
    close(other);
    wire_close(&wire);
}

static void replies_have_a_limit(void)
{
    struct wire wire;
    int         other = open_wire(&wire), before = test_count_open();

    /* The bytes are not there, but nothing comes that would be put behind them. */
    wire.received.bytes.size = REPLY_MAX;
    wire.received.bytes.capacity = 2UL * REPLY_MAX;
    CHECK_EQUAL(wire_read(&wire), 0);
    wire.received.bytes.size = REPLY_MAX + 1;
    CHECK_EQUAL(wire_read(&wire), -EMSGSIZE);
    wire.received = (struct line_buffer){0};
    /* All is freed at the end. */
    CHECK_EQUAL(write(other, "a\n", 2), 2);
    CHECK_EQUAL(wire_read(&wire), 1);
    text_add(&wire.unsent, "x");
    frees = 0;
    wire_close(&wire);
    CHECK_EQUAL(frees, 2);
    CHECK_EQUAL(test_count_open(), before - 1);
    CHECK(wire.fd == -1 && wire.unsent.data == NULL && wire.unsent.size == 0);
    close(other);
}

TEST_MAIN({"queued", requests_are_queued_whole}, {"waits", waits_are_bounded},
          {"limit", replies_have_a_limit})
