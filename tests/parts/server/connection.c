/* Tests the connections of the clients alone: lines, room for them, and clients that go. */
#include "tests/parts/server/clients.h"

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

TEST_MAIN({"lines", lines_in_pieces}, {"full", full}, {"chain", chain}, {"held", held},
          {"last", last_request}, {"gone", gone}, {"failed", failed_send}, {"no", no_connection},
          {"long", long_line}, {"size", size_of_a_read}, {"memory", no_memory},
          {"total", too_much_input}, {"descriptor", descriptor})
