/*
 * Tests the connection between an attached process and its supervisor, which no program can call: whole lines are sent
 * and received, in whatever pieces, and with the permit.
 */
#include "test.h"

#include "lib/clock.h"
#include "lib/connection.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The linker replaces these functions: see tests/lib/rules.mk. */
int     __real_clock_gettime(clockid_t clock, struct timespec *ret);
int     __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int     __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int     __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);
int     __real_nanosleep(const struct timespec *time, struct timespec *ret_left);
int     __wrap_nanosleep(const struct timespec *time, struct timespec *ret_left);

static int64_t  clock_stands_at; /* in nanoseconds; 0: it shows the true time */
static unsigned pauses;          /* while the clock stood */
static size_t   most = SIZE_MAX; /* so many bytes are sent at a time */
static const int
          *polls; /* what poll() returns: a result, or the negative of an error; NULL: the truth */
static int poll_times[6]; /* the milliseconds that it was to wait */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (clock_stands_at == 0)
        return __real_clock_gettime(clock, ret);
    *ret = (struct timespec){clock_stands_at / K3T_NANOSECONDS, clock_stands_at % K3T_NANOSECONDS};
    return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *ret_left)
{
    if (clock_stands_at == 0)
        return __real_nanosleep(time, ret_left);
    clock_stands_at += time->tv_sec * K3T_NANOSECONDS + time->tv_nsec;
    pauses++;
    return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static unsigned calls;
    int             result;

    if (polls == NULL)
        return __real_poll(fds, count, timeout);
    CHECK(count == 1 && fds->events == POLLOUT && calls < 6);
    poll_times[calls++] = timeout;
    clock_stands_at += K3T_NANOSECONDS / 2;
    result = *polls++;
    if (result >= 0)
        return result;
    errno = -result;
    return -1;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    return __real_send(fd, bytes, size < most ? size : most, flags);
}

/* Makes CONNECTION one end of a pair of sockets. Returns the other end. */
static int join_up(struct k3t_connection *connection)
{
    int ends[2];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    *connection = (struct k3t_connection){.socket = ends[0], .permit = -1};
    return ends[1];
}

/* Checks what the other end gets when CONNECTION sends its line. */
static void check_sent(struct k3t_connection *connection, int end, const char *wanted)
{
    char    got[K3T_LINE_SIZE + 1];
    ssize_t size;

    CHECK_EQUAL(k3t_connection_send(connection, 1), 0);
    size = read(end, got, sizeof(got) - 1);
    CHECK_EQUAL(size, strlen(wanted));
    CHECK(memcmp(got, wanted, strlen(wanted)) == 0);
}

/* Puts a line of SIZE bytes, without its newline. */
static void put_long(struct k3t_connection *connection, size_t size)
{
    while (size-- > 0)
        k3t_put(connection, "x");
}

/* Reads from the socket at ARG up to its end. */
static void *read_all(void *arg)
{
    struct pollfd poll_fd = {.fd = *(int *) arg, .events = POLLIN};
    char          bytes[K3T_LINE_SIZE];

    do
        CHECK_EQUAL(poll(&poll_fd, 1, -1), 1);
    while (read(poll_fd.fd, bytes, sizeof(bytes)) != 0);
    return arg;
}

static void lines_are_sent(void)
{
    static const struct {
        int polls[2], count, seconds, error;
    } table[] = {{{-ENOMEM}, 1, 2, -ENOMEM},
                 {{-EINTR, 0}, 2, 2, -ETIMEDOUT},
                 {{1, 0}, 2, 2, -ETIMEDOUT},
                 {{0}, 1, 0, -ETIMEDOUT}};
    pthread_t             reader;
    struct k3t_connection connection;
    int                   end = join_up(&connection), error = 0;
    char                  bytes[K3T_LINE_SIZE];

    CHECK_EQUAL(k3t_put_room(&connection), K3T_LINE_SIZE);
    k3t_put_begin(&connection, 0, ",\"x\":");
    k3t_put_integer(&connection, 0);
    CHECK_EQUAL(k3t_put_room(&connection), K3T_LINE_SIZE - 22);
    check_sent(&connection, end, "{\"jsonrpc\":\"2.0\",\"x\":0\n");
    CHECK_EQUAL(k3t_put_room(&connection), K3T_LINE_SIZE);
    k3t_put_begin(&connection, 12, "}");
    k3t_put_integer(&connection, UINT64_MAX);
    check_sent(&connection, end, "{\"jsonrpc\":\"2.0\",\"id\":12}18446744073709551615\n");
    k3t_put_bytes(&connection, "a\"b\\/\n\t\1\017\020\037 \177\303\274");
    check_sent(&connection, end,
               "\"a\\\"b\\\\/\\n\\t\\u0001\\u000f\\u0010\\u001f \177\303\274\"\n");
    k3t_put_bytes(&connection, "x\377");
    check_sent(&connection, end, "{\"base64\":\"eP8=\"}\n");

    put_long(&connection, K3T_LINE_SIZE - 1);
    CHECK_EQUAL(k3t_connection_send(&connection, 0), 0);
    CHECK_EQUAL(read(end, bytes, sizeof(bytes)), K3T_LINE_SIZE);
    put_long(&connection, K3T_LINE_SIZE);
    CHECK_EQUAL(k3t_connection_send(&connection, 0), -EMSGSIZE);
    put_long(&connection, K3T_LINE_SIZE + 1);
    CHECK_EQUAL(k3t_put_room(&connection), 0); /* the byte without room was left out */
    CHECK_EQUAL(k3t_connection_send(&connection, 0), -EMSGSIZE);
    put_long(&connection, K3T_LINE_SIZE - 20);
    k3t_put_bytes(&connection,
                  "\377\377\377\377\377\377\377\377\377"); /* only the text around it has room */
    CHECK_EQUAL(k3t_connection_send(&connection, 0), -EMSGSIZE);
    put_long(&connection,
             K3T_LINE_SIZE - 16); /* there is room for an empty text in base64, and for no more */
    k3t_put_bytes(&connection, "\377");
    CHECK_EQUAL(k3t_connection_send(&connection, 0), -EMSGSIZE);
    put_long(&connection, K3T_LINE_SIZE - 18);
    k3t_put_bytes(&connection, "\377");
    CHECK_EQUAL(k3t_connection_send(&connection, 0), 0); /* and here for three bytes */
    CHECK_EQUAL(read(end, bytes, sizeof(bytes)), K3T_LINE_SIZE);
    k3t_put(&connection, "next");
    check_sent(&connection, end, "next\n");

    most = 7;
    k3t_put(&connection, "a line in three pieces");
    check_sent(&connection, end, "a line in three pieces\n");
    most = SIZE_MAX;

    while (error == 0) { /* the other end does not read */
        put_long(&connection, K3T_LINE_SIZE - 1);
        error = k3t_connection_send(&connection, 0);
    }
    CHECK_EQUAL(error, -ETIMEDOUT);
    for (size_t i = 0; i < COUNT(table); i++) {
        clock_stands_at = 1000 * K3T_NANOSECONDS;
        polls = table[i].polls;
        k3t_put(&connection, "x");
        CHECK_EQUAL(k3t_connection_send(&connection, table[i].seconds), table[i].error);
        CHECK_EQUAL(polls - table[i].polls, table[i].count);
    }
    CHECK(poll_times[0] == 2001 && poll_times[1] == 2001 && poll_times[2] == 1501);
    CHECK_EQUAL(poll_times[5], 0);
    polls = NULL;
    clock_stands_at = 0;
    CHECK_EQUAL(pthread_create(&reader, NULL, read_all, &end), 0);
    k3t_put(&connection, "late");
    CHECK_EQUAL(k3t_connection_send(&connection, 30), 0); /* it waits until there is room */
    CHECK_EQUAL(shutdown(connection.socket, SHUT_WR), 0);
    CHECK_EQUAL(pthread_join(reader, NULL), 0);
    k3t_connection_close(&connection);
    end = join_up(&connection);
    close(end);
    k3t_put(&connection, "x");
    CHECK_EQUAL(k3t_connection_send(&connection, 1), -EPIPE); /* and no SIGPIPE */
    k3t_connection_close(&connection);
}

/* Checks that WANTED is the next line; NULL: none comes, because of ERROR. */
static void check_line(struct k3t_connection *connection, const char *wanted, int error)
{
    int    got = 0;
    size_t size = 0;
    char  *line = k3t_connection_line(connection, &size, &got);

    CHECK_EQUAL(line != NULL, wanted != NULL);
    if (wanted == NULL) {
        CHECK_EQUAL(got, error);
        return;
    }
    CHECK_TEXT(line, wanted);
    CHECK_EQUAL(size, strlen(wanted));
}

static void put_in(int end, const char *bytes)
{
    CHECK_EQUAL(write(end, bytes, strlen(bytes)), strlen(bytes));
}

static void lines_are_received(void)
{
    struct k3t_connection connection;
    int                   end = join_up(&connection), socket = connection.socket;
    char                  bytes[9002];

    check_line(&connection, NULL, -EAGAIN);
    put_in(end, "one\n\ntwo\nthr");
    check_line(&connection, "one", 0);
    check_line(&connection, "", 0);
    check_line(&connection, "two", 0);
    check_line(&connection, NULL, -EAGAIN);
    put_in(end, "ee\n");
    check_line(&connection, "three", 0);
    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes + 1022, "\nnext\n", 7); /* the first buffer ends between the lines */
    put_in(end, bytes);
    bytes[1022] = '\0';
    check_line(&connection, bytes, 0);
    check_line(&connection, "next", 0);
    for (size_t size = 1021; size < 1026; size++) { /* at the end of the first buffer */
        memset(bytes, 'x', sizeof(bytes));
        memcpy(bytes + size, "\n", 2);
        put_in(end, bytes);
        bytes[size] = '\0';
        check_line(&connection, bytes, 0);
    }
    memset(bytes, 'y', sizeof(bytes));
    memcpy(bytes + 5000, "\n", 2);
    put_in(end, bytes);
    bytes[5000] = '\0';
    check_line(&connection, bytes, 0);
    check_line(&connection, NULL, -EAGAIN);
    CHECK_EQUAL(connection.capacity, 8192); /* so much is kept */
    memset(bytes, 'y', sizeof(bytes));
    memcpy(bytes + 9000, "\n", 2);
    put_in(end, bytes);
    put_in(end, "next\n");
    bytes[9000] = '\0';
    check_line(&connection, bytes, 0);
    CHECK(connection.capacity > 9000);
    check_line(&connection, "next", 0);
    check_line(&connection, NULL, -EAGAIN);
    CHECK(connection.capacity <= 8192); /* a large buffer is not kept */
    put_in(end, "half");
    close(end);
    errno = EINTR; /* of an earlier call */
    check_line(&connection, NULL, -ECONNRESET);
    k3t_connection_close(&connection);
    CHECK(fcntl(socket, F_GETFD) < 0);
    CHECK(connection.socket == -1 && connection.in == NULL && connection.used == 0 &&
          connection.capacity == 0);
    k3t_connection_close(&connection); /* it is closed already */
}

/* Writes an endless line to the descriptor at ARG, until the other end is closed. */
static void *write_endlessly(void *arg)
{
    static const char bytes[1 << 16] = {'x'};

    while (send(*(int *) arg, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0) {
    }
    return arg;
}

static void endless_lines_are_refused(void)
{
    struct k3t_connection connection;
    int                   end = join_up(&connection), error = -EAGAIN;
    struct pollfd         poll_fd = {.fd = connection.socket, .events = POLLIN};
    pthread_t             writer;
    size_t                size;

    CHECK_EQUAL(fcntl(end, F_SETFL, 0), 0);
    CHECK_EQUAL(pthread_create(&writer, NULL, write_endlessly, &end), 0);
    while (error == -EAGAIN) {
        CHECK(poll(&poll_fd, 1, -1) == 1);
        CHECK(k3t_connection_line(&connection, &size, &error) == NULL);
    }
    CHECK_EQUAL(error, -ENOMEM);
    CHECK_EQUAL(connection.capacity, 16 << 20); /* a supervisor sends lines of up to 8 MiB */
    k3t_connection_close(&connection);
    CHECK_EQUAL(pthread_join(writer, NULL), 0);
}

/* Sends FD along with BYTES. */
static void send_descriptor(int end, const char *bytes, int fd)
{
    char          space[CMSG_SPACE(sizeof(fd))] = {0};
    struct iovec  part = {.iov_base = (void *) (uintptr_t) bytes, .iov_len = strlen(bytes)};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    CHECK_EQUAL(sendmsg(end, &message, 0), part.iov_len);
}

static void the_permit_is_received(void)
{
    struct k3t_connection connection;
    int                   end = join_up(&connection), ends[2], next, permit;
    char                  byte;

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQUAL(write(ends[1], "p", 1), 1);
    send_descriptor(end, "one\n", ends[0]);
    check_line(&connection, "one", 0);
    permit = connection.permit;
    CHECK(permit >= 0 && (fcntl(permit, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_EQUAL(read(permit, &byte, 1), 1);
    CHECK_EQUAL(byte, 'p');
    next = dup(STDERR_FILENO);
    close(next);
    send_descriptor(end, "two\n", ends[1]); /* there is only one permit */
    check_line(&connection, "two", 0);
    CHECK(connection.permit == permit && fcntl(next, F_GETFD) < 0);
    k3t_connection_close(&connection);
    CHECK(connection.permit == -1 && fcntl(permit, F_GETFD) < 0);
}

/* Accepts two clients of the socket at ARG. */
static void *accept_two(void *arg)
{
    CHECK(accept(*(int *) arg, NULL, NULL) >= 0);
    CHECK(accept(*(int *) arg, NULL, NULL) >= 0);
    return arg;
}

static void connections_are_opened(void)
{
    struct sockaddr_un    address = {.sun_family = AF_UNIX};
    struct k3t_connection first, second;
    char      directory[] = "/tmp/k3thread-test-XXXXXX", path[sizeof(address.sun_path) + 1];
    int       listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), next;
    pthread_t thread;

    CHECK(mkdtemp(directory) != NULL);
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    CHECK_EQUAL(k3t_connection_open(&first, path, 1), -ENAMETOOLONG);
    CHECK(first.socket == -1 && first.permit == -1);
    (void) snprintf(path, sizeof(path), "%s/socket", directory);
    next = dup(STDERR_FILENO);
    close(next);
    CHECK_EQUAL(k3t_connection_open(&first, path, 1), -ENOENT);
    CHECK(first.socket == -1 && fcntl(next, F_GETFD) < 0);
    strcpy(address.sun_path, path);
    CHECK_EQUAL(bind(listener, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK_EQUAL(listen(listener, 0), 0);
    CHECK_EQUAL(k3t_connection_open(&first, path, 0), 0);
    CHECK(first.socket >= 0 && first.permit == -1 && first.in == NULL && first.out_used == 0);
    CHECK((fcntl(first.socket, F_GETFD) & FD_CLOEXEC) != 0 &&
          (fcntl(first.socket, F_GETFL) & O_NONBLOCK) != 0);
    CHECK_EQUAL(k3t_connection_open(&second, path, 0), -ETIMEDOUT); /* the queue is full */
    CHECK_EQUAL(second.socket, -1);
    clock_stands_at = 1000 * K3T_NANOSECONDS;
    CHECK_EQUAL(k3t_connection_open(&second, path, 1), -ETIMEDOUT);
    CHECK_EQUAL(clock_stands_at, 1001 * K3T_NANOSECONDS);
    CHECK_EQUAL(pauses, 200);
    clock_stands_at = 0;
    CHECK_EQUAL(second.socket, -1);
    CHECK_EQUAL(pthread_create(&thread, NULL, accept_two, &listener), 0);
    CHECK_EQUAL(k3t_connection_open(&second, path, 30), 0); /* it tries again */
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(unlink(path) == 0 && rmdir(directory) == 0);
}

TEST_MAIN({"sent", lines_are_sent}, {"received", lines_are_received},
          {"endless", endless_lines_are_refused}, {"permit", the_permit_is_received},
          {"opened", connections_are_opened})
