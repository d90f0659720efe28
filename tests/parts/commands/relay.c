/*
 * Tests the relay of `proxy`: what passes between standard input and output and a supervisor's socket, and how it ends.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/commands/relay.h"

#include <poll.h>
#include <sys/socket.h>

#define LARGE 300000

/* The ends of a relay that the test holds: of standard input, of standard output, and of the socket. */
struct ends {
    int input, output, supervisor;
};

/* Makes standard input and output of this process, and the socket of RELAY. */
static struct ends open_ends(struct relay *relay)
{
    int in[2], out[2], sockets[2];

    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
    CHECK(dup2(in[0], STDIN_FILENO) == STDIN_FILENO &&
          dup2(out[1], STDOUT_FILENO) == STDOUT_FILENO);
    close(in[0]);
    close(out[1]);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    *relay = (struct relay){.socket = sockets[0]};
    CHECK(fcntl(sockets[1], F_SETFL, 0) == 0);
    return (struct ends){.input = in[1], .output = out[0], .supervisor = sockets[1]};
}

static void write_all(int fd, const char *bytes, size_t size)
{
    for (ssize_t n = 0; size > 0; bytes += n, size -= (size_t) n) {
        n = write(fd, bytes, size);
        CHECK(n > 0);
    }
}

static void put(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
}

/* Reads FD to its end. The result is to be freed. */
static char *read_all(int fd, size_t *ret_size)
{
    char   *bytes = malloc(LARGE + 100);
    ssize_t n;

    CHECK(bytes != NULL);
    *ret_size = 0;
    while ((n = read(fd, bytes + *ret_size, LARGE + 99 - *ret_size)) > 0)
        *ret_size += (size_t) n;
    bytes[*ret_size] = '\0';
    return bytes;
}

static void check_rest(int fd, const char *wanted)
{
    size_t size;
    char  *rest = read_all(fd, &size);

    CHECK_TEXT(rest, wanted);
    free(rest);
}

/* Fills BYTES so that a byte that is lost or comes twice is noticed. */
static void fill(char *bytes)
{
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char) ('a' + i % 23);
}

/* The results of the next calls: errnos, up to a 0. */
static int    read_errors[4], send_errors[4];
static size_t most;       /* the most bytes that are sent at a time; 0: any number */
static double ahead;      /* the seconds that were not waited for */
static bool   is_hurried; /* a wait with a limit is not waited for */

static int take_error(int *errors)
{
    int error = errors[0];

    memmove(errors, errors + 1, 3 * sizeof(*errors));
    return error;
}

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    int error = take_error(read_errors);

    errno = error;
    return error != 0 ? -1 : __real_read(fd, data, size);
}

/* A success leaves the errno of an earlier call. */
ssize_t __real_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    int error = take_error(send_errors);

    errno = error != 0 ? error : ENOTSOCK;
    return error != 0 ? -1 : __real_send(fd, data, most > 0 && size > most ? most : size, flags);
}

double __real_clock_monotonic(void);
double __wrap_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return __real_clock_monotonic() + ahead;
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int ready = __real_poll(fds, count, is_hurried && timeout > 0 ? 0 : timeout);

    if (is_hurried && timeout > 0 && ready == 0)
        ahead += timeout / 1000.0;
    return ready;
}

static void pass_both_ways(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         begun[14] = "";

    put(ends.input, "one\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    put(ends.input, "two\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    CHECK_EQUAL(relay_insert(&relay, "zero\n", 5), 0);
    put(ends.input, "three\n");
    put(ends.supervisor, "reply\n");
    CHECK(shutdown(ends.supervisor, SHUT_WR) == 0);
    close(ends.input);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(relay.is_answered && !relay.is_cut);
    CHECK(recv(ends.supervisor, begun, sizeof(begun) - 1, MSG_DONTWAIT) > 0);
    CHECK_TEXT(begun, "zero\none\ntwo\n");
    close(STDOUT_FILENO);
    check_rest(ends.output, "reply\n");
    relay_release(&relay);
}

static void read_to_the_end(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);

    put(ends.input, "n");
    read_errors[0] = EINTR;
    read_errors[1] = EAGAIN;
    CHECK_EQUAL(relay_read_input(&relay), 1);
    CHECK_EQUAL(relay.in.end, 1);
    CHECK_EQUAL(relay_insert(&relay, "x", 1), 0);
    CHECK(relay.in.end == 2 && memcmp(relay.in.data, "xn", 2) == 0);
    read_errors[0] = EIO;
    CHECK_EQUAL(relay_read_input(&relay), -EIO);
    relay_release(&relay);
    relay = (struct relay){0};
    put(ends.input, "no newline");
    close(ends.input);
    CHECK_EQUAL(relay_read_input(&relay), 1);
    CHECK_EQUAL(relay_read_input(&relay), 0);
    CHECK(relay.in.has_ended && relay.in.end == strlen("no newline"));
    CHECK_EQUAL(relay_insert(&relay, "first ", 6), 0);
    CHECK(relay.in.end == strlen("first no newline") &&
          memcmp(relay.in.data, "first no newline", relay.in.end) == 0);
    relay_release(&relay);
    relay = (struct relay){0};
    CHECK_EQUAL(relay_insert(&relay, "alone", 5), 0);
    CHECK(relay.in.end == 5 && memcmp(relay.in.data, "alone", 5) == 0);
    relay_release(&relay);
}

/* The room for a long input grows with it. */
static void read_a_long_input(void)
{
    static char  bytes[100 + 2 * 65536];
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    size_t       size = 0;
    char        *memory;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char) ('a' + i % 23);
    for (size_t i = 0; i < 3; i++) {
        size_t piece = i == 0 ? 100 : 65536;

        write_all(ends.input, bytes + size, piece);
        size += piece;
        CHECK_EQUAL(relay_read_input(&relay), 1);
        CHECK_EQUAL(relay.in.end, size);
        CHECK(relay.in.size >= size);
    }
    CHECK(memcmp(relay.in.data, bytes, size) == 0);
    memory = malloc(2 * size); /* which fails if the bytes stand where they must not */
    CHECK(memory != NULL);
    free(memory);
    relay_release(&relay);
}

/* The supervisor sends back what it gets, and closes its socket when the input has ended. */
static void pass_much(void)
{
    static char  bytes[LARGE], passed[LARGE];
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         name[] = "/tmp/k3thread-relay.XXXXXX";
    int          file = mkstemp(name), status;
    pid_t        child = fork();

    CHECK(file >= 0 && child >= 0);
    fill(bytes);
    if (child == 0) {
        size_t size;
        char  *got;

        close(relay.socket);
        test_alarm(); /* if the relay fails, this process does not stay */
        if (fork() == 0) {
            test_alarm();
            close(ends.supervisor);
            write_all(ends.input, bytes, sizeof(bytes));
            _exit(0);
        }
        close(ends.input);
        got = read_all(ends.supervisor, &size);
        write_all(ends.supervisor, got, size);
        _exit(0);
    }
    CHECK(unlink(name) == 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    close(ends.input);
    close(ends.supervisor);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_EQUAL(pread(file, passed, sizeof(passed), 0), LARGE);
    CHECK(memcmp(bytes, passed, LARGE) == 0);
    CHECK_EQUAL(lseek(file, 0, SEEK_END), LARGE);
    relay_release(&relay);
}

/* The supervisor closes the socket, and has left bytes unread. */
static void end_by_cut(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);

    put(relay.socket, "unread");
    close(ends.supervisor);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(relay.is_cut && !relay.is_answered && relay.out.has_ended);
    relay_release(&relay);
}

/* The supervisor closes the socket before the relay has sent a request. */
static void end_by_cut_before_request(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);

    put(ends.input, "request\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    close(ends.supervisor);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(relay.is_cut && !relay.is_answered);
    relay_release(&relay);
}

/* The same for a supervisor that has replied before, and while a request is to be sent. */
static void end_by_cut_after_reply(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);

    put(relay.socket, "unread");
    put(ends.input, "request\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    put(ends.supervisor, "last reply\n");
    close(ends.supervisor);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(relay.is_cut && relay.is_answered);
    close(STDOUT_FILENO);
    check_rest(ends.output, "last reply\n");
    relay_release(&relay);
}

/* The last reply of a supervisor that has gone is given up if no process reads it in time. */
static void cut_with_reply_unread(bool input_ends)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         bytes[4096] = "";

    CHECK(fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK) == 0);
    while (write(STDOUT_FILENO, bytes, sizeof(bytes)) > 0)
        continue;
    CHECK(fcntl(STDOUT_FILENO, F_SETFL, 0) == 0);
    put(relay.socket, "unread");
    put(ends.input, "request\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    if (input_ends)
        close(ends.input);
    put(ends.supervisor, "last reply\n");
    close(ends.supervisor);
    is_hurried = true;
    ahead = 0;
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(relay.is_cut && relay.is_answered);
    CHECK(ahead > 0.5);
    relay_release(&relay);
}

static void end_by_cut_with_reply_unread(void)
{
    cut_with_reply_unread(true);
    cut_with_reply_unread(false);
}

/* Each request is passed on when it comes, also while the reply to another one takes long. */
static void pass_without_waiting_for_replies(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         byte;
    pid_t        child = fork();
    int          status;

    CHECK(child >= 0);
    if (child == 0) {
        test_alarm();
        close(relay.socket);
        close(ends.output);
        for (int i = 0; i < 3; i++) {
            put(ends.input, "r");
            CHECK_EQUAL(recv(ends.supervisor, &byte, 1, 0), 1);
        }
        put(ends.supervisor, "replies");
        close(ends.input);
        check_rest(ends.supervisor, "");
        _exit(0);
    }
    close(ends.input);
    close(ends.supervisor);
    CHECK(fcntl(relay.socket, F_SETFL, 0) == 0);
    send_errors[0] = EINTR;
    send_errors[1] = EAGAIN;
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    close(STDOUT_FILENO);
    check_rest(ends.output, "replies");
    relay_release(&relay);
}

/* Bytes that the socket does not take at once follow, in order. */
static void pass_in_pieces(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         got[32] = "";

    put(ends.input, "a long request\n");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    close(ends.input);
    most = 3;
    is_hurried = true;
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(ahead > 0.5); /* it has slept, with the end of the input before it */
    CHECK(recv(ends.supervisor, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
    CHECK_TEXT(got, "a long request\n");
    CHECK(!relay.is_cut && !relay.is_answered);
    relay_release(&relay);
    relay = (struct relay){.socket = relay.socket};
    CHECK_EQUAL(relay_insert(&relay, "x", 1), 0);
    send_errors[0] = EIO;
    CHECK_EQUAL(relay_run(&relay), -EIO);
    relay_release(&relay);
    relay = (struct relay){.socket = relay.socket};
    put(ends.supervisor, "reply\n");
    read_errors[0] = EIO;
    CHECK_EQUAL(relay_run(&relay), -EIO);
    relay_release(&relay);
}

/* While the socket takes nothing, nothing more is read: what is held does not grow. */
static void hold_one_block(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    char         bytes[4096] = "";

    while (send(relay.socket, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        continue;
    put(ends.input, "x");
    CHECK_EQUAL(relay_read_input(&relay), 1);
    put(ends.input, "y");
    close(ends.output);
    CHECK_EQUAL(relay_run(&relay), -EPIPE);
    CHECK_EQUAL(relay.in.end, 1);
    relay_release(&relay);
}

static void end_without_reader(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);

    close(ends.output);
    CHECK_EQUAL(relay_run(&relay), -EPIPE);
    CHECK(!relay.is_cut);
    relay_release(&relay);
}

/* A relay for which nothing comes sleeps. The supervisor sees the end of the input before its last reply. */
static void sleep_between(void)
{
    struct relay relay;
    struct ends  ends = open_ends(&relay);
    pid_t        parent = getpid(), child = fork();
    int          status;

    CHECK(child >= 0);
    if (child == 0) {
        char path[64], line[256] = "", state = 'R';

        test_alarm();
        snprintf(path, sizeof(path), "/proc/%d/stat", (int) parent);
        for (int looks = 0; state != 'S' && looks < 10000; looks++) {
            int fd = open(path, O_RDONLY);

            CHECK(fd >= 0 && read(fd, line, sizeof(line) - 1) > 0);
            close(fd);
            state = strrchr(line, ')')[2];
            test_pause();
        }
        CHECK(state == 'S');
        close(relay.socket);
        put(ends.input, "request\n");
        close(ends.input);
        check_rest(ends.supervisor, "request\n");
        put(ends.supervisor, "late reply\n");
        _exit(0);
    }
    close(ends.input);
    close(ends.supervisor);
    CHECK_EQUAL(relay_run(&relay), 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(relay.is_answered && !relay.is_cut);
    close(STDOUT_FILENO);
    check_rest(ends.output, "late reply\n");
    relay_release(&relay);
}

TEST_MAIN({"both-ways", pass_both_ways}, {"input", read_to_the_end},
          {"long-input", read_a_long_input}, {"much", pass_much}, {"cut", end_by_cut},
          {"cut-before-request", end_by_cut_before_request},
          {"cut-after-reply", end_by_cut_after_reply}, {"no-reader", end_without_reader},
          {"cut-unread", end_by_cut_with_reply_unread},
          {"no-wait", pass_without_waiting_for_replies}, {"pieces", pass_in_pieces},
          {"held", hold_one_block}, {"sleep", sleep_between})
