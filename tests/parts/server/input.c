/*
 * Tests alone the inputs of commands, with real pipes. The test is the command, the loop, and the connection of the
 * clients. See tests/cli/send.bats for real commands.
 */
#include "tests/parts/server/sent.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/loop.h"
#include "cli/process/process_stat.h"
#include "cli/server/call.h"
#include "cli/server/input.h"
#include "cli/terminal/pty.h"
#include "cli/worker/thread_terminal.h"

#include <poll.h>
#include <sys/epoll.h>

#define PIPE   65536
#define PIECES (64 * 1024 * 1024)
#define KEY    4

static double         now = 1000;
static struct source *source; /* in the loop */
static int            adding; /* the result of loop_add() */
static bool           is_running, is_exiting;

/* The functions that the part calls. */

double clock_monotonic(void)
{
    return now;
}

void connection_send(struct connection *connection, const struct text *line)
{
    (void) connection;
    sent_add(line);
}

void connection_settle(struct connection *connection)
{
    (void) connection;
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    (void) text, (void) record, (void) members;
}

int loop_add(struct source *given, uint32_t events)
{
    CHECK(source == NULL && events == EPOLLOUT);
    if (adding == 0)
        source = given;
    return adding;
}

void loop_remove(struct source *given)
{
    CHECK(source == given);
    source = NULL;
}

bool process_stat_read(pid_t pid, struct process_stat *ret)
{
    CHECK_EQUAL(pid, 77);
    *ret = (struct process_stat){.leader_is_exiting = is_exiting};
    return is_running;
}

char pty_eof_key(int fd)
{
    (void) fd;
    return KEY;
}

/* The steps of the cases. */

static struct peer   peer;
static struct record record = {.id = 5, .job = {.name = (char *) "a", .input_open = true}};
static int           id; /* of the last call */

/* Sends SIZE bytes: DATA, a string or NULL, and zeros behind it. Returns the call, which may have ended. */
static struct call *send_bytes(const char *data, size_t size, bool eof, double seconds)
{
    struct call       *call = call_new(&peer, json_integer(++id));
    struct input_bytes bytes = {.size = size, .eof = eof};

    if (size > 0) {
        bytes.data = calloc(1, size);
        CHECK(bytes.data != NULL);
        if (data != NULL)
            memcpy(bytes.data, data, strnlen(data, size));
    }
    input_send(call, &record, &bytes, seconds);
    return call;
}

static struct call *send_text(const char *text, bool eof)
{
    return send_bytes(text, strlen(text), eof, -1);
}

/* Checks that there is one reply, in which the words are. */
static void replied(const char *words)
{
    if (strstr(sent, words) == NULL || strchr(sent, '\n') != sent + strlen(sent) - 1) {
        fprintf(stderr, "sent: %s\n", sent);
        test_fail(__FILE__, __LINE__, "that is not one reply with these words");
    }
    sent[0] = '\0';
}

static void has_no_reply(void)
{
    CHECK_TEXT(sent, "");
}

#define TAKEN(number, taken) "\"id\":" #number ",\"result\":{\"id\":5,\"taken\":" #taken "}}"

/* Begins a run: returns the command's reading end. */
static int begin_run(void)
{
    int fd = descriptors_reopen(record.assignment.input, O_RDONLY | O_NONBLOCK);

    CHECK(fd >= 0);
    input_run_begun(&record);
    record.now.pid = 77;
    is_running = true;
    return fd;
}

/* Reads all that is there, and checks that it begins with START. Returns its size, or -1 at the end. */
static ssize_t takes(int fd, const char *start)
{
    static char bytes[2 * PIPE];
    ssize_t     n, sum = 0;

    while ((n = read(fd, bytes + sum, sizeof(bytes) - (size_t) sum)) > 0)
        sum += n;
    CHECK(sum >= (ssize_t) strlen(start) && memcmp(bytes, start, strlen(start)) == 0);
    return sum == 0 && n == 0 ? -1 : sum;
}

static void open_input(void)
{
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQUAL(input_open(&record), 0);
    CHECK(record.input != NULL && record.assignment.input >= 0);
    CHECK_EQUAL(input_open(&record), 0); /* it is open already */
    CHECK((fcntl(record.assignment.input, F_GETFL) & O_NONBLOCK) != 0);
}

/* Input that is sent before the command runs, or after it has ended, is for the next run. */
static void between_runs(void)
{
    int fd, before = test_count_open();

    open_input();
    send_text("early\n", false);
    replied(TAKEN(1, 6));
    fd = begin_run();
    CHECK_EQUAL(takes(fd, "early\n"), 6);
    send_text("now", false);
    replied(TAKEN(2, 3));
    CHECK_EQUAL(takes(fd, "now"), 3);
    close(fd);
    record.now.pid = 0;
    send_text("later", false);
    replied(TAKEN(3, 5));
    is_exiting = true;
    record.now.pid = 77;
    send_text("!", false);
    replied(TAKEN(4, 1));
    fd = begin_run();
    CHECK_EQUAL(takes(fd, "later!"), 6);
    send_bytes(NULL, 0, false, -1);
    replied(TAKEN(5, 0));
    close(fd);
    input_close(&record);
    CHECK(record.input == NULL && record.assignment.input == -1 && source == NULL);
    CHECK_EQUAL(test_count_open(), before);
    input_close(&record);
    open_input();
    input_close(&record); /* no run has begun */
    CHECK_EQUAL(test_count_open(), before);
}

/* The end of the input comes behind all bytes. After it the input takes nothing more, until the next run. */
static void its_end(void)
{
    int fd;

    open_input();
    fd = begin_run();
    send_text("last", true);
    replied(TAKEN(1, 4));
    CHECK(record.input_ended);
    CHECK_EQUAL(takes(fd, "last"), 4);
    CHECK_EQUAL(takes(fd, ""), -1);
    send_text("x", false);
    replied("\"message\":\"the input of thread 'a' (id 5) was closed "
            "before\",\"data\":{\"type\":\"RuntimeError\",\"taken\":0}");
    close(fd);
    CHECK_EQUAL(input_open(&record), 0); /* the next run */
    CHECK(!record.input_ended);
    CHECK((fcntl(record.assignment.input, F_GETFL) & O_NONBLOCK) != 0);
    fd = begin_run();
    send_text("again", false);
    replied(TAKEN(3, 5));
    CHECK_EQUAL(takes(fd, "again"), 5);
    send_bytes(NULL, 0, true, -1);
    replied(TAKEN(4, 0));
    CHECK_EQUAL(takes(fd, ""), -1);
    input_close(&record);
    CHECK(!record.input_ended);
}

/* Calls wait in their order until the command reads. */
static void waiting(void)
{
    struct call *call;
    int          fd;

    open_input();
    fd = begin_run();
    send_bytes("first", PIPE, false, -1);
    replied(TAKEN(1, 65536));
    CHECK(source == NULL);
    send_bytes("second", PIPE + 10, false, 5);
    call = send_text("third", true);
    send_text("fourth", false);
    has_no_reply();
    CHECK(source != NULL);
    CHECK_EQUAL(takes(fd, "first"), PIPE);
    source->ready(source, EPOLLOUT);
    has_no_reply();
    now += 5;
    CHECK(call_expire() < 0);
    replied("\"id\":2,\"error\":{\"code\":-32005,\"message\":\"thread 'a' (id 5) does not read its "
            "input\","
            "\"data\":{\"type\":\"TimeoutError\",\"taken\":65536}}}");
    CHECK_EQUAL(takes(fd, "second"), PIPE);
    call_free(call); /* its client has gone */
    source->ready(source, EPOLLOUT);
    replied(TAKEN(4, 6));
    CHECK(source == NULL);
    CHECK_EQUAL(takes(fd, "fourth"), 6);
    send_bytes("x", PIPE, false, 0);
    replied(TAKEN(5, 65536));
    send_text("y", true);
    CHECK(source != NULL);
    CHECK_EQUAL(takes(fd, "x"), PIPE);
    source->ready(source, EPOLLOUT);
    replied(TAKEN(6, 1));
    CHECK(source == NULL && record.input_ended);
    CHECK_EQUAL(takes(fd, "y"), 1);
    CHECK_EQUAL(takes(fd, ""), -1);
}

/* A call goes on where it has stopped. */
static void parts(void)
{
    static char data[PIPE + 5];
    int         fd;

    memset(data, 'x', PIPE);
    memcpy(data + PIPE, "tail", sizeof("tail"));
    open_input();
    fd = begin_run();
    send_bytes(data, PIPE + 4, false, -1);
    has_no_reply();
    CHECK_EQUAL(takes(fd, ""), PIPE);
    source->ready(source, EPOLLOUT);
    replied(TAKEN(1, 65540));
    CHECK_EQUAL(takes(fd, "tail"), 4);
    CHECK(source == NULL);
}

/* Each call learns why its bytes were not taken, and how many were. */
static void failing(void)
{
    int fd;

    open_input();
    fd = begin_run();
    send_bytes("x", PIPE + 100, false, -1);
    send_text("y", false);
    has_no_reply();
    input_close(&record);
    CHECK(strstr(sent, "\"id\":1,\"error\":{\"code\":-32003,\"message\":\"thread 'a' (id 5) has "
                       "ended and reads no more\","
                       "\"data\":{\"type\":\"InvalidThreadIdError\",\"taken\":65536}}}\n") ==
          sent + strlen("{\"jsonrpc\":\"2.0\","));
    CHECK(strstr(sent, "\"id\":2,") != NULL && strstr(sent, "\"taken\":0}}}\n") != NULL);
    sent[0] = '\0';
    CHECK(source == NULL);
    close(fd);
    open_input();
    fd = begin_run();
    close(fd); /* the command goes on without its input */
    send_text("x", false);
    replied("\"message\":\"thread 'a' (id 5) has closed its "
            "input\",\"data\":{\"type\":\"RuntimeError\",\"taken\":0}}}");
    is_running = false; /* it has just ended */
    send_text("x", false);
    replied(TAKEN(4, 1));
    input_close(&record);
    open_input();
    fd = begin_run();
    adding = -ENOMEM;
    send_bytes("x", PIPE + 100, false, -1);
    replied(
        "\"message\":\"cannot write to the input of thread 'a' (id 5): Cannot allocate memory\","
        "\"data\":{\"type\":\"OSError\",\"taken\":65536}}}");
}

/* The bytes that wait for all inputs have a limit. */
static void limit(void)
{
    struct call *call;

    open_input();
    begin_run();
    send_bytes(NULL, PIPE, false, -1);
    replied(TAKEN(1, 65536));
    call = send_bytes(NULL, PIECES - 1, false, -1);
    send_text("xx", false);
    replied("\"message\":\"too many bytes wait for commands that do not read them\"");
    send_text("x", false);
    send_text("x", false);
    replied("\"message\":\"too many bytes wait");
    call_free(call);
    send_bytes(NULL, PIECES - 1, false, -1);
    has_no_reply();
    send_text("x", false);
    replied("\"message\":\"too many bytes wait");
}

/* A terminal has keys for the end of its input, which are not counted: one behind a line, two within it. */
static void terminal(void)
{
    static struct thread_terminal own;
    int                           ends[2], before;

    CHECK_EQUAL(pipe2(ends, O_NONBLOCK), 0);
    own.master = ends[1];
    record.job = (struct job){.name = (char *) "a", .tty = true};
    record.assignment.terminal = &own;
    before = test_count_open();
    CHECK_EQUAL(input_open(&record), 0);
    CHECK_EQUAL(input_open(&record), 0);
    input_run_begun(&record);
    send_text("line\n", true);
    replied(TAKEN(1, 5));
    CHECK_EQUAL(takes(ends[0], "line\n\4"), 6);
    send_text("part", true);
    replied(TAKEN(2, 4));
    CHECK_EQUAL(takes(ends[0], "part\4\4"), 6);
    send_text("", true);
    replied(TAKEN(3, 0));
    CHECK_EQUAL(takes(ends[0], "\4"), 1);
    send_text("more", false);
    replied(TAKEN(4, 4));
    CHECK(!record.input_ended);
    CHECK_EQUAL(takes(ends[0], "more"), 4);
    send_bytes("x", PIPE - 1, true, 0); /* the second key does not fit */
    CHECK(call_expire() < 0);
    replied("\"message\":\"thread 'a' (id 5) does not read its "
            "input\",\"data\":{\"type\":\"TimeoutError\",\"taken\":65535}}}");
    input_close(&record);
    CHECK_EQUAL(test_count_open(), before); /* it is the console's */

    /* On another machine the bytes go through a pipe, and the keys with them. */
    own.master = -1;
    CHECK_EQUAL(input_open(&record), 0);
    send_text("x", true);
    replied(TAKEN(6, 1));
    CHECK_EQUAL(takes(begin_run(), "x\4\4"), 3);
    input_close(&record);
    record.job.tty = false;
    CHECK_EQUAL(input_open(&record), 0);
    CHECK(record.input == NULL); /* no input is wanted */
    input_run_begun(&record);
}

/* While the command is on another machine, it is its pid there that says that it runs. */
static void far(void)
{
    int fd;

    record.assignment.seat = (void *) &record;
    open_input();
    fd = begin_run();
    is_running = false;
    close(fd);
    send_text("x", false);
    replied("has closed its input");
    record.now.pid = 0;
    send_text("x", false);
    replied(TAKEN(2, 1));
}

TEST_MAIN({"between", between_runs}, {"end", its_end}, {"waiting", waiting}, {"parts", parts},
          {"failing", failing}, {"limit", limit}, {"terminal", terminal}, {"far", far})
