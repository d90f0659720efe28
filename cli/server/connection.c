#include "cli/server/connection.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/rpc/protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most that is read at a time, so that no client holds up the server. */
#define READ_SIZE (64 * 1024)

/* The most that is read while the unfinished request is shorter than this: most requests need no larger buffer. */
#define SHORT_READ 4096

/* Replies to a chain are kept back until they have this many bytes. */
#define CHAIN_OUT 2048

/* If a client has left more than this unread, the server reads no requests of it. */
#define OUT_MAX (1024 * 1024)

/* The most that the unfinished requests of all clients may take together. */
#define IN_TOTAL_MAX (64U * 1024 * 1024)

static LIST_HEAD(, connection) connections = LIST_HEAD_INITIALIZER(connections);
static LIST_HEAD(, connection) unsettled = LIST_HEAD_INITIALIZER(unsettled);
static size_t in_total;

static void destroy(struct connection *connection)
{
    connection->handler->drop(connection);
    loop_close(&connection->source);
    LIST_REMOVE(connection, all);
    if (connection->unsettled)
        LIST_REMOVE(connection, unsettled_link);
    in_total -= connection->in.bytes.capacity;
    line_buffer_release(&connection->in);
    byte_queue_release(&connection->out);
    connection->handler->free(connection);
}

/*
 * Returns true if replies are kept back, so that the client of a chain is not woken for each
 * reply.
 */
static bool keeps_answers(const struct connection *connection)
{
    return connection->chained > 0 && byte_queue_size(&connection->out) < CHAIN_OUT &&
           (!connection->held || line_buffer_left(&connection->in) > 0);
}

/* Returns true if the server may read more from CONNECTION. */
static bool has_room(const struct connection *connection)
{
    return byte_queue_size(&connection->out) <= OUT_MAX &&
           (!connection->held || line_buffer_left(&connection->in) < READ_SIZE);
}

/* Makes the loop watch for the events that CONNECTION needs now. */
static void rearm(struct connection *connection)
{
    uint32_t events = 0;

    if (byte_queue_size(&connection->out) > 0 && !keeps_answers(connection))
        events |= EPOLLOUT;
    if (!connection->closing && !connection->eof && has_room(connection))
        events |= EPOLLIN;
    (void) loop_change(&connection->source, events);
}

/*
 * Notes that the client no longer reads replies: drops those that are queued, and the calls that
 * wait. The requests that the client has sent are still carried out, so they are read to their end.
 */
static void lose(struct connection *connection)
{
    connection->gone = true;
    (void) shutdown(connection->source.fd,
                    SHUT_WR); /* after a failed send: the client sees the end */
    byte_queue_release(&connection->out);
    connection->handler->drop(connection);
}

/* Sends as much as the client's socket takes. */
static void flush(struct connection *connection)
{
    struct byte_queue *out = &connection->out;

    if (byte_queue_flush(out, connection->source.fd) != 0)
        lose(connection);
    else if (byte_queue_size(out) == 0)
        byte_queue_release(out); /* an idle client costs no memory */
}

static void add_unsettled(struct connection *connection)
{
    if (!connection->unsettled)
        LIST_INSERT_HEAD(&unsettled, connection, unsettled_link);
    connection->unsettled = true;
}

void connection_send(struct connection *connection, const struct text *line)
{
    struct byte_queue *out = &connection->out;

    if (connection->gone) {
        connection->unsent += line->size;
        return;
    }
    if (!line->failed && byte_queue_reserve(out, line->size + 1)) {
        text_append(&out->bytes, line->data, line->size);
        text_byte(&out->bytes, '\n', 1);
    } else {
        out->bytes.failed = false;  /* the lines before are whole, and are sent */
        connection->closing = true; /* out of memory: the client sees the end */
    }
    add_unsettled(connection);
}

int connection_send_descriptor(struct connection *connection, const struct text *line, int fd)
{
    char         newline = '\n';
    struct iovec parts[] = {{line->data, line->size}, {&newline, 1}};
    ssize_t      n;

    if (line->failed)
        return -ENOMEM;
    if (byte_queue_size(&connection->out) > 0)
        return -EAGAIN;
    n = descriptors_send(connection->source.fd, fd, parts, 2, 0);
    if (n < 0)
        return (int) n;
    return (size_t) n == line->size + 1 ? 0 : -EAGAIN;
}

/* Returns true if nothing is left to be done with CONNECTION. */
static bool is_done(const struct connection *connection)
{
    if (byte_queue_size(&connection->out) > 0)
        return false;
    if (connection->closing)
        return true;
    return connection->eof && line_buffer_left(&connection->in) == 0 && connection->pending == 0;
}

void connection_settle(struct connection *connection)
{
    add_unsettled(connection);
}

/*
 * Returns true if requests of CONNECTION may be served now. If the client is gone, its requests are served as slowly
 * as if it still read the replies: otherwise the other clients would wait for all of them.
 */
static bool may_run(const struct connection *connection)
{
    return !connection->closing && !connection->held &&
           byte_queue_size(&connection->out) + connection->unsent <= OUT_MAX;
}

/*
 * Sends what CONNECTION has queued. Returns false if the input may hold a request that can be served now: if the client
 * sends nothing more, no event reports this. A connection with nothing left to do is shut down: the loop then
 * reports a hang-up, and connection_ready() ends the connection.
 */
static bool settle(struct connection *connection)
{
    if (!keeps_answers(connection))
        flush(connection);
    if (may_run(connection) && line_buffer_left(&connection->in) > connection->in.searched)
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

/* Refuses a line that is too long. Where it ends may be unknown, so no further line can be served. */
static void refuse_line(struct connection *connection)
{
    connection->handler->refuse_long_line(connection);
    connection->closing = true;
}

/* Keeps an incomplete line until more is read. Drops it if no more can come. */
static void keep_half_line(struct connection *connection)
{
    size_t dropped;

    if (line_buffer_left(&connection->in) >= PROTOCOL_LINE_MAX)
        refuse_line(connection);
    else if (connection->eof)
        (void) line_buffer_rest(&connection->in, &dropped);
}

static bool has_lines(const struct connection *connection)
{
    return may_run(connection) && line_buffer_left(&connection->in) > 0;
}

/* Serves the next line. Returns false if the end of the line has not come in. */
static bool run_line(struct connection *connection)
{
    size_t size;
    char  *line = line_buffer_next(&connection->in, &size);

    if (line == NULL) {
        keep_half_line(connection);
        return false;
    }
    if (size > PROTOCOL_LINE_MAX) {
        refuse_line(connection);
        return false;
    }
    connection->handler->serve(connection, line, size - 1);
    return true;
}

/*
 * Serves the complete lines that have come in, as long as the client reads the replies. The handler may read
 * and serve more of CONNECTION before a line, but not while it serves one.
 */
static void run_lines(struct connection *connection)
{
    bool goes_on = true;

    while (goes_on && has_lines(connection)) {
        connection->handler->prepare();
        goes_on = has_lines(connection) && run_line(connection);
    }
}

/* Returns the connection with the largest input buffer. */
static struct connection *find_largest_input(void)
{
    struct connection *connection, *largest = LIST_FIRST(&connections);

    LIST_FOREACH(connection, &connections, all)
        if (connection->in.bytes.capacity > largest->in.bytes.capacity)
            largest = connection;
    return largest;
}

/*
 * Bounds the memory of all unfinished requests together by hanging up on the client with the
 * largest one: a client that never ends its requests must not keep the others from sending theirs.
 * Returns false if CONNECTION is that client. This frees connections, so no line may be in service.
 */
static bool bound_total(const struct connection *connection)
{
    while (in_total > IN_TOTAL_MAX) {
        struct connection *largest = find_largest_input();

        if (largest == connection)
            return false;
        destroy(largest);
    }
    return true;
}

/* Makes room for a read of SIZE bytes. Returns false without memory. */
static bool make_room(struct connection *connection, size_t size)
{
    struct line_buffer *in = &connection->in;
    size_t              old = in->bytes.capacity;
    bool                has_room = line_buffer_reserve(in, size);

    in_total += in->bytes.capacity - old;
    return has_room;
}

/*
 * Reads what the client has sent: SIZE bytes at least, if there are so many, and READ_SIZE at most: a client that
 * writes as fast as this reads could fill the whole buffer in one call. Returns false at the end of the input.
 */
static bool fill(struct connection *connection, size_t size)
{
    struct text *in = &connection->in.bytes;
    size_t       room;
    ssize_t      n;

    if (!make_room(connection, size))
        return false;
    room = in->capacity - in->size;
    n = recv(connection->source.fd, in->data + in->size, room < READ_SIZE ? room : READ_SIZE, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    in->size += (size_t) n;
    return n > 0;
}

/* Frees the input buffer if it is empty. */
static void drop_empty(struct connection *connection)
{
    if (line_buffer_left(&connection->in) == 0) {
        in_total -= connection->in.bytes.capacity;
        line_buffer_release(&connection->in);
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
 * Serves what the loop reports. After a hang-up the loop reports one in every round until the
 * connection is closed; each time a part of the input is read, so that its end is reached without
 * making the other clients wait.
 */
static void connection_ready(struct source *source, uint32_t events)
{
    struct connection *connection = LOOP_OWNER(source, struct connection, source);
    size_t size = line_buffer_left(&connection->in) < SHORT_READ ? SHORT_READ : READ_SIZE;

    connection->unsent = 0;
    if (events & (EPOLLHUP | EPOLLERR))
        lose(connection);
    else if (events & EPOLLOUT)
        flush(
            connection); /* before events_tell_missed() looks whether the client has taken everything */
    if (!connection->closing && (connection->gone || (events & EPOLLIN)))
        connection->eof |= !bound_total(connection) || !fill(connection, size);
    run_lines(connection);
    drop_empty(connection);
    if (is_done(connection))
        destroy(connection);
    else
        add_unsettled(connection);
}

int connection_open(struct connection *connection, int fd, const struct connection_handler *handler)
{
    int error;

    connection->source = (struct source){.fd = fd, .ready = connection_ready};
    connection->handler = handler;
    error = loop_add(&connection->source, EPOLLIN);
    if (error != 0) {
        close(fd);
        return error;
    }
    LIST_INSERT_HEAD(&connections, connection, all);
    return 0;
}

bool connection_is_full(const struct connection *connection)
{
    return byte_queue_size(&connection->out) > OUT_MAX;
}

size_t connection_unread(const struct connection *connection)
{
    return byte_queue_size(&connection->out);
}

bool connection_is_drained(const struct connection *connection)
{
    return byte_queue_size(&connection->out) == 0;
}

/*
 * Closes the socket for further bytes, and reads all that the client has sent: the client then knows that
 * a request without a reply did not arrive in full.
 */
static void fill_up(struct connection *connection)
{
    (void) shutdown(connection->source.fd, SHUT_RD);
    while (!connection->closing && !connection->eof)
        connection->eof = !fill(connection, READ_SIZE);
}

/*
 * Waits for EVENTS of CONNECTION. Returns false at DEADLINE. Goes on when a signal interrupts
 * poll().
 */
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

void connection_read_arrived(struct connection *connection)
{
    struct pollfd poll_fd = {.fd = connection->source.fd, .events = POLLIN};

    for (size_t size = 0; size < IN_TOTAL_MAX / 64 && !connection->closing && !connection->eof &&
                          poll(&poll_fd, 1, 0) > 0;
         size += READ_SIZE) {
        connection->eof = !fill(connection, READ_SIZE);
        run_lines(connection);
    }
    add_unsettled(connection);
}

/* Returns the events of poll() on which CONNECTION can go on. */
static short wanted_events(const struct connection *connection)
{
    return byte_queue_size(&connection->out) > 0 ? POLLIN | POLLOUT : POLLIN;
}

/*
 * Serves the requests that the handler still awaits: a client that keeps a thread still joins it
 * for its status.
 */
static void await_requests(struct connection *connection, double deadline)
{
    while (connection->handler->awaits_request(connection) && !connection->closing &&
           !connection->eof && wait_for(connection, wanted_events(connection), deadline)) {
        connection->eof = !fill(connection, READ_SIZE);
        run_lines(connection);
        flush(connection);
    }
}

void connection_drop_all(void)
{
    while (!LIST_EMPTY(&connections))
        destroy(LIST_FIRST(&connections));
}

void connection_close_all(double seconds)
{
    double             deadline = clock_monotonic() + seconds;
    struct connection *connection;

    while ((connection = LIST_FIRST(&connections)) != NULL) {
        run_lines(connection);
        await_requests(connection, deadline);
        fill_up(connection);
        do {
            run_lines(connection);
            flush(connection);
        } while (byte_queue_size(&connection->out) > 0 && wait_for(connection, POLLOUT, deadline));
        destroy(connection);
    }
}
