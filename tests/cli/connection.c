/*
 * Tests the connections of the clients alone: the test is the loop, the handler of the lines, and each client. What
 * depends on how much a client has read, or on how much is read at a time, is exact here.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"
#include "cli/server/connection.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define OUT_MAX   (1024 * 1024)
#define CHAIN_OUT 2048
#define READ_SIZE (64 * 1024)
#define CLIENTS   24

/* One client: its connection, which is the first member, and its end of the socket. */
static struct client {
    struct connection connection;
    int               fd;
    uint32_t          events; /* that the loop watches for */
    bool              is_free, awaits;
    int               drops;
} clients[CLIENTS];

static struct client *const first = &clients[0];

static char served[4096]; /* the lines that were served, each with a newline */
static int  prepared, refused, count_served;
static bool
    answers; /* each line is answered by its first byte, as long as it is, or OUT_MAX long */
static bool answers_much;
static int  adding;    /* the result of loop_add() */
static bool holds;     /* each line holds the next one */
static bool says_more; /* the client says another line when one is served */

/* The functions that a connection calls. */

static struct client *client_of(struct source *source)
{
    return (struct client *) LOOP_OWNER(source, struct connection, source);
}

int loop_add(struct source *source, uint32_t events)
{
    if (adding == 0)
        client_of(source)->events = events;
    return adding;
}

int loop_change(struct source *source, uint32_t events)
{
    client_of(source)->events = events;
    return 0;
}

void loop_close(struct source *source)
{
    client_of(source)->events = 0;
    close(source->fd);
}

static void prepare(void)
{
    prepared++;
}

static void reply(struct client *client, size_t size, char byte)
{
    struct text line = {0};

    text_byte(&line, byte, size);
    connection_send(&client->connection, &line);
    text_release(&line);
}

/* Sends a line of 64 KiB. */
static void say_more(struct client *client)
{
    static char line[READ_SIZE];

    memset(line, 'm', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    CHECK_EQUAL(send(client->fd, line, sizeof(line), MSG_NOSIGNAL), (ssize_t) sizeof(line));
}

static void serve(struct connection *connection, char *line, size_t size)
{
    size_t used = strlen(served);

    count_served++;
    if (line[0] == 'l')
        ((struct client *) connection)->awaits = false;
    if (used + size + 2 < sizeof(served))
        (void) snprintf(served + used, sizeof(served) - used, "%.*s\n", (int) size, line);
    if (answers)
        reply((struct client *) connection, answers_much ? OUT_MAX : size, line[0]);
    if (holds)
        connection->held = true;
    if (says_more)
        say_more((struct client *) connection);
}

static void refuse_long_line(struct connection *connection)
{
    refused++;
    reply((struct client *) connection, 4, 'l');
}

static void drop(struct connection *connection)
{
    ((struct client *) connection)->drops++;
}

static bool awaits_request(struct connection *connection)
{
    return ((struct client *) connection)->awaits;
}

static void free_client(struct connection *connection)
{
    ((struct client *) connection)->is_free = true;
    memset(connection, 0xA5, sizeof(*connection)); /* the use of what was freed shows */
}

static const struct connection_handler handler = {.prepare = prepare,
                                                  .serve = serve,
                                                  .refuse_long_line = refuse_long_line,
                                                  .drop = drop,
                                                  .awaits_request = awaits_request,
                                                  .free = free_client};

/* The steps of the cases. */

static void connect_client(struct client *client)
{
    int ends[2];

    client->connection = (struct connection){0};
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client->fd = ends[1];
    CHECK_EQUAL(connection_open(&client->connection, ends[0], &handler), 0);
    CHECK_EQUAL(client->events, EPOLLIN);
}

static void say(struct client *client, const char *bytes, size_t size)
{
    CHECK_EQUAL(send(client->fd, bytes, size, MSG_NOSIGNAL), (ssize_t) size);
}

/* One event of the loop, and the end of its round. */
static void round_of(struct client *client, uint32_t events)
{
    client->connection.source.ready(&client->connection.source, events);
    while (!connection_settle_all())
        connection_run_waiting();
}

static void say_line(struct client *client, const char *line)
{
    say(client, line, strlen(line));
    round_of(client, EPOLLIN);
}

/* Returns how many bytes the client has not read. */
static int unread(const struct client *client)
{
    int bytes;

    CHECK_EQUAL(ioctl(client->fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* Reads as many bytes as there are. Returns their number; -1: the supervisor has hung up. */
static ssize_t read_all(struct client *client)
{
    static char bytes[65536];
    ssize_t     n, sum = 0;

    while ((n = read(client->fd, bytes, sizeof(bytes))) > 0)
        sum += n;
    return n == 0 && sum == 0 ? -1 : sum;
}

static bool is_free(struct client *client)
{
    return client->is_free && client->events == 0;
}

/* Queues lines until SIZE bytes of the client are queued that its socket does not take. */
static void queue_up(struct client *client, size_t size)
{
    struct connection *connection = &client->connection;

    reply(client, OUT_MAX / 2, 'x');
    while (!connection_settle_all())
        continue;
    CHECK(connection_unread(connection) > 0 && connection_unread(connection) < size);
    reply(client, size - connection_unread(connection) - 1, 'x');
    while (!connection_settle_all())
        continue;
    CHECK_EQUAL(connection_unread(connection), size);
}

static void lines_in_pieces(void)
{
    connect_client(first);
    say_line(first, "a\nbb\nc");
    CHECK_TEXT(served, "a\nbb\n");
    CHECK(prepared >= 2);
    say_line(first, "cc\n");
    CHECK_TEXT(served, "a\nbb\nccc\n");
    CHECK_EQUAL(first->events, EPOLLIN);
    round_of(first, EPOLLIN); /* there is nothing after all */
    CHECK(!first->connection.eof);
    answers = true;
    say_line(first, "dd\ne\n");
    CHECK_EQUAL(read_all(first), 5);
    CHECK_EQUAL(first->events, EPOLLIN);
    CHECK(connection_is_drained(&first->connection));
    CHECK(first->connection.out.bytes.data == NULL &&
          first->connection.in.bytes.data == NULL); /* idle */
}

/* A client that leaves more than OUT_MAX bytes is not read from, and goes on when it has read. */
static void full(void)
{
    connect_client(first);
    queue_up(first, OUT_MAX);
    CHECK(!connection_is_full(&first->connection) && !connection_is_drained(&first->connection));
    CHECK_EQUAL(first->events, EPOLLIN | EPOLLOUT);
    say_line(first, "a\n");
    CHECK_TEXT(served, "a\n");
    reply(first, 0, 'x'); /* its newline */
    CHECK(connection_is_full(&first->connection));
    say(first, "b\n", 2);
    round_of(first, EPOLLOUT);
    CHECK(line_buffer_left(&first->connection.in) == 0);
    CHECK_EQUAL(first->events, EPOLLOUT);
    CHECK(read_all(first) > 0); /* whoever looks in the same round sees what is left */
    first->connection.source.ready(&first->connection.source, EPOLLOUT);
    CHECK(connection_unread(&first->connection) < OUT_MAX);
    while (connection_unread(&first->connection) > 0) {
        CHECK(read_all(first) > 0);
        round_of(first, EPOLLOUT);
    }
    round_of(first, EPOLLIN);
    CHECK_TEXT(served, "a\nb\n");
    CHECK_EQUAL(first->events, EPOLLIN);
}

/* Replies to a chain are kept back until there are CHAIN_OUT bytes, or the client waits for them. */
static void chain(void)
{
    connect_client(first);
    first->connection.chained = 1;
    reply(first, CHAIN_OUT - 2, 'x');
    CHECK(connection_settle_all());
    CHECK_EQUAL(unread(first), 0);
    CHECK_EQUAL(first->events, EPOLLIN);
    reply(first, 0, 'x');
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), CHAIN_OUT);

    reply(first, 1, 'x');
    first->connection.held = true; /* and no further request is there */
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), 2);
    say_line(first, "\n");
    CHECK_EQUAL(count_served, 0);
    reply(first, 1, 'x');
    CHECK(connection_settle_all());
    CHECK_EQUAL(unread(first), 0);
    first->connection.held = false;
    connection_settle(&first->connection);
    CHECK(!connection_settle_all()); /* a request can be served now */
    connection_run_waiting();
    CHECK_EQUAL(count_served, 1);
    first->connection.chained = 0;
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), 2);
}

/* While a request is held, not more than one piece is read. */
static void held(void)
{
    static char many[READ_SIZE];

    memset(many, '\n', sizeof(many));
    connect_client(first);
    holds = true;
    say_line(first, "a\nb\n");
    CHECK_TEXT(served, "a\n");
    CHECK_EQUAL(first->events, EPOLLIN);
    say(first, many, sizeof(many) - 2);
    for (int i = 0; i < 100 && (first->events & EPOLLIN) != 0; i++)
        round_of(first, EPOLLIN);
    CHECK_EQUAL(first->events, 0);
    CHECK_EQUAL(line_buffer_left(&first->connection.in), READ_SIZE);
    first->connection.held = holds = false;
    connection_settle(&first->connection);
    while (!connection_settle_all())
        connection_run_waiting();
    CHECK(strncmp(served, "a\nb\n\n\n", 6) == 0);
    CHECK_EQUAL(first->events, EPOLLIN);
    CHECK(first->connection.in.bytes.data == NULL); /* idle */
}

/* After the last request the connection lives until its replies are sent. */
static void last_request(void)
{
    connect_client(first);
    first->connection.pending = 1;
    say(first, "a\nhalf", 6);
    round_of(first, EPOLLIN);
    shutdown(first->fd, SHUT_WR);
    round_of(first, EPOLLIN);
    CHECK_EQUAL(first->events, 0); /* its end is not reported again and again */
    CHECK(!is_free(first) && read_all(first) == 0);
    first->connection.pending = 0;
    reply(first, 3, 'x');
    connection_settle(&first->connection);
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), 4);
    CHECK_EQUAL(read_all(first), -1);
    round_of(first, EPOLLHUP);
    CHECK(is_free(first) && first->drops > 0);
    CHECK_TEXT(served, "a\n");

    /* The same at once, if there is nothing to do. */
    connect_client(&clients[1]);
    shutdown(clients[1].fd, SHUT_WR);
    round_of(&clients[1], EPOLLIN);
    CHECK(is_free(&clients[1]));
}

/* The requests of a client that has gone are carried out, as slowly as if it still read the replies. */
static void gone(void)
{
    connect_client(first);
    say(first, "a\n", 2);
    queue_up(first, OUT_MAX / 2);
    close(first->fd);
    round_of(first, EPOLLHUP | EPOLLIN);
    CHECK_TEXT(served, "a\n");
    CHECK(first->drops > 0);
    CHECK(connection_is_drained(&first->connection)); /* its replies are dropped */
    reply(first, OUT_MAX, 'x');
    CHECK(connection_is_drained(&first->connection));
    round_of(first, EPOLLHUP);
    CHECK(is_free(first));

    connect_client(&clients[1]);
    say(&clients[1], "b\nc\nd\n", 6);
    close(clients[1].fd);
    answers = answers_much = true;
    clients[1].connection.source.ready(&clients[1].connection.source, EPOLLHUP);
    CHECK_TEXT(served, "a\nb\nc\n"); /* that is more than OUT_MAX */
    clients[1].connection.source.ready(&clients[1].connection.source, EPOLLHUP);
    CHECK_TEXT(served, "a\nb\nc\nd\n");
}

/* An error of the socket is the end, too. A connection that the loop cannot watch is closed at once. */
static void no_connection(void)
{
    int ends[2], before;

    connect_client(first);
    round_of(first, EPOLLERR);
    CHECK(first->drops > 0 && first->connection.gone);
    CHECK_EQUAL(read_all(first), -1);
    before = test_count_open();
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    adding = -ENOMEM;
    CHECK_EQUAL(connection_open(&clients[1].connection, ends[0], &handler), -ENOMEM);
    CHECK_EQUAL(test_count_open(), before + 1);
}

/* A failed send shows only that the client has gone: its requests are still served. */
static void failed_send(void)
{
    connect_client(first);
    say(first, "a\n", 2);
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQUAL(shutdown(first->fd, SHUT_RD), 0);
    reply(first, 1, 'x');
    CHECK(connection_settle_all());
    CHECK(first->connection.gone && connection_is_drained(&first->connection));
    CHECK_EQUAL(read_all(first), -1);
    round_of(first, EPOLLHUP | EPOLLIN);
    CHECK_TEXT(served, "a\n");
}

/* Returns how many bytes of the client the connection has not read. */
static int unserved(const struct client *client)
{
    int bytes;

    CHECK_EQUAL(ioctl(client->connection.source.fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* Sends blanks that lack one byte of PROTOCOL_LINE_MAX. */
static void say_blanks(struct client *client)
{
    static char blanks[READ_SIZE];

    memset(blanks, ' ', sizeof(blanks));
    for (unsigned at = 0; at < PROTOCOL_LINE_MAX; at += READ_SIZE) {
        say(client, blanks, at + READ_SIZE < PROTOCOL_LINE_MAX ? READ_SIZE : READ_SIZE - 1);
        while (unread(client) == 0 && unserved(client) > 0)
            round_of(client, EPOLLIN);
    }
}

static void check_refused(struct client *client, int count)
{
    CHECK_EQUAL(refused, count);
    CHECK_EQUAL(read_all(client), 5);
    CHECK_EQUAL(read_all(client), -1);
    round_of(client, EPOLLHUP);
    CHECK(is_free(client));
}

/* A line has at most PROTOCOL_LINE_MAX bytes with its end. */
static void long_line(void)
{
    for (int i = 0; i < 3; i++) {
        connect_client(&clients[i]);
        say_blanks(&clients[i]);
    }
    say_line(&clients[0], "\n");
    CHECK_EQUAL(refused, 0);
    CHECK_EQUAL(clients[0].events, EPOLLIN);
    say_line(&clients[1], " ");
    check_refused(&clients[1], 1);
    count_served = 0;
    say_line(&clients[2], " \nnext\n");
    check_refused(&clients[2], 2);
    CHECK_EQUAL(count_served, 0);
    CHECK(!is_free(&clients[0]));
    CHECK(connection_settle_all());
    CHECK_EQUAL(refused, 2);
}

/* Also where the buffer has more room. */
static void size_of_a_read(void)
{
    static char blanks[READ_SIZE];

    memset(blanks, ' ', sizeof(blanks));
    connect_client(first);
    for (int i = 0; i < 9; i++) {
        say(first, blanks, sizeof(blanks));
        while (unserved(first) > 0)
            round_of(first, EPOLLIN);
    }
    CHECK(first->connection.in.bytes.capacity > 10 * READ_SIZE);
    say(first, blanks, sizeof(blanks));
    say(first, blanks, sizeof(blanks));
    CHECK_EQUAL(unserved(first), 2 * READ_SIZE);
    round_of(first, EPOLLIN);
    CHECK_EQUAL(unserved(first), READ_SIZE);
}

/* Without memory for a line, the lines before it are sent, and the client sees the end. */
static void no_memory(void)
{
    struct text line = {.failed = true};

    connect_client(first);
    reply(first, 1, 'x');
    connection_send(&first->connection, &line);
    say(first, "a\n", 2);
    CHECK(connection_settle_all());
    CHECK_EQUAL(read_all(first), 2);
    CHECK_EQUAL(read_all(first), -1);
    round_of(first, EPOLLHUP | EPOLLIN);
    CHECK(is_free(first));
    CHECK_TEXT(served, "");
}

/* Sends PIECES of an unfinished line, until CLIENT or the first client is hung up on. */
static void send_unfinished(struct client *client, int pieces)
{
    static char bytes[READ_SIZE];
    int         left;

    memset(bytes, 'x', sizeof(bytes));
    for (int piece = 0; piece < pieces && !client->is_free && !first->is_free; piece++) {
        say(client, bytes, sizeof(bytes));
        do
            round_of(client, EPOLLIN);
        while (!client->is_free && ioctl(client->connection.source.fd, FIONREAD, &left) == 0 &&
               left > 0);
    }
}

/* The unfinished requests of all have a limit. The client that has sent most is hung up on, and no other. */
static void too_much_input(void)
{
    int count = 1;

    connect_client(first);
    send_unfinished(first, 120);
    while (!first->is_free && count < CLIENTS) {
        connect_client(&clients[count]);
        send_unfinished(&clients[count++], 60);
    }
    CHECK(is_free(first) && first->drops > 0);
    for (int i = 1; i < count; i++)
        CHECK(!clients[i].is_free);
    say_line(&clients[1], "\n");
    CHECK_EQUAL(count_served, 1);
    connection_drop_all();
    for (int i = 1; i < count; i++)
        CHECK(is_free(&clients[i]) && clients[i].drops > 0);
    CHECK(connection_settle_all());
    /* The client that sends most may be the one that sends now. */
    connect_client(first);
    first->is_free = false;
    for (int i = 1; i < count; i++) {
        clients[i].is_free = false;
        connect_client(&clients[i]);
        send_unfinished(&clients[i], 50);
        CHECK(!clients[i].is_free);
    }
    send_unfinished(first, 120);
    CHECK(is_free(first));
}

static void descriptor(void)
{
    struct text   line = {.data = "abc", .size = 3}, bad = {.failed = true};
    char          bytes[10], space[CMSG_SPACE(sizeof(int))];
    struct iovec  part = {bytes, sizeof(bytes)};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};

    connect_client(first);
    CHECK_EQUAL(connection_send_descriptor(&first->connection, &bad, 0), -ENOMEM);
    CHECK_EQUAL(connection_send_descriptor(&first->connection, &line, 0), 0);
    CHECK_EQUAL(recvmsg(first->fd, &message, 0), 4);
    CHECK(memcmp(bytes, "abc\n", 4) == 0 && CMSG_FIRSTHDR(&message) != NULL);
    reply(first, 1, 'x');
    CHECK_EQUAL(connection_send_descriptor(&first->connection, &line, 0), -EAGAIN);
}

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
    CHECK_EQUAL(fcntl(clients[0].fd, F_SETFL, O_NONBLOCK), 0);
    CHECK_EQUAL(read_all(&clients[0]), 5);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

TEST_MAIN({"lines", lines_in_pieces}, {"full", full}, {"chain", chain}, {"held", held},
          {"last", last_request}, {"gone", gone}, {"failed", failed_send}, {"no", no_connection},
          {"long", long_line}, {"size", size_of_a_read}, {"memory", no_memory},
          {"total", too_much_input}, {"descriptor", descriptor}, {"arrived", arrived},
          {"endless", endless}, {"many", many_requests}, {"close", close_all},
          {"close-held", close_held}, {"late", close_late})
