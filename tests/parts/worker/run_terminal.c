/*
 * Tests the terminal of a thread, as its worker and the server use it (cli/worker/thread_terminal.h). Each case makes
 * its log in the current directory.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/place/journal.h"
#include "cli/worker/thread_terminal.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
double  __wrap_clock_monotonic(void);
double  __wrap_clock_until(double deadline);
int     __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds);

static double now;
static char   journal[256], waits[256];
static int    reader = -1;   /* of the log, while that is a FIFO */
static int    drains;        /* how many waits for the log end because its reader has read */
static size_t source, piece; /* the bytes that the terminal still gives, and how many at a time */
static int    reads, source_fd = -1;

double __wrap_clock_monotonic(void)
{
    return now;
}

double __wrap_clock_until(double deadline)
{
    return deadline > now ? deadline - now : 0;
}

/* The output of a command comes from the terminal itself, unless the test has a source of its own. */
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    size_t n = piece < source ? piece : source;

    if (fd != source_fd)
        return __real_read(fd, bytes, size);
    CHECK_EQUAL(size, TERMINAL_PIECE);
    reads++;
    memset(bytes, 'x', n);
    source -= n;
    errno = EAGAIN;
    return n > 0 ? (ssize_t) n : -1;
}

static size_t drain(void)
{
    char    bytes[4096];
    size_t  total = 0;
    ssize_t n;

    while ((n = __real_read(reader, bytes, sizeof(bytes))) > 0)
        total += (size_t) n;
    return total;
}

int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds)
{
    size_t used = strlen(waits);

    CHECK(count == 1 && polls->events == POLLOUT && polls->fd >= 0);
    (void) snprintf(waits + used, sizeof(waits) - used, " %g", seconds);
    if (drains-- <= 0) {
        now += seconds;
        return 0;
    }
    now += 1;
    (void) drain();
    return 1;
}

void journal_write(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(journal, sizeof(journal), format, arguments);
    va_end(arguments);
}

void journal_restore(void)
{
}

static struct job job = {.output = (char *) "log"};

static struct thread_terminal *make(bool is_far)
{
    const struct pty_size   size = {.rows = 30, .columns = 90};
    struct thread_terminal *terminal = NULL;

    CHECK_EQUAL(thread_terminal_new(&size, is_far, &terminal), 0);
    return terminal;
}

static void type(const struct thread_terminal *terminal, const char *words)
{
    CHECK_EQUAL(write(terminal->slave, words, strlen(words)), strlen(words));
}

static void check_log(const char *wanted)
{
    char    bytes[256];
    int     fd = open("log", O_RDONLY | O_CLOEXEC);
    ssize_t n = __real_read(fd, bytes, sizeof(bytes) - 1);

    CHECK(n >= 0);
    bytes[n] = '\0';
    close(fd);
    if (strcmp(bytes, wanted) != 0)
        fprintf(stderr, "log: %s\n", bytes);
    CHECK_TEXT(bytes, wanted);
}

/* Returns the number of the news since the last call. */
static int take_news(const struct thread_terminal *terminal)
{
    eventfd_t count = 0;

    return eventfd_read(terminal->news, &count) == 0 ? (int) count : 0;
}

static void open_fifo(void)
{
    CHECK_EQUAL(mkfifo("log", 0600), 0);
    reader = open("log", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(reader >= 0);
}

static void a_terminal_has_a_size(void)
{
    const struct pty_size   larger = {.rows = 40, .columns = 300};
    int                     before = test_count_open();
    struct thread_terminal *terminal = make(false);
    struct pty_size         size = pty_size(terminal->slave);

    CHECK(size.rows == 30 && size.columns == 90 && terminal->log == -1);
    CHECK_EQUAL(fcntl(terminal->news, F_GETFD), FD_CLOEXEC);
    CHECK((fcntl(terminal->news, F_GETFL) & O_NONBLOCK) != 0);
    CHECK(!thread_terminal_resize(terminal, &larger));
    size = pty_size(terminal->slave);
    CHECK(size.rows == 40 && size.columns == 300 && !atomic_load(&terminal->size_is_told));
    thread_terminal_free(terminal);
    thread_terminal_free(NULL);
    CHECK_EQUAL(test_count_open(), before);
    terminal = make(true); /* its own size is told when the run begins */
    size = thread_terminal_size(terminal);
    CHECK(size.rows == 30 && size.columns == 90 && terminal->master == -1 && terminal->slave == -1);
    CHECK(
        !thread_terminal_resize(terminal, &larger)); /* the worker was told, and has not come yet */
    size = thread_terminal_size(terminal);
    CHECK(size.rows == 40 && size.columns == 300);
    atomic_store(&terminal->size_is_told, false);
    CHECK(thread_terminal_resize(terminal, &larger));
    CHECK(!thread_terminal_resize(terminal, &larger));
    thread_terminal_free(terminal);
    CHECK_EQUAL(test_count_open(), before);
}

static void output_goes_to_the_log_and_the_screen(void)
{
    struct thread_terminal *terminal = make(false);
    struct pollfd           poll_fd;
    struct termios          settings;
    struct text             text = {0};
    uint64_t                position = 0;
    char                    bytes[64];
    int                     before = test_count_open();

    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    CHECK_EQUAL(tcgetattr(terminal->slave, &settings), 0);
    cfmakeraw(&settings);
    CHECK_EQUAL(tcsetattr(terminal->slave, TCSANOW, &settings), 0);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job),
                0); /* of the next run: the log is the same */
    CHECK_EQUAL(test_count_open(), before + 1);
    CHECK_EQUAL(tcgetattr(terminal->slave, &settings), 0);
    CHECK((settings.c_lflag & ECHO) != 0 && (settings.c_oflag & OPOST) != 0);
    poll_fd = thread_terminal_poll(terminal);
    CHECK(poll_fd.fd == terminal->master && poll_fd.events == POLLIN);
    thread_terminal_copy_output(terminal); /* there is none yet */
    CHECK_EQUAL(thread_terminal_end(terminal), 0);
    type(terminal, "ab");
    thread_terminal_copy_output(terminal);
    check_log("ab");
    CHECK_EQUAL(take_news(terminal), 0); /* nobody watches */
    atomic_store(&terminal->is_watched, true);
    type(terminal, "c");
    thread_terminal_copy_output(terminal);
    check_log("abc");
    CHECK_EQUAL(take_news(terminal), 1);
    CHECK_EQUAL(thread_terminal_end(terminal), 3);
    CHECK_EQUAL(thread_terminal_copy(terminal, &position, bytes, sizeof(bytes)), 3);
    CHECK(memcmp(bytes, "abc", 3) == 0 && position == 3);
    position = 0;
    thread_terminal_replay(terminal, &text, &position);
    CHECK(position == 3 && text.size >= 3 && memmem(text.data, text.size, "abc", 3) != NULL);
    text_release(&text);
    thread_terminal_show(terminal, "far", 3); /* of another machine */
    CHECK(thread_terminal_end(terminal) == 6 && take_news(terminal) == 1);
    type(terminal, "d");
    thread_terminal_end_run(terminal);
    check_log("abcd");
    CHECK(terminal->log == -1 && test_count_open() == before);
    type(terminal, "e"); /* between two runs */
    thread_terminal_copy_output(terminal);
    check_log("abcd");
    CHECK_EQUAL(thread_terminal_end(terminal), 8);
    job.output = (char *) "missing/log";
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), -ENOENT);
    thread_terminal_free(terminal);
}

static void a_slow_log_holds_the_terminal(void)
{
    struct thread_terminal *terminal = make(false);
    struct pollfd           poll_fd;
    size_t                  total;

    open_fifo();
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source_fd = terminal->master;
    source = 80000; /* a pipe has 65536 bytes */
    piece = TERMINAL_PIECE;
    thread_terminal_copy_output(terminal);
    CHECK_EQUAL(reads, 5);
    CHECK(terminal->pending == 80000 - 4 * TERMINAL_PIECE && terminal->written == 0);
    poll_fd = thread_terminal_poll(terminal);
    CHECK(poll_fd.fd == terminal->log && poll_fd.events == POLLOUT);
    thread_terminal_copy_output(terminal);
    CHECK_EQUAL(reads, 5);
    CHECK_EQUAL(__real_read(reader, (char[4096]){0}, 4096), 4096);
    thread_terminal_copy_output(terminal); /* a page of it fits */
    CHECK(reads == 5 && terminal->written == 4096);
    total = 4096 + drain();
    thread_terminal_copy_output(terminal);
    CHECK(reads == 6 && terminal->pending == 0 && terminal->written == 0);
    CHECK_EQUAL(total + drain(), 80000);
    CHECK_EQUAL(thread_terminal_end(terminal), 80000);
    source = 1000;
    piece = 10; /* after 16 pieces the worker looks at other events */
    reads = 0;
    thread_terminal_copy_output(terminal);
    CHECK_EQUAL(reads, 16);
    CHECK_EQUAL(drain(), 160);
    piece = 1;
    reads = 0;
    thread_terminal_copy_output(terminal);
    CHECK_EQUAL(reads, 16);
    while (write(terminal->log, "x", 1) == 1) /* the FIFO is full */
        continue;
    thread_terminal_copy_output(terminal);
    CHECK(terminal->pending == 1 && thread_terminal_poll(terminal).fd == terminal->log);
    thread_terminal_free(terminal);
}

/* Without enough descriptors there is no terminal, and nothing stays open. */
static void a_terminal_that_cannot_be_made_leaves_nothing(void)
{
    const struct pty_size   size = {.rows = 30, .columns = 90};
    struct thread_terminal *terminal = NULL;
    struct rlimit           limit;
    int                     before = test_count_open(), lowest = dup(STDERR_FILENO);

    close(lowest);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (rlim_t more = 0; more < 3; more++) {
        limit.rlim_cur = (rlim_t) lowest + more;
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQUAL(thread_terminal_new(&size, false, &terminal), -EMFILE);
        CHECK(terminal == NULL && test_count_open() == before);
    }
    limit.rlim_cur = limit.rlim_max;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    terminal = make(false);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    thread_terminal_free(terminal); /* with a log that is still open */
    CHECK_EQUAL(test_count_open(), before);
}

static void a_log_that_cannot_be_written_is_given_up(void)
{
    struct thread_terminal *terminal = make(false);

    (void) signal(SIGPIPE, SIG_IGN);
    open_fifo();
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    close(reader);
    type(terminal, "ab");
    thread_terminal_copy_output(terminal);
    CHECK_TEXT(journal, "the output of a terminal cannot be written any more: Broken pipe");
    CHECK(terminal->log == -1 && terminal->pending == 0 && thread_terminal_end(terminal) == 2);
    journal[0] = '\0';
    type(terminal, "c");
    thread_terminal_copy_output(terminal);
    CHECK(journal[0] == '\0' && thread_terminal_end(terminal) == 3);
    thread_terminal_free(terminal);
}

static void the_rest_of_a_run_is_limited(void)
{
    struct thread_terminal *terminal = make(false);

    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source_fd = terminal->master;
    source = 1000;
    piece = 10;
    thread_terminal_end_run(terminal);
    CHECK(source == 0 && terminal->log == -1);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source = SIZE_MAX; /* only a process that cannot be killed writes on */
    piece = TERMINAL_PIECE;
    reads = 0;
    thread_terminal_end_run(terminal);
    CHECK_EQUAL(reads, 64);
    CHECK_EQUAL(unlink("log"), 0);
    open_fifo();
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source = 200000;
    drains = 2;
    reads = 0;
    now = 100;
    thread_terminal_end_run(terminal); /* its reader has five seconds, and takes two thirds */
    CHECK_TEXT(waits, " 5 4 3");
    CHECK(now == 105 && terminal->log == -1 && terminal->pending == 0 && terminal->written == 0);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source = 200000;
    drains = 9;
    waits[0] = '\0';
    (void) drain();
    thread_terminal_end_run(terminal);
    CHECK_TEXT(waits, " 5 4 3");
    CHECK(source == 0);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source = 900000;
    drains = 9;
    waits[0] = '\0';
    (void) drain();
    thread_terminal_end_run(terminal); /* however fast it reads, it has five seconds */
    CHECK_TEXT(waits, " 5 4 3 2 1");
    CHECK(source > 0);
    CHECK_EQUAL(thread_terminal_begin(terminal, &job), 0);
    source = 65536 + 1; /* a single byte that the pipe does not take at once is waited for, too */
    drains = 9;
    waits[0] = '\0';
    (void) drain();
    thread_terminal_end_run(terminal);
    CHECK_TEXT(waits, " 5");
    CHECK_EQUAL(drain(), 1);
    thread_terminal_free(terminal);
}

TEST_MAIN({"size", a_terminal_has_a_size}, {"output", output_goes_to_the_log_and_the_screen},
          {"lack", a_terminal_that_cannot_be_made_leaves_nothing},
          {"slow", a_slow_log_holds_the_terminal},
          {"broken", a_log_that_cannot_be_written_is_given_up},
          {"rest", the_rest_of_a_run_is_limited})
