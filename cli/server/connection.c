#include "cli/server/connection.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"
#include "cli/server/store.h"
#include "cli/worker/environment.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How much is read at a time, so that nobody holds the server up. */
#define READ_SIZE (64 * 1024)

/* So many bytes of answers to a chain are sent even before its other answers are there. */
#define CHAIN_OUT 2048

/* A client with more than this to read is not read from. */
#define OUT_MAX (1024 * 1024)

/* All that unfinished requests may take together. */
#define IN_TOTAL_MAX (64U * 1024 * 1024)

static LIST_HEAD(, connection) connections = LIST_HEAD_INITIALIZER(connections);
static LIST_HEAD(, connection) watchers = LIST_HEAD_INITIALIZER(watchers);
static LIST_HEAD(, connection) unsettled = LIST_HEAD_INITIALIZER(unsettled);
static size_t count;
static size_t in_total;

static size_t used(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

static void clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* Makes room for SIZE more bytes behind the end. */
static int reserve(struct buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : 512;
    char  *data;

    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, used(buffer));
        buffer->end -= buffer->start;
        buffer->start = 0;
    }
    while (capacity - buffer->end < size)
        capacity *= 2;
    if (capacity == buffer->capacity)
        return 0;
    data = realloc(buffer->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

static void drop_calls(struct connection *connection)
{
    struct call *call;

    while ((call = LIST_FIRST(&connection->calls)) != NULL)
        call_free(call);
}

void connection_release(struct kept_list *list)
{
    while (!LIST_EMPTY(list))
        store_let_go(LIST_FIRST(list), list);
}

static void destroy(struct connection *connection)
{
    drop_calls(connection);
    connection_release(&connection->kept);
    connection_release(&connection->told);
    loop_remove(&connection->source);
    close(connection->source.fd);
    LIST_REMOVE(connection, all);
    if (connection->watches)
        LIST_REMOVE(connection, watchers);
    if (connection->unsettled)
        LIST_REMOVE(connection, unsettled_link);
    count--;
    in_total -= connection->in.capacity;
    clear(&connection->in);
    clear(&connection->out);
    environment_unref(connection->environment);
    free(connection);
}

/* The answers to a chain are sent some together: its client is not woken for each. */
static bool keeps_answers(const struct connection *connection)
{
    return connection->chained > 0 && used(&connection->out) < CHAIN_OUT &&
           (connection->holder == NULL || used(&connection->in) > 0);
}

static bool has_room(const struct connection *connection)
{
    return used(&connection->out) <= OUT_MAX &&
           (connection->holder == NULL || used(&connection->in) < READ_SIZE);
}

/* Watches for what the connection can go on with. */
static void rearm(struct connection *connection)
{
    uint32_t events = 0;

    if (used(&connection->out) > 0 && !keeps_answers(connection))
        events |= EPOLLOUT;
    if (!connection->closing && !connection->eof && has_room(connection))
        events |= EPOLLIN;
    if (events != connection->events && loop_change(&connection->source, events) == 0)
        connection->events = events;
}

/*
 * Nobody is there to read an answer: none is kept, and no call waits for one. What was sent before
 * is carried out all the same, so it is read to its end.
 */
static void lose(struct connection *connection)
{
    connection->gone = true;
    (void) shutdown(connection->source.fd, SHUT_WR); /* if it is the send that failed, he is told */
    clear(&connection->out);
    drop_calls(connection);
}

/* Sends what the client takes. */
static void flush(struct connection *connection)
{
    struct buffer *out = &connection->out;

    while (used(out) > 0) {
        ssize_t n = send(connection->source.fd, out->data + out->start, used(out), MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) {
            lose(connection);
            return;
        }
        out->start += (size_t) n;
    }
    clear(out);
}

static void add_unsettled(struct connection *connection)
{
    if (!connection->unsettled)
        LIST_INSERT_HEAD(&unsettled, connection, unsettled_link);
    connection->unsettled = true;
}

void connection_send(struct connection *connection, const struct text *line)
{
    struct buffer *out = &connection->out;

    if (connection->gone)
        return;
    if (!line->failed && reserve(out, line->size + 1) == 0) {
        memcpy(out->data + out->end, line->data, line->size);
        out->end += line->size;
        out->data[out->end++] = '\n';
    } else {
        connection->closing = true; /* no memory: the client sees the end */
    }
    add_unsettled(connection);
}

static bool is_done(const struct connection *connection)
{
    if (used(&connection->out) > 0)
        return false;
    if (connection->closing)
        return true;
    return connection->eof && used(&connection->in) == 0 && LIST_EMPTY(&connection->calls);
}

void connection_settle(struct connection *connection)
{
    add_unsettled(connection);
}

/* May requests be run? Then there are some that may be complete, if not all have been looked at. */
static bool may_run(const struct connection *connection)
{
    return !connection->closing && connection->holder == NULL && used(&connection->out) <= OUT_MAX;
}

/*
 * Returns false if there is more to run now that there is room for the answers: no event tells that
 * of a client that has said all. A hang-up is told by the loop, and connection_ready() then ends the
 * connection.
 */
static bool settle(struct connection *connection)
{
    if (!keeps_answers(connection))
        flush(connection);
    if (may_run(connection) && used(&connection->in) > connection->seen)
        return false;
    rearm(connection);
    if (is_done(connection))
        shutdown(connection->source.fd, SHUT_RDWR);
    return true;
}

bool connection_settle_all(void)
{
    struct connection *connection, *next;
    bool               settled = true;

    for (connection = LIST_FIRST(&unsettled); connection != NULL; connection = next) {
        next = LIST_NEXT(connection, unsettled_link);
        connection->unsettled = !settle(connection);
        if (!connection->unsettled)
            LIST_REMOVE(connection, unsettled_link);
        settled &= !connection->unsettled;
    }
    return settled;
}

/* Answers a request that is too long, and hangs up. */
static void refuse_long_line(struct connection *connection)
{
    struct call *call = call_new(connection, json_null());

    if (call != NULL)
        call_fail(call, PROTOCOL_INVALID_REQUEST, "the request is longer than %u bytes",
                  PROTOCOL_LINE_MAX);
    connection->closing = true;
}

/* What is there begins no complete line. More of it may come, but not at the end of the input. */
static void keep_half_line(struct connection *connection)
{
    struct buffer *in = &connection->in;

    connection->seen = used(in);
    if (used(in) >= PROTOCOL_LINE_MAX)
        refuse_long_line(connection);
    else if (connection->eof)
        in->start = in->end;
}

/* Runs the complete lines that have come in, as long as their answers are being read. */
static void run_lines(struct connection *connection)
{
    struct buffer *in = &connection->in;

    while (may_run(connection) && used(in) > 0) {
        char *line = in->data + in->start;
        char *end = memchr(line + connection->seen, '\n', used(in) - connection->seen);

        if (end == NULL) {
            keep_half_line(connection);
            return;
        }
        connection->seen = 0;
        in->start += (size_t) (end - line) + 1;
        call_dispatch(connection, line, (size_t) (end - line));
    }
}

void connection_chain(struct connection *connection, struct call *call)
{
    call->chained = true;
    connection->chained++;
}

void connection_unchain(struct connection *connection, const struct call *call, bool success)
{
    connection->chained--;
    connection->chain_broken |= !success;
    if (connection->holder == call)
        connection->holder = NULL;
}

/* The one with the longest unfinished request. */
static struct connection *find_greediest(void)
{
    struct connection *connection, *greediest = LIST_FIRST(&connections);

    LIST_FOREACH(connection, &connections, all)
        if (connection->in.capacity > greediest->in.capacity)
            greediest = connection;
    return greediest;
}

/*
 * Keeps the sum over all connections bounded: the greediest is hung up on, so that who never ends
 * his requests keeps nobody else from making one. Returns -ENOBUFS if that is CONNECTION.
 */
static int bound_total(const struct connection *connection)
{
    while (in_total > IN_TOTAL_MAX) {
        struct connection *greediest = find_greediest();

        if (greediest == connection)
            return -ENOBUFS;
        destroy(greediest);
    }
    return 0;
}

static int make_room(struct connection *connection)
{
    struct buffer *in = &connection->in;
    size_t         old = in->capacity;
    size_t         chunk = used(in) < 4096 ? 4096 : READ_SIZE;

    if (reserve(in, chunk) < 0)
        return -ENOMEM;
    in_total += in->capacity - old;
    return bound_total(connection);
}

/* Returns false at the end of the input. */
static bool fill(struct connection *connection)
{
    struct buffer *in = &connection->in;
    ssize_t        n;

    if (make_room(connection) < 0)
        return false;
    n = recv(connection->source.fd, in->data + in->end, in->capacity - in->end, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    in->end += (size_t) n;
    return n > 0;
}

static void drop_empty(struct connection *connection)
{
    if (used(&connection->in) == 0) {
        in_total -= connection->in.capacity;
        clear(&connection->in);
    }
}

void connection_run_waiting(void)
{
    struct connection *connection;

    LIST_FOREACH(connection, &unsettled, unsettled_link) {
        run_lines(connection);
        drop_empty(connection);
    }
}

/*
 * The loop tells a hang-up in every round until the connection is closed. Each of them reads on, so
 * the end comes; what has come in does not keep the others waiting meanwhile.
 */
static void connection_ready(struct source *source, uint32_t events)
{
    struct connection *connection = (struct connection *) source;

    if (events & (EPOLLHUP | EPOLLERR))
        lose(connection);
    else if (events & EPOLLOUT)
        flush(connection);
    if (!connection->gone && used(&connection->out) == 0 && connection->missed > 0)
        connection->drained(connection);
    if (!connection->closing && (connection->gone || (events & EPOLLIN)))
        connection->eof |= !fill(connection);
    run_lines(connection);
    if (connection->gone)
        drop_calls(connection);
    drop_empty(connection);
    if (is_done(connection))
        destroy(connection);
    else
        add_unsettled(connection);
}

int connection_open(int fd)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    int                error;

    if (connection == NULL) {
        close(fd);
        return -ENOMEM;
    }
    connection->source = (struct source){.fd = fd, .ready = connection_ready};
    connection->events = EPOLLIN;
    LIST_INIT(&connection->calls);
    LIST_INIT(&connection->kept);
    LIST_INIT(&connection->told);
    error = loop_add(&connection->source, EPOLLIN);
    if (error != 0) {
        close(fd);
        free(connection);
        return error;
    }
    LIST_INSERT_HEAD(&connections, connection, all);
    count++;
    return 0;
}

size_t connection_count(void)
{
    return count;
}

void connection_watch(struct connection *connection)
{
    if (!connection->watches)
        LIST_INSERT_HEAD(&watchers, connection, watchers);
    connection->watches = true;
}

struct connection *connection_watchers(void)
{
    return LIST_FIRST(&watchers);
}

struct connection *connection_next(struct connection *watcher)
{
    return LIST_NEXT(watcher, watchers);
}

bool connection_is_full(const struct connection *connection)
{
    return used(&connection->out) > OUT_MAX;
}

/*
 * Reads what the client has sent. Not one byte more comes through from here on: of a request that
 * is not answered, the client knows that it was not sent to its end.
 */
static void fill_up(struct connection *connection)
{
    (void) shutdown(connection->source.fd, SHUT_RD);
    while (!connection->closing && !connection->eof)
        connection->eof = !fill(connection);
}

/* Waits for EVENTS of CONNECTION, or for DEADLINE. The end of a child interrupts the wait. */
static bool wait_for(const struct connection *connection, short events, double deadline)
{
    struct pollfd poll_fd = {.fd = connection->source.fd, .events = events};
    double        left;
    int           ready = -1;

    while (ready < 0 && (left = deadline - clock_monotonic()) > 0) {
        ready = poll(&poll_fd, 1, (int) (left * 1000) + 1);
        if (ready < 0 && errno != EINTR)
            break;
    }
    return ready > 0;
}

/* A client that keeps a thread asks how it ended: it gets the status that it has kept it for. */
static void await_joins(struct connection *connection, double deadline)
{
    while (!LIST_EMPTY(&connection->kept) && !connection->closing && !connection->eof &&
           wait_for(connection, POLLIN, deadline)) {
        connection->eof = !fill(connection);
        run_lines(connection);
        flush(connection);
    }
}

void connection_close_all(double seconds)
{
    double             deadline = clock_monotonic() + seconds;
    struct connection *connection;

    while ((connection = LIST_FIRST(&connections)) != NULL) {
        run_lines(connection);
        await_joins(connection, deadline);
        fill_up(connection);
        do {
            run_lines(connection);
            flush(connection);
        } while (used(&connection->out) > 0 && wait_for(connection, POLLOUT, deadline));
        destroy(connection);
    }
}
