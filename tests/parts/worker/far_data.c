/*
 * Tests what passes between a worker and its command on another machine: exceptions, input and output
 * (cli/worker/remote_run.h, remote_input.h, remote_output.h).
 */
#include "tests/parts/worker/far.h"

#include "cli/worker/remote_input.h"

/* Exceptions */

#define END(id, name, rest)                                                                        \
#id ",\"method\":\"end\",\"params\":{\"exception\":\"" name "\"" rest "}}\n"

static void exceptions_are_sent_to_the_agent(void)
{
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {expect, EXECUTE}, {raise_type, "SIGUSR1"},
                    {expect_polls, "b--"}, {expect, END(2, "SIGUSR1", ",\"message\":\"now\"")},
                    {raise_type, "ValueError"}, {expect_polls, "b--"},
                    {expect, END(3, "ValueError", ",\"message\":\"now\"")},
                    {raise_type, "KeyError"}, {expect_polls, "b--"},
                    {expect, END(4, "KeyError", ",\"message\":\"now\"")}, {raise_restart, NULL},
                    {expect, ""}, {say, "{'id':3,'error':{'message':'it has ended'}}"},
                    {say_running, NULL}, {say_end, NULL})));
    check_log(" begin running look look look look stopping look look look look look look stopping"
              " look close");
    CHECK(worker.report->exception == &k3thread_ValueError && worker.ending);
    end();
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, "44"}, {expect, EXECUTE}, {raise_arrived, "ValueError"},
                    {expect, ""}, {raise_restart, NULL}, {expect, ""}, {say_end, NULL})));
    check_log(" begin running look look stopping look look close");
    CHECK_EQUAL(wakes, 1);
    end();
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {expect, EXECUTE}, {raise_restart, NULL},
                    {expect_polls, "b--"}, {expect, END(2, "SystemExit", ",\"automatic\":true")},
                    {say_end, NULL})));
    end();
}

static void say_end_and_close(const char *words)
{
    if (words != NULL)
        hear(); /* else the agent has not read everything */
    say_end(NULL);
    close(agent);
    agent = -1;
}

/* A message that the agent sent before it closed the connection counts, although nothing can be sent any more. */
static void the_last_words_of_an_agent_are_read(void)
{
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {raise_type, "SIGUSR1"}, {say_end_and_close, "heard"})));
    CHECK(worker.report->exit_code == 6 && !worker.lost);
    end();
    begin();
    connect_agent();
    CHECK(run(STEPS({say_running, NULL}, {raise_type, "SIGUSR1"}, {say_end_and_close, NULL})));
    CHECK(worker.report->exit_code == 6 && !worker.lost);
    end();
}

static void become_late(const char *words)
{
    CHECK(words == NULL);
    worker.ready_deadline = 1;
}

static void a_command_that_is_not_ready_in_time_is_ended(void)
{
    begin();
    connect_agent();
    CHECK(run(
        STEPS({say_running, NULL}, {expect, EXECUTE}, {become_late, NULL}, {expect_polls, "b--"},
              {expect, END(2, "TimeoutError", ",\"message\":\"too late\",\"automatic\":true")},
              {become_late, NULL}, {expect, ""}, {say_end, NULL})));
    CHECK(worker.report->exception == &k3thread_TimeoutError);
    CHECK_TEXT(worker.report->message, "too late");
    end();
}

static void say_attached(const char *pid)
{
    say_running(pid);
}

static void expect_attached(const char *pid)
{
    CHECK_EQUAL(worker.report->attached, atoi(pid));
}

static void the_server_learns_of_an_attached_process(void)
{
    begin();
    connect_agent();
    CHECK(run(STEPS({say_attached, "44"}, {say_attached, "44"}, {say_attached, "2147483648"},
                    {expect_attached, "0"}, {say_attached, "2147483647"},
                    {expect_attached, "2147483647"}, {say_attached, "-1"}, {expect_attached, "0"},
                    {say_end, NULL})));
    CHECK_EQUAL(wakes, 4); /* it is told of each change */
    end();
}

/* The input */

static int input_end = -1; /* the writing end of the pipe of `send` */

static void write_input(const char *words)
{
    CHECK_EQUAL(write(input_end, words, strlen(words)), strlen(words));
}

static void end_input(const char *words)
{
    CHECK(words == NULL);
    close(input_end);
    closed++;
}

#define SEND(id, rest) #id ",\"method\":\"send\",\"params\":{\"thread\":5" rest "}}\n"

static void the_input_is_sent_piece_by_piece(void)
{
    int ends[2];

    begin();
    connect_agent();
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    job.input_open = true;
    assignment.input = ends[0];
    input_end = ends[1];
    CHECK(run(STEPS({write_input, "ab"}, {expect_polls, "i--"}, {say, "{'id':null,'error':{}}"},
                    {say_running, NULL}, {expect_polls, "ii-"}, {expect_polls, "b--"},
                    {write_input, "c"}, {say, "{'id':98,'result':null}"}, {expect_polls, "i--"},
                    {say, "{'id':2,'result':null}"}, {expect_polls, "ii-"}, {end_input, NULL},
                    {say, "{'id':3,'result':null}"}, {expect_polls, "ii-"}, {expect_polls, "b--"},
                    {expect, EXECUTE_INPUT SEND(2, ",\"text\":{\"base64\":\"YWI=\"}") SEND(
                                 3, ",\"text\":{\"base64\":\"Yw==\"}") SEND(4, ",\"eof\":true")},
                    {say, "{'id':4,'result':null}"}, {expect_polls, "i--"}, {say_end, NULL})));
    close(ends[0]);
    end();
}

static void a_command_that_reads_no_more_gets_no_input(void)
{
    begin();
    connect_agent();
    job.input = (char *) "in";
    input_end = open("in", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    write_input("ab");
    close(input_end);
    CHECK(run(STEPS({say_running, NULL}, {expect_polls, "ii-"}, {expect_polls, "b--"},
                    {say, "{'id':2,'error':{'message':'it reads no more'}}"}, {expect_polls, "i--"},
                    {expect, EXECUTE_INPUT SEND(2, ",\"text\":{\"base64\":\"YWI=\"}")},
                    {say_end, NULL})));
    end();
}

/* The descriptor of the input blocks nobody, and no command inherits it. */
static void expect_input_flags(const char *words)
{
    int fd = polled[WAITING_OWN + 1].fd;

    CHECK(words == NULL && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_EQUAL(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY | O_NONBLOCK);
}

static void the_input_does_not_block_the_worker(void)
{
    int ends[2];

    begin();
    connect_agent();
    job.input = (char *) "in";
    CHECK_EQUAL(mkfifo("in", 0600), 0);
    CHECK(run(STEPS({say_running, NULL}, {expect_input_flags, NULL}, {say_end, NULL})));
    end();
    begin();
    connect_agent();
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    job.input_open = true;
    assignment.input = ends[1];
    CHECK(run(STEPS({say_running, NULL}, {expect_input_flags, NULL}, {say_end, NULL})));
    end();
    close(ends[0]);
    close(ends[1]);
}

/* Sends once from FD. Returns what was sent. */
static struct remote_input send_from(int fd, size_t *ret_sent)
{
    struct remote       remote = {.fd = -1};
    struct remote_input input = {.fd = fd};

    remote_input_send(&input, &remote, 5);
    *ret_sent = byte_queue_size(&remote.unsent);
    remote_close(&remote);
    return input;
}

static void an_input_that_gives_nothing_now_goes_on(void)
{
    struct remote_input input;
    size_t              sent;
    int                 ends[2];

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    input = send_from(ends[0], &sent); /* another reader was faster */
    CHECK(input.fd == ends[0] && input.request == 0 && sent == 0);
    input = send_from(open(".", O_RDONLY | O_CLOEXEC), &sent); /* a directory cannot be read */
    CHECK(input.fd == -1 && input.request == 1 && sent > 0);
    remote_input_close(&input);
    close(ends[0]);
    close(ends[1]);
}

/* A supervisor has no terminal, and takes none for its own that it reads from. */
static void read_from_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    CHECK(setsid() == getpid() && master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    begin();
    connect_agent();
    job.input = ptsname(master);
    CHECK(run(STEPS({say_running, NULL}, {expect_input_flags, NULL}, {say_end, NULL})));
    end();
    CHECK_EQUAL(open("/dev/tty", O_RDWR | O_CLOEXEC), -1);
    _exit(0);
}

static void an_input_becomes_nobodys_terminal(void)
{
    char output[256];
    int  result = test_child(read_from_terminal, output, sizeof(output));

    if (result != 0)
        fprintf(stderr, "%s", output);
    CHECK_EQUAL(result, 0);
}

/* The terminal */

static void a_terminal_is_shown_and_gets_its_size(void)
{
    begin();
    connect_agent();
    job.tty = true;
    assignment.terminal = &terminal;
    assignment.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    atomic_store(&terminal.size_is_told, true);
    CHECK(run(STEPS(
        {expect, "1,\"method\":\"execute\",\"params\":{\"id\":7,\"name\":\"web\",\"host\":\"far\","
                 "\"slot\":3,\"start\":{\"command\":[\"make\",\"all\"],\"environment\":[\"A=1\"],"
                 "\"directory\":\"/dir\",\"umask\":18,\"timeout\":2.0,\"grace\":3.0,"
                 "\"stop_signal\":\"SIGTERM\",\"tty\":true,\"rows\":30,\"columns\":90}}}\n"},
        {expect_size_is_told, NULL}, {say, "{'method':'output','params':{'data':'ab'}}"},
        {tell_size, NULL}, {expect_polls, "b--"}, {expect_size_is_told, NULL},
        {expect, "2,\"method\":\"resize\",\"params\":{\"rows\":30,\"columns\":90}}\n"},
        {raise_type, "SIGUSR1"}, {expect_polls, "b--"},
        {expect, END(3, "SIGUSR1", ",\"message\":\"now\"")}, {say_running, NULL},
        {say_end, NULL})));
    check_log(" look look show:ab look look look look look look begin running look close");
    check_file("ab");
    close(assignment.input);
    end();
}

/* The output */

static int reader = -1;

static void open_fifo(void)
{
    CHECK_EQUAL(mkfifo("out", 0600), 0);
    reader = open("out", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(reader >= 0);
}

static void close_reader(const char *words)
{
    CHECK(words == NULL);
    close(reader);
    closed++;
}

/* Sends 64 KiB of output, as much as the FIFO takes, or WORDS more. */
static void say_much(const char *words)
{
    static char line[128 * 1024];
    const int   size = (64 << 10) + (words != NULL ? atoi(words) : 0);
    int head = snprintf(line, sizeof(line), "{\"method\":\"output\",\"params\":{\"data\":\"");

    memset(line + head, 'x', (size_t) size);
    memcpy(line + head + size, "\"}}", 4);
    say(line);
}

static void read_output(const char *words)
{
    char bytes[16 * 1024];
    int  left = atoi(words);

    for (ssize_t n; left > 0; left -= (int) n) {
        n = read(reader, bytes, left < (int) sizeof(bytes) ? (size_t) left : sizeof(bytes));
        CHECK(n > 0);
    }
}

static void wait_on(const char *words)
{
    CHECK(words == NULL);
}

/* Sends more than the FIFO takes, and in the same piece one more message. */
static void say_much_and_more(const char *words)
{
    say_much("5");
    if (words != NULL)
        say(words);
    else
        say_end(NULL);
}

static void a_slow_reader_holds_the_agent(void)
{
    begin();
    connect_agent();
    open_fifo();
    CHECK(run(
        STEPS({say_running, NULL}, {say_much_and_more, "{'method':'output','params':{'data':'b'}}"},
              {expect_polls, "i--"}, {expect_polls, "--o"}, {read_output, "65536"},
              {expect_polls, "i--"}, {read_output, "6"}, {say_much_and_more, NULL},
              {expect_polls, "i--"}, {expect_polls, "--o"}, {wait_on, NULL},
              {raise_type, "ValueError"}))); /* who is being ended does not wait for the reader */
    CHECK_EQUAL(worker.report->exit_code, 6);
    close(reader);
    CHECK_EQUAL(unlink("out"), 0);
    end();
}

static void a_command_whose_reader_has_gone_gets_sigpipe(void)
{
    begin();
    connect_agent();
    open_fifo();
    CHECK(run(STEPS({say_running, NULL}, {expect, EXECUTE}, {close_reader, NULL},
                    {say, "{'method':'output','params':{'data':'b'}}"}, {expect_polls, "b--"},
                    {expect, END(2, "SIGPIPE", "")},
                    {say, "{'method':'output','params':{'data':'b'}}"}, {expect_polls, "i--"},
                    {expect, ""}, {say_end, NULL})));
    CHECK_EQUAL(unlink("out"), 0);
    end();
    begin();
    connect_agent();
    open_fifo();
    CHECK(run(STEPS({say_running, NULL}, {expect, EXECUTE}, {say_much, "5"}, {expect_polls, "i--"},
                    {expect_polls, "--o"}, {close_reader, NULL}, {expect_polls, "b--"},
                    {expect, END(2, "SIGPIPE", "")}, {say_end, NULL})));
    CHECK_EQUAL(unlink("out"), 0);
    end();
}

TEST_MAIN({"exceptions", exceptions_are_sent_to_the_agent},
          {"last-words", the_last_words_of_an_agent_are_read},
          {"late", a_command_that_is_not_ready_in_time_is_ended},
          {"attached", the_server_learns_of_an_attached_process},
          {"input", the_input_is_sent_piece_by_piece},
          {"flags", the_input_does_not_block_the_worker},
          {"empty", an_input_that_gives_nothing_now_goes_on},
          {"tty-input", an_input_becomes_nobodys_terminal},
          {"unread", a_command_that_reads_no_more_gets_no_input},
          {"terminal", a_terminal_is_shown_and_gets_its_size},
          {"slow", a_slow_reader_holds_the_agent},
          {"gone", a_command_whose_reader_has_gone_gets_sigpipe})
