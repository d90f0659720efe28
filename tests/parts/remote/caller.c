/*
 * Tests the clients of an agent's socket (cli/remote/caller.h) up to their first request: which supervisor they are
 * given to. The test stands for both supervisors.
 */
#include "tests/lib/test.h"

#include "cli/base/loop.h"
#include "cli/remote/caller.h"
#include "cli/remote/link.h"

#include <stdbool.h>
#include <sys/socket.h>

#define REQUEST_MAX 4096

static struct link link_to_run;
static int         given = -1;  /* the socket that the run's supervisor was given */
static int         lifeline[2]; /* the first end is of the agent's supervisor */
static bool        is_memory_short;

void link_add_client(struct link *link, int socket)
{
    CHECK(link == &link_to_run);
    CHECK_EQUAL(given, -1);
    given = socket;
}

void *__wrap_malloc(size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return is_memory_short ? NULL : __real_malloc(size);
}

static int error_of_recv;

/* Fails once with ERROR_OF_RECV, if that is not 0. A success leaves another errno, as the C library may. */
ssize_t __wrap_recv(int fd, void *ret, size_t size, int flags);
ssize_t __real_recv(int fd, void *ret, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *ret, size_t size, int flags)
{
    int error = error_of_recv;

    error_of_recv = 0;
    errno = error != 0 ? error : EAGAIN;
    return error != 0 ? -1 : __real_recv(fd, ret, size, flags);
}

static bool is_round_over;

static double end_round(void)
{
    is_round_over = true;
    return 0;
}

/* Serves what is ready. */
static void serve(void)
{
    is_round_over = false;
    CHECK_EQUAL(loop_run(&is_round_over, end_round, NULL), 0);
}

/* One client, at its own end, and the descriptor of the other end, which a caller has taken over. */
struct client {
    int fd, other;
};

static struct client connect_client(void)
{
    static bool is_open;
    int         ends[2];

    if (!is_open) {
        (void) signal(SIGPIPE, SIG_IGN);
        CHECK_EQUAL(loop_open(), 0);
        CHECK_EQUAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, lifeline), 0);
        is_open = true;
    }
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    CHECK_EQUAL(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    caller_add(&link_to_run, lifeline[1], ends[1]);
    return (struct client){ends[0], ends[1]};
}

/* Sends TEXT, with ' in place of ", and serves it. */
static void say(const struct client *client, const char *text)
{
    char bytes[2 * REQUEST_MAX];
    int  size = snprintf(bytes, sizeof(bytes), "%s", text);

    for (char *at = bytes; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    CHECK_EQUAL(write(client->fd, bytes, (size_t) size), size);
    serve();
}

/* Returns the socket that the agent's supervisor was given, or -1. */
static int take_attached(void)
{
    char         byte = 'x';
    struct iovec part = {&byte, 1};
    union {
        char           bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    int           fd;

    if (recvmsg(lifeline[0], &header, MSG_DONTWAIT) < 0)
        return -1;
    CHECK_EQUAL(byte, 0);
    CHECK(CMSG_FIRSTHDR(&header) != NULL);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof(fd));
    return fd;
}

/* Checks that FD leads to CLIENT, and that the bytes of its request, SIZE, are still in it. */
static void check_whole(const struct client *client, int fd, size_t size)
{
    char bytes[2 * REQUEST_MAX];

    CHECK_EQUAL(recv(fd, bytes, sizeof(bytes), 0), size);
    CHECK_EQUAL(send(fd, "hello", 5, 0), 5);
    CHECK_EQUAL(recv(client->fd, bytes, sizeof(bytes), 0), 5);
    close(fd);
    CHECK_EQUAL(recv(client->fd, bytes, sizeof(bytes), 0), 0); /* no other process has it */
    close(client->fd);
}

/* Lets CLIENT say more, if it can, when it is no caller any more. Returns the number of bytes. */
static size_t say_more(const struct client *client)
{
    size_t size = write(client->fd, "x", 1) == 1 ? 1 : 0;

    serve(); /* the loop does not look at it any more */
    return size;
}

/* Checks that the agent's supervisor has got CLIENT, after SIZE bytes. */
static void check_attached(const struct client *client, size_t size)
{
    CHECK_EQUAL(given, -1);
    CHECK_EQUAL(fcntl(client->other, F_GETFD), -1);
    size += say_more(client);
    check_whole(client, take_attached(), size);
}

/* Checks that the run's supervisor has got CLIENT, after SIZE bytes. */
static void check_given(const struct client *client, size_t size)
{
    CHECK_EQUAL(take_attached(), -1);
    CHECK_EQUAL(given, client->other);
    given = -1;
    size += say_more(client);
    check_whole(client, client->other, size);
}

static void check_waiting(const struct client *client)
{
    CHECK_EQUAL(take_attached(), -1);
    CHECK_EQUAL(given, -1);
    CHECK(fcntl(client->other, F_GETFD) >= 0);
}

static void the_first_request_decides(void)
{
    static const struct {
        const char *text;
        bool        is_attached;
    } requests[] = {{"{'jsonrpc':'2.0','id':1,'method':'attach','params':{}}\n", true},
                    {"{'method':'attach'}\n{'method':'list'}\n", true},
                    {"{'method':'list'}\n", false},
                    {"{'method':'list','params':{'name':'attach'}}\n", false},
                    {"{'method':'list'}\n{'method':'attach'}\n", false},
                    {"{'attach':1}\n", false},
                    {"'attach'\n", false},
                    {"{'method':'attach'\n", false},
                    {"\n", false}};
    int before = 0;

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct client client = connect_client();

        serve();
        check_waiting(&client);
        say(&client, requests[i].text);
        if (requests[i].is_attached)
            check_attached(&client, strlen(requests[i].text));
        else
            check_given(&client, strlen(requests[i].text));
        CHECK(i == 0 || test_count_open() == before);
        before = test_count_open();
    }
}

static void half_a_request_is_waited_for(void)
{
    struct client client = connect_client(), other = connect_client();

    say(&client, "{'method'");
    check_waiting(&client);
    say(&other, "{'method':'list'}\n");
    check_given(&other, 18);
    check_waiting(&client);
    say(&client, ":'attach'}");
    check_waiting(&client);
    say(&client, "\n");
    check_attached(&client, 20);
}

static void a_long_request_is_for_the_run(void)
{
    struct client client = connect_client();
    char          text[REQUEST_MAX + 1];

    memset(text, ' ', sizeof(text));
    text[REQUEST_MAX - 1] = '\0';
    say(&client, text);
    check_waiting(&client);
    say(&client, " ");
    check_given(&client, REQUEST_MAX);
}

static void a_client_that_goes_is_closed(void)
{
    struct client client = connect_client();

    close(client.fd);
    serve();
    CHECK_EQUAL(given, -1);
    CHECK_EQUAL(fcntl(client.other, F_GETFD), -1);
    client = connect_client();
    CHECK_EQUAL(shutdown(client.fd, SHUT_WR), 0);
    serve();
    CHECK_EQUAL(given, -1);
    CHECK_EQUAL(fcntl(client.other, F_GETFD), -1);
    /* Half a request is for the run, which complains. */
    client = connect_client();
    say(&client, "{'method':'attach'}");
    CHECK_EQUAL(shutdown(client.fd, SHUT_WR), 0);
    serve();
    check_given(&client, 19);
}

/* An event without bytes changes nothing; a socket that is broken is closed. */
static void a_client_without_bytes_is_waited_for(void)
{
    struct client client = connect_client();

    error_of_recv = EAGAIN;
    say(&client, "{'method':");
    check_waiting(&client);
    say(&client, "'attach'}\n");
    check_attached(&client, 20);
    client = connect_client();
    error_of_recv = ECONNRESET;
    say(&client, "{'method':'list'}\n");
    CHECK_EQUAL(error_of_recv, 0);
    CHECK_EQUAL(given, -1);
    CHECK_EQUAL(fcntl(client.other, F_GETFD), -1);
}

static void what_cannot_be_handed_over_is_for_the_run(void)
{
    struct client client = connect_client();
    int           file;

    while (send(lifeline[1], "", 1, MSG_DONTWAIT) > 0)
        continue;
    say(&client, "{'method':'attach'}\n");
    CHECK_EQUAL(given, client.other);
    given = -1;
    check_whole(&client, client.other, 20);
    close(lifeline[0]); /* there is no supervisor any more */
    client = connect_client();
    say(&client, "{'method':'attach'}\n");
    CHECK_EQUAL(given, client.other);
    given = -1;
    check_whole(&client, client.other, 20);
    is_memory_short = true;
    client = connect_client();
    is_memory_short = false;
    CHECK_EQUAL(given, client.other);
    given = -1;
    file = open("/dev/null", O_RDONLY); /* the loop cannot wait for it */
    caller_add(&link_to_run, lifeline[1], file);
    CHECK_EQUAL(given, file);
}

TEST_MAIN({"first", the_first_request_decides}, {"half", half_a_request_is_waited_for},
          {"long", a_long_request_is_for_the_run}, {"gone", a_client_that_goes_is_closed},
          {"no-bytes", a_client_without_bytes_is_waited_for},
          {"failures", what_cannot_be_handed_over_is_for_the_run})
