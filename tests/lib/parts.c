/*
 * Tests parts of the library that no program can call: the lines between an attached process and its supervisor, the
 * names and texts in them, and the reckoning with time.
 */
#include "test.h"

#include "lib/attach_message.h"
#include "lib/attach_state.h"
#include "lib/clock.h"
#include "lib/connection.h"
#include "lib/published.h"
#include "lib/record.h"
#include "lib/shell_name.h"
#include "lib/text.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct timespec faked; /* what the clock shows; tv_sec 0: the true time */

/* The linker replaces clock_gettime() by this: see tests/lib/rules.mk. */
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    if (faked.tv_sec == 0)
        return __real_clock_gettime(clock, ret);
    *ret = faked;
    return 0;
}

static bool is_instant(struct timespec instant, time_t seconds, long nanoseconds)
{
    return instant.tv_sec == seconds && instant.tv_nsec == nanoseconds;
}

static void time_is_reckoned(void)
{
    struct timespec instant = {101, 500};

    faked = (struct timespec){100, 600000000};
    CHECK(k3t_now() == 100600000000);
    CHECK(is_instant(k3t_deadline(0), 100, 600000001)); /* rounded up */
    CHECK(is_instant(k3t_deadline(2.25), 102, 850000001));
    CHECK(is_instant(k3t_deadline(2.5), 103, 100000001));
    faked.tv_nsec = 499999998;
    CHECK(is_instant(k3t_deadline(0.5), 100, 999999999));
    faked.tv_nsec = 499999999;
    CHECK(is_instant(k3t_deadline(0.5), 101, 0));
    CHECK(k3t_deadline(-1).tv_sec == (time_t) 1 << 40 && k3t_deadline(1e300).tv_sec == (time_t) 1
                                                                                           << 40);
    CHECK(is_instant(k3t_deadline(1e6), 1000100, 500000000));

    faked.tv_nsec = 400;
    CHECK(is_instant(k3t_time_left(&instant), 1, 100));
    faked.tv_nsec = 500;
    CHECK(is_instant(k3t_time_left(&instant), 1, 0));
    faked.tv_nsec = 501;
    CHECK(is_instant(k3t_time_left(&instant), 0, 999999999));
    CHECK(!k3t_has_passed(&instant));
    faked = (struct timespec){101, 499};
    CHECK(is_instant(k3t_time_left(&instant), 0, 1));
    CHECK(!k3t_has_passed(&instant));
    faked.tv_nsec = 500;
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
    faked.tv_nsec = 501;
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
    faked = (struct timespec){200, 0};
    CHECK(is_instant(k3t_time_left(&instant), 0, 0) && k3t_has_passed(&instant));
}

/* Reads LINE into RET. Returns whether it is a message. */
static bool read_message(const char *line, struct k3t_message *ret)
{
    static char copy[512];

    strcpy(copy, line);
    return k3t_message_read(copy, strlen(copy), ret);
}

static bool is_text(const char *got, const char *wanted)
{
    return got != NULL && strcmp(got, wanted) == 0;
}

static void messages_are_read(void)
{
    static const char *const none[] = {"",
                                       "1",
                                       "[]",
                                       "{",
                                       "{\"id\"}",
                                       "{\"id\":}",
                                       "{\"id\":\"7\"}",
                                       "{\"id\":1,}",
                                       "{\"params\":[]}",
                                       "{\"params\":{\"thread\":x}}",
                                       "{\"params\":{\"message\":7}}",
                                       "{\"error\":\"x\"}",
                                       "{\"method\":7}"};
    struct k3t_message       message;

    CHECK(read_message("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"raise\",\"params\":{\"more\":[{"
                       "\"thread\":\"z\"}],"
                       "\"exception\":\"KeyError\",\"message\":\"a\\nb\",\"thread\":\"w\"}}",
                       &message));
    CHECK(message.id == 7 && !message.failed && message.code == 0 && message.thread_id == 0);
    CHECK(is_text(message.method, "raise") && is_text(message.exception, "KeyError"));
    CHECK(is_text(message.text, "a\nb") && is_text(message.thread, "w"));
    CHECK(read_message("{\"params\":{\"thread\":12},\"id\":3}", &message));
    CHECK(message.thread_id == 12 && message.id == 3);
    CHECK(message.thread == NULL && message.method == NULL && message.exception == NULL &&
          message.text == NULL);
    CHECK(read_message(
        "{\"params\":{\"message\":{\"more\":{},\"base64\":\"eP8=\",\"x\":1},\"thread\":\"y\"}}",
        &message));
    CHECK(is_text(message.text, "x\377") && is_text(message.thread, "y"));
    CHECK(read_message("{\"params\":{\"message\":{\"base64\":\"eP8\"}}}", &message));
    CHECK(message.text == NULL);
    CHECK(read_message("{\"params\":{\"message\":{}}}", &message));
    CHECK(message.text == NULL);
    CHECK(read_message("{\"error\":{\"message\":\"m\",\"code\":-32003,\"data\":[1]},\"id\":1}",
                       &message));
    CHECK(message.failed && message.code == K3T_CODE_INVALID_THREAD_ID && message.id == 1);
    for (size_t i = 0; i < COUNT(none); i++)
        CHECK(!read_message(none[i], &message));
}

static void names_are_escaped(void)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"web", "web"},
                                           {"a b", "a b"},
                                           {"1", "\\x31"},
                                           {"12", "\\x312"},
                                           {"1a", "1a"},
                                           {"a1", "a1"},
                                           {"a/b", "a\\x2fb"},
                                           {"*", "\\x2a"},
                                           {"?[]", "\\x3f\\x5b\\x5d"},
                                           {"\\", "\\x5c"},
                                           {"\037\177", "\\x1f\\x7f"},
                                           {"~", "~"},
                                           {"\303\274", "\303\274"},
                                           {"\303", "\\xc3"},
                                           {"\377a", "\\xffa"},
                                           {"\342\202\254x", "\342\202\254x"}};
    static const char *const kept[] = {"\\x2", "\\x2F", "\\y2f", "\\x",  "\\",
                                       "x2f",  "\\xg0", "\\x0g", "\\x:0"};
    char                     name[K3T_SHELL_NAME_SIZE], longest[K3T_SHELL_NAME_SIZE + 1];

    for (size_t i = 0; i < COUNT(pairs); i++) {
        k3t_shell_name(pairs[i][0], name);
        CHECK_TEXT(name, pairs[i][1]);
        CHECK(k3t_shell_name_read(pairs[i][1], name));
        CHECK_TEXT(name, pairs[i][0]);
    }
    for (size_t i = 0; i < COUNT(kept); i++) {
        CHECK(k3t_shell_name_read(kept[i], name));
        CHECK_TEXT(name, kept[i]);
    }
    memset(longest, '/', sizeof(longest));
    longest[K3THREAD_NAME_MAX] = '\0';
    k3t_shell_name(longest, name);
    CHECK_EQUAL(strlen(name), K3T_SHELL_NAME_SIZE - 1);
    memset(longest, 'x', sizeof(longest));
    longest[K3T_SHELL_NAME_SIZE] = '\0';
    CHECK(!k3t_shell_name_read(longest, name));
    longest[K3T_SHELL_NAME_SIZE - 1] = '\0';
    CHECK(k3t_shell_name_read(longest, name));
}

static void texts_are_cut(void)
{
    static const struct {
        const char *text;
        size_t      size;
        const char *copy;
    } table[] = {{"", 1, ""},
                 {"abc", 4, "abc"},
                 {"abc", 3, "ab"},
                 {"abc", 1, ""},
                 {"a\303\274", 3, "a"},
                 {"a\303\274", 4, "a\303\274"},
                 {"\303\274b", 3, "\303\274"},
                 {"\342\202\254b", 3, ""},
                 {"a\340\240\200b", 3, "a"},
                 {"\342\202\254b", 4, "\342\202\254"},
                 {"a\360\237\230\200b", 5, "a"},
                 {"a\360\237\230\200b", 4, "a"},
                 {"a\360\237\230\200b", 3, "a"},
                 {"a\360\237\230\200b", 6, "a\360\237\230\200"},
                 {"\200\200\200b", 4, "\200\200\200"}, /* no character begins here */
                 {"a\200\200\200\200b", 6, "a\200\200\200\200"}};
    static const struct {
        const char *text;
        size_t      size;
    } sizes[] = {{"", 0},
                 {"\1", 1},
                 {"\177x", 1},
                 {"\200", 0},
                 {"\301\277", 0},
                 {"\302\200", 2},
                 {"\337\277", 2},
                 {"\302x", 0},
                 {"\302", 0},
                 {"\340\237\277", 0},
                 {"\340\240\200", 3},
                 {"\355\237\277", 3},
                 {"\355\240\200", 0},
                 {"\356\200\200", 3},
                 {"\357\277\277", 3},
                 {"\342\202", 0},
                 {"\342\202x", 0},
                 {"\360\217\277\277", 0},
                 {"\360\220\200\200", 4},
                 {"\363\277\277\277", 4},
                 {"\364\217\277\277", 4},
                 {"\364\220\200\200", 0},
                 {"\365\200\200\200", 0},
                 {"\360\237\230", 0}};
    char copy[16];

    for (size_t i = 0; i < COUNT(table); i++) {
        k3t_text_copy(copy, table[i].size, table[i].text);
        CHECK_TEXT(copy, table[i].copy);
    }
    for (size_t i = 0; i < COUNT(sizes); i++)
        CHECK_EQUAL(k3t_text_utf8_size(sizes[i].text), sizes[i].size);
    CHECK(k3t_text_is_utf8("") && k3t_text_is_utf8("a\303\274\360\237\230\200") &&
          !k3t_text_is_utf8("a\303\274\200"));
}

static const k3thread_exctype named = {"named", &k3thread_KeyError};

static void types_are_published(void)
{
    static const char *const bad[] = {
        "",    "1a",  ".a",
        "a-b", "a b", "x1234567890123456789012345678901234567890123456789012345678901234"};
    static char             names[K3T_PUBLISHED_MAX + 1][8];
    static k3thread_exctype types[K3T_PUBLISHED_MAX + 1];
    static k3thread_exctype hidden = {"hidden", &named}, derived = {"derived", &hidden},
                            again = {"named", &named}, known = {"KeyError", &k3thread_ValueError},
                            longest = {
                                "x123456789012345678901234567890123456789012345678901234567890123",
                                &k3thread_ValueError};
    size_t count = 0;

    for (size_t i = 0; i < COUNT(bad); i++) {
        const k3thread_exctype type = {bad[i], &k3thread_KeyError};

        CHECK_EQUAL(k3t_published_add(&type), K3THREAD_VALUE_ERROR);
    }
    CHECK(k3t_published_at(0) == NULL);
    CHECK_EQUAL(k3t_published_add(&k3thread_KeyError), 0); /* the library's own are known */
    CHECK_EQUAL(k3t_published_add(&known), -EEXIST);
    CHECK(k3t_published_at(0) == NULL && k3t_published_find("named") == NULL);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK_EQUAL(k3t_published_add(&again), -EEXIST);
    CHECK_EQUAL(k3t_published_add(&derived), 0);
    CHECK_EQUAL(k3t_published_add(&longest), 0);
    CHECK(k3t_published_at(0) == &named && k3t_published_at(1) == &derived &&
          k3t_published_at(3) == NULL);
    CHECK(k3t_published_find("named") == &named && k3t_published_find("derived") == &derived);
    CHECK(k3t_published_find("KeyError") == &k3thread_KeyError);
    CHECK(k3t_published_find("BaseException") == &k3thread_BaseException &&
          k3t_published_find("hidden") == NULL);
    CHECK(k3t_published_base(&derived) == &named); /* the base between them is not published */
    CHECK(k3t_published_base(&named) == &k3thread_KeyError);
    for (count = 3; count < K3T_PUBLISHED_MAX; count++) {
        (void) snprintf(names[count], sizeof(names[count]), "t%zu", count);
        types[count] = (k3thread_exctype){names[count], &k3thread_KeyError};
        CHECK_EQUAL(k3t_published_add(&types[count]), 0);
    }
    CHECK_EQUAL(k3t_published_add(&hidden), -ENOSPC);
    CHECK_EQUAL(k3t_published_add(&named), 0);
    CHECK(k3t_published_at(K3T_PUBLISHED_MAX - 1) == &types[K3T_PUBLISHED_MAX - 1]);
    CHECK(k3t_published_at(K3T_PUBLISHED_MAX) == NULL);
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

    while (error == 0) { /* the other end does not read */
        put_long(&connection, K3T_LINE_SIZE - 1);
        error = k3t_connection_send(&connection, 0);
    }
    CHECK_EQUAL(error, -ETIMEDOUT);
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
    CHECK_EQUAL(pthread_create(&thread, NULL, accept_two, &listener), 0);
    CHECK_EQUAL(k3t_connection_open(&second, path, 30), 0); /* it tries again */
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(unlink(path) == 0 && rmdir(directory) == 0);
}

/* The hidden thread of an attached process, as far as the state of the attachment knows it. */
static struct {
    int         wake;
    bool        ends;    /* it ends the attachment, and does not answer */
    const char *message; /* what it has to tell */
} hidden;

/* Waits until it is woken, and then answers or ends. */
static void *serve_once(void *arg)
{
    struct pollfd           poll_fd = {.fd = hidden.wake, .events = POLLIN};
    const k3thread_exctype *type;
    char                    message[K3THREAD_MESSAGE_MAX];
    unsigned                asked;

    CHECK_EQUAL(poll(&poll_fd, 1, -1), 1);
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0);
    asked = k3t_attach_asked(&type, message);
    if (hidden.message != NULL) {
        CHECK(type == &k3thread_KeyError);
        CHECK_TEXT(message, hidden.message);
    }
    if (hidden.ends)
        k3t_attach_note_ended();
    else
        k3t_attach_note_reply(asked);
    return arg;
}

static pthread_t serve(void)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, serve_once, NULL), 0);
    return thread;
}

static void the_attachment_has_a_state(void)
{
    struct k3thread *self = k3thread_self();
    bool             there = true;
    pthread_t        thread;
    unsigned         references;
    int              first = dup(STDERR_FILENO), second = dup(STDERR_FILENO);

    k3t_attach_lock();
    k3t_attach_in_child(); /* of a process that was never attached: no descriptor is closed */
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    references = atomic_load(&self->references);
    hidden.wake = eventfd(0, EFD_CLOEXEC);
    CHECK_EQUAL(k3t_attach_stop(0), -ENOENT);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!there && !k3t_attach_must_stop());
    CHECK(k3t_attach_main() == self);
    CHECK_EQUAL(atomic_load(&self->references),
                references + 2); /* of the attachment, and of the caller */
    k3thread_unref(self);
    CHECK_EQUAL(k3t_attach_begin(self, &there), -EALREADY); /* another thread is at it */
    CHECK(!there);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    k3t_attach_note_served(hidden.wake);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(there);

    errno = 77;
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0); /* it was woken */
    hidden.message = "why";
    thread = serve();
    CHECK_EQUAL(k3t_attach_ask_to_tell(&k3thread_KeyError, "why", 60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    thread = serve(); /* the exception stays the one that ends the process */
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    hidden.ends = true;
    thread = serve();
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 60), -ECONNRESET);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);

    CHECK_EQUAL(atomic_load(&self->references), references);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0); /* the next attachment */
    CHECK(!there);
    k3t_attach_note_served(hidden.wake);
    CHECK_EQUAL(k3t_attach_stop(0), -ETIMEDOUT);
    CHECK(k3t_attach_must_stop());
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0);
    CHECK_EQUAL(k3t_attach_begin(self, &there), -EALREADY); /* the last one is about to end */
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    hidden.message = NULL;
    thread = serve();
    CHECK_EQUAL(k3t_attach_stop(60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(k3t_attach_main() == self); /* without an attachment it is the main thread */
    k3thread_unref(self);

    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!k3t_attach_must_stop());
    k3t_attach_note_served(hidden.wake);
    k3t_attach_note_ending();
    CHECK(k3t_attach_must_stop());
    k3t_attach_note_ended();
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    k3t_attach_note_served(hidden.wake);
    k3t_attach_note_descriptors(first, second);
    k3t_attach_lock();
    k3t_attach_in_child(); /* which closes what it has inherited, and is not attached */
    CHECK(fcntl(first, F_GETFD) < 0 && fcntl(second, F_GETFD) < 0 &&
          fcntl(hidden.wake, F_GETFD) < 0);
    CHECK_EQUAL(atomic_load(&self->references), references);
    CHECK_EQUAL(k3t_attach_stop(0), -ENOENT);
    CHECK_EQUAL(dup2(STDERR_FILENO, first), first);
    k3t_attach_lock();
    k3t_attach_in_child(); /* of the child: the number means another file now */
    CHECK(fcntl(first, F_GETFD) >= 0);

    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!there);
    k3t_attach_note_served(-1); /* which cannot be woken */
    errno = 77;
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    CHECK_EQUAL(errno, 77);
}

TEST_MAIN({"state", the_attachment_has_a_state}, {"time", time_is_reckoned},
          {"messages", messages_are_read}, {"names", names_are_escaped}, {"texts", texts_are_cut},
          {"published", types_are_published}, {"sent", lines_are_sent},
          {"received", lines_are_received}, {"endless", endless_lines_are_refused},
          {"permit", the_permit_is_received}, {"opened", connections_are_opened})
