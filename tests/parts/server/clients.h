/*
 * Clients of the server's connections: the test is the loop, the handler of the lines, and each client, so what is read
 * at a time is exact.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

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

static inline struct client *client_of(struct source *source)
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

static inline void prepare(void)
{
    prepared++;
}

static inline void reply(struct client *client, size_t size, char byte)
{
    struct text line = {0};

    text_byte(&line, byte, size);
    connection_send(&client->connection, &line);
    text_release(&line);
}

/* Sends a line of 64 KiB. */
static inline void say_more(struct client *client)
{
    static char line[READ_SIZE];

    memset(line, 'm', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    CHECK_EQUAL(send(client->fd, line, sizeof(line), MSG_NOSIGNAL), (ssize_t) sizeof(line));
}

static inline void serve(struct connection *connection, char *line, size_t size)
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

static inline void refuse_long_line(struct connection *connection)
{
    refused++;
    reply((struct client *) connection, 4, 'l');
}

static inline void drop(struct connection *connection)
{
    ((struct client *) connection)->drops++;
}

static inline bool awaits_request(struct connection *connection)
{
    return ((struct client *) connection)->awaits;
}

static inline void free_client(struct connection *connection)
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

static inline void connect_client(struct client *client)
{
    int ends[2];

    client->connection = (struct connection){0};
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client->fd = ends[1];
    CHECK_EQUAL(connection_open(&client->connection, ends[0], &handler), 0);
    CHECK_EQUAL(client->events, EPOLLIN);
}

static inline void say(struct client *client, const char *bytes, size_t size)
{
    CHECK_EQUAL(send(client->fd, bytes, size, MSG_NOSIGNAL), (ssize_t) size);
}

/* One event of the loop, and the end of its round. */
static inline void round_of(struct client *client, uint32_t events)
{
    client->connection.source.ready(&client->connection.source, events);
    while (!connection_settle_all())
        connection_run_waiting();
}

static inline void say_line(struct client *client, const char *line)
{
    say(client, line, strlen(line));
    round_of(client, EPOLLIN);
}

/* Returns how many bytes the client has not read. */
static inline int unread(const struct client *client)
{
    int bytes;

    CHECK_EQUAL(ioctl(client->fd, FIONREAD, &bytes), 0);
    return bytes;
}

/* Reads as many bytes as there are. Returns their number; -1: the supervisor has hung up. */
static inline ssize_t read_all(struct client *client)
{
    static char bytes[65536];
    ssize_t     n, sum = 0;

    while ((n = read(client->fd, bytes, sizeof(bytes))) > 0)
        sum += n;
    return n == 0 && sum == 0 ? -1 : sum;
}

static inline bool is_free(struct client *client)
{
    return client->is_free && client->events == 0;
}

/* Queues lines until SIZE bytes of the client are queued that its socket does not take. */
static inline void queue_up(struct client *client, size_t size)
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

#endif
