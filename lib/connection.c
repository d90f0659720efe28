#include "connection.h"

#include "clock.h"
#include "text.h"

#include "lib/json/base64.h"
#include "lib/json/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The largest receive buffer. Its size is doubled; the supervisor sends no line over 8 MiB, as it accepts none. */
#define IN_MAX (16U * 1024 * 1024)

/* A receive buffer larger than this is freed when it is empty. */
#define IN_KEPT 8192

/* Waits until SOCKET takes bytes, at most until DEADLINE. Returns 0 or -errno. */
static int wait_for_room(int socket, int64_t deadline)
{
    struct pollfd poll_fd = {.fd = socket, .events = POLLOUT};
    int64_t       left;
    int           ready;

    do {
        left = deadline - k3t_now();
        ready = poll(&poll_fd, 1, left > 0 ? (int) (left / (K3T_NANOSECONDS / 1000)) + 1 : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return -errno;
    return ready > 0 ? 0 : -ETIMEDOUT;
}

static int64_t deadline_in(int seconds)
{
    return k3t_now() + seconds * K3T_NANOSECONDS;
}

/*
 * Connects SOCKET, which does not block. While the queue of the Unix socket is full, the kernel refuses the
 * connection, and the function tries again. Returns 0 or -errno.
 */
static int try_connect(int socket, const struct sockaddr_un *address, int64_t deadline)
{
    const struct timespec pause = {0, 5000000};

    while (connect(socket, (const struct sockaddr *) address, sizeof(*address)) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        if (k3t_now() >= deadline)
            return -ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
    return 0;
}

int k3t_connection_open(struct k3t_connection *connection, const char *path, int seconds)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                error;

    memset(connection, 0, sizeof(*connection));
    connection->permit = -1;
    connection->socket = -1;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    connection->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->socket < 0)
        return -errno;
    error = try_connect(connection->socket, &address, deadline_in(seconds));
    if (error != 0)
        k3t_connection_close(connection);
    return error;
}

void k3t_connection_close(struct k3t_connection *connection)
{
    if (connection->socket >= 0)
        close(connection->socket);
    if (connection->permit >= 0)
        close(connection->permit);
    free(connection->in);
    connection->socket = connection->permit = -1;
    connection->in = NULL;
    connection->used = connection->capacity = connection->line = 0;
}

/* Receiving */

/* Keeps the descriptor at DATA as the permit, or closes it if there is one. */
static void take_descriptor(struct k3t_connection *connection, const unsigned char *data)
{
    int fd;

    memcpy(&fd, data, sizeof(fd));
    if (connection->permit >= 0)
        close(fd);
    else
        connection->permit = fd;
}

/* Keeps the permit that came with MESSAGE; further descriptors are closed. */
static void take_descriptors(struct k3t_connection *connection, struct msghdr *message)
{
    struct cmsghdr *part;

    for (part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int))
            take_descriptor(connection, CMSG_DATA(part) + at);
    }
}

/* Makes room for at least one more byte and a NUL. Returns false if the line is too long, or without memory. */
static bool grow(struct k3t_connection *connection)
{
    size_t capacity = connection->capacity == 0 ? 1024 : 2 * connection->capacity;
    char  *in;

    if (connection->used + 1 < connection->capacity)
        return true;
    in = capacity <= IN_MAX ? realloc(connection->in, capacity) : NULL;
    if (in == NULL)
        return false;
    connection->in = in;
    connection->capacity = capacity;
    return true;
}

/* Receives the bytes that have come. Returns 0; -EAGAIN if there are none; or -errno. */
static int receive(struct k3t_connection *connection)
{
    union {
        struct cmsghdr header;
        char           space[CMSG_SPACE(sizeof(int))];
    } parts;
    struct iovec  data;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = parts.space,
                             .msg_controllen = sizeof(parts.space)};
    ssize_t       n;

    if (!grow(connection))
        return -ENOMEM;
    data = (struct iovec){connection->in + connection->used,
                          connection->capacity - connection->used - 1};
    do
        n = recvmsg(connection->socket, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    take_descriptors(connection, &message);
    connection->used += (size_t) n;
    return n > 0 ? 0 : -ECONNRESET;
}

/* Drops the line that was returned last. */
static void drop_line(struct k3t_connection *connection)
{
    if (connection->line == 0)
        return;
    connection->used -= connection->line;
    memmove(connection->in, connection->in + connection->line, connection->used);
    connection->line = 0;
    if (connection->used == 0 && connection->capacity > IN_KEPT) {
        free(connection->in);
        connection->in = NULL;
        connection->capacity = 0;
    }
}

char *k3t_connection_line(struct k3t_connection *connection, size_t *ret_size, int *ret_error)
{
    char  *newline = NULL;
    size_t seen = 0;
    int    error = 0;

    drop_line(connection);
    while (error == 0) {
        newline = connection->used > seen
                      ? memchr(connection->in + seen, '\n', connection->used - seen)
                      : NULL;
        if (newline != NULL)
            break;
        seen = connection->used;
        error = receive(connection);
    }
    if (newline == NULL) {
        *ret_error = error == -EWOULDBLOCK ? -EAGAIN : error;
        return NULL;
    }
    *newline = '\0';
    *ret_size = (size_t) (newline - connection->in);
    connection->line = *ret_size + 1;
    return connection->in;
}

/* Sending */

size_t k3t_put_room(const struct k3t_connection *connection)
{
    return sizeof(connection->out) - connection->out_used;
}

static void put(struct k3t_connection *connection, const char *bytes, size_t size)
{
    if (size > k3t_put_room(connection)) {
        connection->out_full = true;
        return;
    }
    memcpy(connection->out + connection->out_used, bytes, size);
    connection->out_used += size;
}

void k3t_put(struct k3t_connection *connection, const char *text)
{
    put(connection, text, strlen(text));
}

void k3t_put_integer(struct k3t_connection *connection, uint64_t number)
{
    char   digits[20];
    size_t first = sizeof(digits);

    do
        digits[--first] = (char) ('0' + number % 10);
    while ((number /= 10) != 0);
    put(connection, digits + first, sizeof(digits) - first);
}

void k3t_put_begin(struct k3t_connection *connection, uint64_t id, const char *rest)
{
    k3t_put(connection, "{\"jsonrpc\":\"2.0\"");
    if (id != 0) {
        k3t_put(connection, ",\"id\":");
        k3t_put_integer(connection, id);
    }
    k3t_put(connection, rest);
}

static void put_escape(struct k3t_connection *connection, char byte)
{
    const char letter = json_letter_of(byte);
    const char digit = "0123456789abcdef"[byte & 15];
    const char short_escape[] = {'\\', letter, '\0'};
    const char long_escape[] = {'\\', 'u', '0', '0', byte < 16 ? '0' : '1', digit, '\0'};

    k3t_put(connection, letter != 0 ? short_escape : long_escape);
}

void k3t_put_bytes(struct k3t_connection *connection, const char *bytes)
{
    size_t size = strlen(bytes);

    if (!k3t_text_is_utf8(bytes)) {
        k3t_put(connection, "{\"base64\":\"");
        if (JSON_BASE64_SIZE(size) <= k3t_put_room(connection)) {
            json_base64_encode(bytes, size, connection->out + connection->out_used);
            connection->out_used += JSON_BASE64_SIZE(size);
        } else {
            connection->out_full = true;
        }
        k3t_put(connection, "\"}");
        return;
    }
    k3t_put(connection, "\"");
    for (; *bytes != '\0'; bytes++)
        if (json_letter_of(*bytes) != 0 || (unsigned char) *bytes < ' ')
            put_escape(connection, *bytes);
        else
            put(connection, bytes, 1);
    k3t_put(connection, "\"");
}

int k3t_connection_send(struct k3t_connection *connection, int seconds)
{
    const int64_t deadline = deadline_in(seconds);
    size_t        sent = 0;
    int           error = 0;
    ssize_t       n;

    k3t_put(connection, "\n");
    if (connection->out_full)
        error = -EMSGSIZE;
    while (error == 0 && sent < connection->out_used) {
        n = send(connection->socket, connection->out + sent, connection->out_used - sent,
                 MSG_NOSIGNAL);
        if (n >= 0)
            sent += (size_t) n;
        else if (errno == EAGAIN)
            error = wait_for_room(connection->socket, deadline);
        else if (errno != EINTR)
            error = -errno;
    }
    connection->out_used = 0;
    connection->out_full = false;
    return error;
}
