/* Tests alone what the connections of the clients read at once, and how they end with the supervisor. */
#include "tests/parts/server/clients.h"

#include <poll.h>

/* The bytes that have arrived are read to their end without the loop. */
static void arrived(void)
{
    static char many[2 * READ_SIZE];

    memset(many, '\n', sizeof(many));
    connect_client(first);
    say(first, "a\n", 2);
    say(first, many, sizeof(many));
    say(first, "b\n", 2);
    answers = true;
    connection_read_arrived(&first->connection);
    CHECK_EQUAL(ioctl(first->connection.source.fd, FIONREAD, &refused), 0);
    CHECK_EQUAL(refused, 0);
    CHECK(connection_settle_all());
    CHECK(read_all(first) > 4);
    CHECK_EQUAL(shutdown(first->fd, SHUT_WR), 0);
    connection_read_arrived(&first->connection);
    CHECK(first->connection.eof);
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), -1);
}

/* A client that writes as fast as it is read does not hold up the others. */
static void endless(void)
{
    connect_client(first);
    says_more = true;
    say_more(first);
    connection_read_arrived(&first->connection);
    CHECK_EQUAL(count_served, 16); /* pieces of 64 KiB */
}

/* The bytes of requests that were served do not count any more, however many there are. */
static void many_requests(void)
{
    connect_client(first);
    for (int i = 0; i < 64 * 1024 * 1024 / 4096 + 16; i++)
        say_line(first, "a\n");
    CHECK_EQUAL(count_served, 64 * 1024 * 1024 / 4096 + 16);
    CHECK(!first->connection.eof && first->events == EPOLLIN);
}

/* At the end what has arrived is served, a request that is awaited too, and every reply is sent. */
static void close_all(void)
{
    double begin = clock_monotonic();

    answers = true;
    for (int i = 0; i < 3; i++)
        connect_client(&clients[i]);
    say(&clients[0], "a\n", 2);
    clients[1].awaits = true; /* for ever: the time is up */
    say(&clients[1], "b\n", 2);
    queue_up(&clients[2], OUT_MAX / 2); /* which nobody reads */
    connection_close_all(0.2);
    for (int i = 0; i < 3; i++)
        CHECK(is_free(&clients[i]) && clients[i].drops > 0);
    CHECK(clock_monotonic() - begin >= 0.2 && clock_monotonic() - begin < 10);
    CHECK_EQUAL(read_all(&clients[0]), 2);
    CHECK_EQUAL(read_all(&clients[0]), -1);
    CHECK_EQUAL(read_all(&clients[1]), 2);
    CHECK(strstr(served, "a\n") != NULL && strstr(served, "b\n") != NULL);
}

/* A request that is awaited may have come in already: then nothing is waited for. */
static void close_held(void)
{
    double begin = clock_monotonic();

    connect_client(first);
    first->connection.held = first->awaits = true;
    say_line(first, "late\n");
    CHECK_TEXT(served, "");
    first->connection.held = false;
    connection_close_all(40);
    CHECK_TEXT(served, "late\n");
    CHECK(clock_monotonic() - begin < 30);
}

/* In another process: sends the request that is awaited, and then reads all that is left of SIZE bytes. */
static void be_late(size_t size)
{
    static const struct timespec pause = {0, 50 * 1000 * 1000};
    char                         bytes[4096];
    ssize_t                      n, sum = 0;

    close(clients[0].connection.source.fd);
    close(clients[1].connection.source.fd);
    (void) nanosleep(&pause, NULL);
    say(&clients[0], "more\n", 5); /* which is not the request that is awaited */
    CHECK_EQUAL(fcntl(clients[0].fd, F_SETFL, 0), 0);
    CHECK_EQUAL(read(clients[0].fd, bytes, sizeof(bytes)), 5);
    say(&clients[0], "late\n", 5);
    CHECK_EQUAL(fcntl(clients[1].fd, F_SETFL, 0), 0);
    while ((n = read(clients[1].fd, bytes, sizeof(bytes))) > 0)
        sum += n;
    CHECK_EQUAL(sum, (ssize_t) size);
    _exit(0);
}

static int polls; /* how often the server has waited */

int __real_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *files, nfds_t count, int timeout)
{
    polls++;
    return __real_poll(files, count, timeout);
}

/* At the end there is time for a request that is awaited, and for a client that reads late. */
static void close_late(void)
{
    double begin = clock_monotonic();
    pid_t  pid;
    int    status;

    connect_client(&clients[1]);
    queue_up(&clients[1], OUT_MAX / 2);
    connect_client(&clients[0]); /* the last is closed first, so it has not spoken yet */
    clients[0].awaits = answers = true;
    pid = fork();
    if (pid == 0)
        be_late(OUT_MAX / 2 + (size_t) unread(&clients[1]));
    connection_close_all(40);
    CHECK(clock_monotonic() - begin < 30);
    CHECK_TEXT(served, "more\nlate\n");
    CHECK(polls < 1000); /* it does not ask again and again */
    CHECK_EQUAL(fcntl(clients[0].fd, F_SETFL, O_NONBLOCK), 0);
    CHECK_EQUAL(read_all(&clients[0]), 5);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* In another process: reads all SIZE bytes before it sends the request that is awaited. */
static void read_first(size_t size)
{
    char    bytes[4096];
    ssize_t n = 0;

    close(first->connection.source.fd);
    CHECK_EQUAL(fcntl(first->fd, F_SETFL, 0), 0);
    for (; size > 0 && n >= 0; size -= (size_t) n)
        n = read(first->fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
    say(first, "late\n", 5);
    _exit(n > 0 ? 0 : 1);
}

/* A client may wait for what is left for it, were it one byte, before it sends the request that is awaited. */
static void close_after_reading(void)
{
    static const char bytes[READ_SIZE];
    double            begin = clock_monotonic();
    size_t            sum = 0;
    ssize_t           n;
    pid_t             pid;
    int               status;

    connect_client(first);
    for (size_t size = sizeof(bytes); size > 0; size /= 2)
        while ((n = send(first->connection.source.fd, bytes, size, MSG_DONTWAIT)) > 0)
            sum += (size_t) n;
    reply(first, 0, 'x');
    first->awaits = true;
    pid = fork();
    if (pid == 0)
        read_first(sum + 1);
    connection_close_all(40);
    CHECK(clock_monotonic() - begin < 30);
    CHECK_TEXT(served, "late\n");
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

TEST_MAIN({"arrived", arrived}, {"endless", endless}, {"many", many_requests}, {"close", close_all},
          {"close-held", close_held}, {"late", close_late}, {"after-reading", close_after_reading})
