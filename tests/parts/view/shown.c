/*
 * Tests what the program prints for people: the words for threads and their leftovers (cli/view/thread_text.h,
 * leftover_text.h, command_text.h), messages (message.h), the line at the bottom (bottom_line.h), and the bytes that
 * are written (output.h). Tables and logs are tested by view.c.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/view/bottom_line.h"
#include "cli/view/command_text.h"
#include "cli/view/full_disk.h"
#include "cli/view/leftover_text.h"
#include "cli/view/message.h"
#include "cli/view/output.h"
#include "cli/view/progress.h"
#include "cli/view/raw_terminal.h"
#include "cli/view/table.h"
#include "cli/view/thread_text.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Returns the JSON in TEXT, which has ' in place of ". */
static json_t *parse(const char *text)
{
    char   *copy = strdup(text);
    json_t *value;

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    value = json_loads(copy, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    CHECK(value != NULL);
    free(copy);
    return value;
}

/* Checks what ADD writes for THREAD. */
static void check_words(void (*add)(struct text *text, const json_t *value), const char *thread,
                        const char *wanted)
{
    struct text text = {0};
    json_t     *value = parse(thread);

    add(&text, value);
    check_written(&text, wanted);
    json_decref(value);
}

static void the_words_for_a_thread(void)
{
    check_words(thread_add_result, "{'exit_code':3,'signal':null}", "exit 3");
    check_words(thread_add_result, "{'exit_code':0}", "exit 0");
    check_words(thread_add_result, "{'exception':'SystemExit','exit_code':null,'signal':15}",
                "SystemExit, SIGTERM");
    check_words(thread_add_result, "{'exception':'TimeoutError'}", "TimeoutError");
    check_words(thread_add_result, "{'signal':9}", "SIGKILL");
    check_words(thread_add_result, "{}", "-");
    /* A command that never ran has a reason; the message of an exception belongs to the exception. */
    check_words(thread_add_reason, "{'runs':0,'message':'no\\nway'}", "no\\nway");
    check_words(thread_add_reason, "{'message':{'base64':'/w=='}}", "\\xff");
    check_words(thread_add_reason, "{'runs':1,'message':'x'}", "");
    check_words(thread_add_reason, "{'runs':0,'message':null}", "");
    check_words(thread_add_reason, "{'runs':0}", "");
    check_words(thread_add_reason, "{'runs':0,'message':'x','exception':'SystemExit'}", "");
    check_words(thread_add_reason, "{'runs':0,'message':'x','exception':null}", "x");
    check_words(thread_add_message, "{'message':'late','exception':'SystemExit'}", ": late");
    check_words(thread_add_message, "{'message':'late','exception':null}", "");
    check_words(thread_add_message, "{'message':null,'exception':'SystemExit'}", "");
    check_words(thread_add_message, "{'exception':'SystemExit'}", "");
    check_words(thread_add_unended, "{'unended':4711}", "process 4711 could not be ended");
    check_words(thread_add_unended, "{'unended':null}", "");
    check_words(thread_add_unended, "{}", "");
    check_words(thread_add_bytes, "'a\\u0000b'", "a\\x00b");
    check_words(thread_add_bytes, "{'base64':'YQk='}", "a\\t");
    check_words(thread_add_bytes, "7", "?");
    check_words(thread_add_bytes, "{'base64':'!'}", "?");
}

static void check_status(const char *thread, int wanted)
{
    json_t *value = parse(thread);

    CHECK_EQUAL(thread_status(value), wanted);
    json_decref(value);
}

static void the_status_for_a_thread(void)
{
    json_t *thread = parse("{'id':12}"), *none = parse("{}");

    check_status("{'exit_code':3}", 3);
    check_status("{'exit_code':0,'exception':'SystemExit'}", 0);
    check_status("{'exit_code':0,'exception':'TimeoutError'}", 124);
    check_status("{'signal':9,'exception':null}", 137);
    check_status("{'signal':15,'exception':'KeyboardInterrupt'}", 143);
    check_status("{'exception':'SystemExit'}", 143);
    check_status("{'exception':'KeyboardInterrupt'}", 130);
    check_status("{'exception':'TimeoutError'}", 124);
    check_status("{'exception':'ValueError'}", 125);
    check_status("{}", 125);
    CHECK_EQUAL(thread_id(thread), 12);
    CHECK_EQUAL(thread_id(none), 0);
    json_decref(thread);
    json_decref(none);
}

/* The rows of a table in JSON are added; a part without rows has none. */
static void the_rows_of_a_table(void)
{
    static const char *const parts[] = {"{'table':'A\\tB\\n1\\t2\\n'}", "{'table':7}", "{}"};
    struct table             table = {0};
    struct text              text = {0};

    for (size_t i = 0; i < 3; i++) {
        json_t *part = parse(parts[i]);

        thread_add_rows(&table, part);
        json_decref(part);
    }
    text_add_table(&text, &table, 0);
    check_written(&text, "A  B\n1  2\n");
}

#define SLEEP(pid) "{'pid':" #pid ",'command':['sleep','1']}"

static void the_words_for_leftovers(void)
{
    static const struct {
        const char *left, *wanted;
    } table[] = {
        {"[]", ""},
        {"[" SLEEP(1) "]", "process 1 (sleep 1)"},
        {"[" SLEEP(1) "," SLEEP(2) "]", "processes 1 (sleep 1) and 2 (sleep 1)"},
        {"[" SLEEP(1) "," SLEEP(2) "," SLEEP(3) "]",
         "processes 1 (sleep 1), 2 (sleep 1) and 3 (sleep 1)"},
        {"[" SLEEP(1) "," SLEEP(2) "," SLEEP(3) "," SLEEP(4) "," SLEEP(5) "," SLEEP(6) "," SLEEP(
             7) "," SLEEP(8) "]",
         "processes 1 (sleep 1), 2 (sleep 1), 3 (sleep 1), 4 (sleep 1), 5 (sleep 1), 6 (sleep 1), "
         "7 (sleep 1) and 8 (sleep 1)"},
        {"[" SLEEP(1) "," SLEEP(2) "," SLEEP(3) "," SLEEP(4) "," SLEEP(5) "," SLEEP(6) "," SLEEP(
             7) "," SLEEP(8) "," SLEEP(9) "," SLEEP(10) "]",
         "processes 1 (sleep 1), 2 (sleep 1), 3 (sleep 1), 4 (sleep 1), 5 (sleep 1), 6 (sleep 1), "
         "7 (sleep 1), 8 (sleep 1) and 2 more"},
        {"[{'pid':7,'command':['a b'],'listens':['0.0.0.0:80','/tmp/\\u0001']}]",
         "process 7 ('a b', listening on 0.0.0.0:80 and /tmp/\\x01)"},
        {"[{'pid':7,'command':['"
         "12345678901234567890123456789012345678901234567890123456789012345678"
         "901234567890x']}]",
         "process 7 (12345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890...)"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct text text = {0};
        json_t     *thread = json_pack("{s:o}", "left", parse(table[i].left));

        CHECK_EQUAL(thread_has_leftovers(thread), table[i].wanted[0] != '\0');
        thread_add_leftovers(&text, thread);
        check_written(&text, table[i].wanted);
        json_decref(thread);
    }
    check_words(thread_add_leftovers, "{}", "");
}

static void check_command(const char *words, size_t columns, bool is_cut, const char *wanted)
{
    struct text text = {0};
    json_t     *command = parse(words);

    CHECK_EQUAL(command_text_add(&text, command, columns), is_cut);
    check_written(&text, wanted);
    json_decref(command);
}

static void the_words_of_a_command(void)
{
    check_command("['echo','a b','','$x']", 80, false, "echo 'a b' '' '$x'");
    check_command("['echo','abc']", 8, false, "echo abc");
    check_command("['echo','abc']", 7, true, "echo ab");
    check_command("['echo',7,'abc']", 80, false, "echo abc"); /* what is no word is left out */
    check_command("[]", 80, false, "");
    check_command("['日本']", 6, false, "'日本'");
    check_command("['日本']", 4, true, "'日");
    check_command("['a','b','c','d','e','f','g','h']", 2, true, "a ");
    check_command("['a']", 1, false, "a");
}

/* Output */

static int    waits;        /* for a descriptor that takes nothing */
static int    wait_error;   /* of these waits */
static int    full = -1;    /* the end of a pipe that is emptied when somebody waits */
static char   got[1 << 18]; /* the bytes of the pipe */
static size_t got_size;

static void empty_pipe(void)
{
    ssize_t n;

    while ((n = read(full, got + got_size, sizeof(got) - got_size)) > 0)
        got_size += (size_t) n;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    CHECK(count == 1 && fds->events == POLLOUT && timeout == -1);
    waits++;
    errno = wait_error;
    wait_error = wait_error == EINTR ? 0 : wait_error;
    if (errno != 0)
        return -1;
    empty_pipe();
    return 1;
}

static size_t heard; /* the bytes that the listener heard of */

static void hear(int fd, const char *data, size_t size)
{
    CHECK(fd >= 0 && data != NULL);
    heard += size;
}

/* A descriptor that does not block gets all bytes, and is waited for. */
static void output_is_written_whole(void)
{
    static char bytes[100000];
    const char *rest = bytes;
    size_t      size = sizeof(bytes);
    int         ends[2];

    CHECK_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    full = ends[0];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char) i;
    output_announce(1, "x", 1); /* nobody listens yet */
    output_set_listener(hear);
    wait_error = EINTR;
    CHECK_EQUAL(output_write(ends[1], bytes, sizeof(bytes)), 0);
    CHECK(waits >= 2 && heard == sizeof(bytes));
    empty_pipe();
    CHECK(got_size == sizeof(bytes) && memcmp(got, bytes, sizeof(bytes)) == 0);
    wait_error = EIO;
    got_size = 0;
    CHECK_EQUAL(output_write_part(ends[1], &rest, &size), -EIO);
    empty_pipe();
    CHECK(got_size > 0 && got_size == sizeof(bytes) - size && rest == bytes + got_size);
    close(ends[0]);
    (void) signal(SIGPIPE, SIG_IGN);
    CHECK_EQUAL(output_write(ends[1], "x", 1), -EPIPE);
    close(ends[1]);
}

static void add_json(struct text *text, const json_t *value)
{
    text_add_json(text, value);
}

static void json_is_indented(void)
{
    struct text text = {0};

    check_words(add_json, "{'a':[1,0.2],'time':1700000000.123456}",
                "{\n  \"a\": [\n    1,\n    0.2\n  ],\n  \"time\": 1700000000.123456\n}\n");
    text_add_json(&text, NULL);
    CHECK(text.failed);
    text_release(&text);
}

/* Standard error as a pipe, and what came out of it. */

static int error_pipe[2], saved_error;

static void begin_errors(void)
{
    CHECK_EQUAL(pipe2(error_pipe, O_CLOEXEC | O_NONBLOCK), 0);
    saved_error = dup(STDERR_FILENO);
    CHECK(dup2(error_pipe[1], STDERR_FILENO) == STDERR_FILENO);
}

/* Checks what was written to standard error since the last call. */
static void check_errors(const char *wanted)
{
    char    bytes[1024];
    ssize_t n = read(error_pipe[0], bytes, sizeof(bytes) - 1);

    bytes[n > 0 ? n : 0] = '\0';
    if (strcmp(bytes, wanted) == 0)
        return;
    CHECK(dup2(saved_error, STDERR_FILENO) == STDERR_FILENO);
    fprintf(stderr, "'%s', not '%s'\n", bytes, wanted);
    test_fail(__FILE__, __LINE__, "as it should be");
}

/* Makes standard error take nothing more. */
static void fill_errors(void)
{
    while (write(STDERR_FILENO, "x", 1) > 0)
        continue;
    CHECK_EQUAL(errno, EAGAIN);
}

static void messages_are_one_line(void)
{
    struct text why = {0};

    begin_errors();
    message_print("start", "ValueError", "no %d\n%s", 7, "\033[2J");
    check_errors("k3thread: start: ValueError: no 7\\n\\x1b[2J\n");
    message_print(NULL, NULL, "no");
    check_errors("k3thread: no\n");
    message_print("", "", "no");
    check_errors("k3thread: no\n");
    message_no_memory("run");
    check_errors("k3thread: run: MemoryError: out of memory\n");
    text_add(&why, "because");
    message_print_text("run", "OSError", &why);
    check_errors("k3thread: run: OSError: because\n");
    why.failed = true;
    message_print_text("run", "OSError", &why);
    check_errors("k3thread: run: MemoryError: out of memory\n");
    CHECK_EQUAL(message_count(), 6);
    text_release(&why);
}

/* The messages about a script begin with its file and line. */
static void messages_have_an_origin(void)
{
    struct text text = {0};

    begin_errors();
    message_add_origin(&text);
    CHECK_EQUAL(text.size, 0);
    message_set_origin("a\nb.k3", 3);
    CHECK_EQUAL(message_line(), 3);
    message_print("run", NULL, "no");
    check_errors("a\\nb.k3:3: k3thread: run: no\n");
    message_set_line(12);
    CHECK_EQUAL(message_line(), 12);
    message_add_origin(&text);
    check_written(&text, "a\\nb.k3:12: ");
    message_set_origin(NULL, 0);
    message_print("run", NULL, "no");
    check_errors("k3thread: run: no\n");
}

/* One message waits until it is printed, or dropped for a better one. */
static void a_message_may_wait(void)
{
    begin_errors();
    message_print_held();
    check_errors("");
    message_hold_next();
    message_print("run", NULL, "first");
    check_errors("");
    message_print("run", NULL, "second");
    check_errors("k3thread: run: second\n");
    CHECK_EQUAL(message_count(), 2);
    message_print_held();
    check_errors("k3thread: run: first\n");
    message_print_held();
    check_errors("");
    message_hold_next();
    message_print("run", NULL, "third");
    message_drop_held();
    message_print_held();
    check_errors("");
    CHECK_EQUAL(message_count(), 3);
}

static bool is_full;

bool __wrap_disk_is_full(const char *path);
bool __wrap_disk_is_full(const char *path)
{
    CHECK_TEXT(path, "/logs");
    return is_full;
}

static void a_full_disk_is_told(void)
{
    begin_errors();
    CHECK(!disk_warn_full("run", "/logs"));
    check_errors("");
    is_full = true;
    CHECK(disk_warn_full("run", "/logs"));
    check_errors("k3thread: run: the file system of the logs is full: /logs: output may be lost\n");
}

#define CLEAR "\r\033[K"

/* The line at the bottom makes way for each other output to its terminal. */
static void a_line_at_the_bottom_makes_way(void)
{
    begin_errors();
    bottom_line_show("", 0); /* no line is removed where none is */
    check_errors("");
    CHECK(!bottom_line_is_shown() && !bottom_line_is_parents());
    errno = EINTR; /* of a call before, which means nothing */
    bottom_line_show("50%, or more", 3);
    check_errors(CLEAR "50%");
    CHECK(bottom_line_is_shown());
    bottom_line_show("60%", 3);
    check_errors(CLEAR "60%");
    output_announce(STDERR_FILENO, "", 0); /* nothing is written */
    output_announce(7, "x", 1);            /* or not to the terminal */
    check_errors("");
    output_announce(STDOUT_FILENO, "x", 1);
    check_errors(CLEAR);
    CHECK(!bottom_line_is_shown());
    output_announce(STDERR_FILENO, "x", 1);
    check_errors("");
    bottom_line_show("70%", 3);
    message_print("run", NULL, "no");
    check_errors(CLEAR "70%" CLEAR "k3thread: run: no\n");
    bottom_line_show("8", 1);
    check_errors(CLEAR "8");
    bottom_line_show("", 0);
    check_errors(CLEAR);
    CHECK(!bottom_line_is_shown());
    fill_errors();
    bottom_line_show("9", 1); /* is lost */
}

/* A child removes its parent's line at the beginning of each line of its own, and shows none. */
static void a_child_removes_its_parents_line(void)
{
    begin_errors();
    bottom_line_show("50%", 3);
    check_errors(CLEAR "50%");
    bottom_line_leave_to_parent();
    CHECK(bottom_line_is_parents() && !bottom_line_is_shown());
    bottom_line_show("60%", 3);
    bottom_line_show("", 0);
    check_errors("");
    CHECK(!progress_is_seen());
    output_announce(STDOUT_FILENO, "half", 4);
    check_errors(CLEAR);
    output_announce(STDOUT_FILENO, " a line", 7);
    output_announce(7, "\n", 1);
    output_announce(STDERR_FILENO, "its end\n", 8);
    check_errors("");
    errno = EINTR;
    output_announce(STDERR_FILENO, "x", 1);
    check_errors(CLEAR);
    output_announce(STDERR_FILENO, "\n", 1);
    fill_errors();
    output_announce(STDERR_FILENO, "x", 1);
}

static void a_child_without_a_line_removes_its_parents_too(void)
{
    begin_errors();
    bottom_line_leave_to_parent();
    output_announce(STDERR_FILENO, "x", 1);
    check_errors(CLEAR);
}

/* Terminals */

/* Makes a terminal of COLUMNS columns of the standard descriptors FIRST to LAST. Returns the other end. */
static int open_terminal(int columns, int first, int last)
{
    struct winsize window = {.ws_row = 24, .ws_col = (unsigned short) columns};
    int            master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), fd;

    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0 && ioctl(fd, TIOCSWINSZ, &window) == 0);
    for (int number = first; number <= last; number++)
        CHECK(dup2(fd, number) == number);
    close(fd);
    return master;
}

/* Checks how much of a line of 200 bytes is shown at a terminal of COLUMNS. */
static void check_fitting(int columns, size_t wanted)
{
    struct text text = {0};
    char        bytes[1024];
    size_t      size = 0;
    int         saved = dup(STDERR_FILENO);
    int         master = open_terminal(columns, STDERR_FILENO, STDERR_FILENO);
    bool        seen = progress_is_seen();

    text_byte(&text, 'x', 200);
    progress_show(&text);
    CHECK_EQUAL(write(STDERR_FILENO, "$", 1), 1);
    CHECK(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
    close(saved);
    CHECK(seen);
    while (size == 0 || bytes[size - 1] != '$') {
        ssize_t n = read(master, bytes + size, sizeof(bytes) - size);

        CHECK(n > 0 || errno == EAGAIN);
        size += n > 0 ? (size_t) n : 0;
    }
    CHECK_EQUAL(size - 1, strlen(CLEAR) + wanted);
    text_release(&text);
    close(master);
}

/* A line at the bottom leaves the last column free. Where the width is not known, it takes that of 80 columns. */
static void a_line_at_the_bottom_fits(void)
{
    CHECK(setenv("TERM", "xterm", 1) == 0);
    CHECK(progress_can_replace());
    check_fitting(120, 119);
    check_fitting(2, 1);
    check_fitting(1, 79);
    check_fitting(0, 79);
    CHECK(unsetenv("TERM") == 0);
    CHECK(progress_can_replace());
    begin_errors(); /* which is no terminal */
    CHECK(!progress_is_seen());
    progress_show(&(struct text){.data = (char *) "x", .size = 1});
    check_errors("");
    CHECK(setenv("TERM", "dumb", 1) == 0);
    CHECK(!progress_can_replace());
    progress_show(&(struct text){.data = (char *) "x", .size = 1});
    check_errors("");
}

static void the_width_is_that_of_the_terminal(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), master;

    CHECK(dup2(null, STDOUT_FILENO) == STDOUT_FILENO);
    CHECK_EQUAL(output_width(), 0);
    master = open_terminal(77, STDOUT_FILENO, STDOUT_FILENO);
    CHECK_EQUAL(output_width(), 77);
    close(master);
}

/* Returns the flags of the terminal's settings that decide on its keys. */
static tcflag_t key_flags(void)
{
    struct termios settings;

    CHECK(tcgetattr(STDIN_FILENO, &settings) == 0);
    return settings.c_lflag & (ISIG | ECHO | ICANON | IEXTEN);
}

/* A raw terminal passes each key; afterwards it is as before, without the keys that nobody has read. */
static void a_terminal_is_made_raw(void)
{
    struct raw_terminal terminal = {0};
    struct termios      before, raw;
    int                 null = open("/dev/null", O_RDWR | O_CLOEXEC), master, count = -1;

    CHECK(dup2(null, STDIN_FILENO) == STDIN_FILENO);
    CHECK_EQUAL(raw_terminal_enter(&terminal), -ENOTTY);
    CHECK(!terminal.is_raw);
    raw_terminal_leave(&terminal);
    master = open_terminal(80, STDIN_FILENO, STDIN_FILENO);
    CHECK_EQUAL(key_flags(), ISIG | ECHO | ICANON | IEXTEN);
    CHECK(tcgetattr(STDIN_FILENO, &before) == 0);
    CHECK_EQUAL(raw_terminal_enter(&terminal), 0);
    CHECK(terminal.is_raw && key_flags() == 0);
    CHECK(tcgetattr(STDIN_FILENO, &raw) == 0);
    CHECK(raw.c_cflag == before.c_cflag && raw.c_cc[VINTR] == before.c_cc[VINTR]);
    CHECK_EQUAL(raw_terminal_enter_signals(&terminal), 0); /* keeps the first settings */
    CHECK_EQUAL(key_flags(), ISIG);
    CHECK_EQUAL(write(master, "key", 3), 3);
    WAIT_FOR(ioctl(STDIN_FILENO, FIONREAD, &count) == 0 && count == 3);
    raw_terminal_leave(&terminal);
    CHECK(!terminal.is_raw);
    CHECK_EQUAL(key_flags(), ISIG | ECHO | ICANON | IEXTEN);
    CHECK(ioctl(STDIN_FILENO, FIONREAD, &count) == 0 && count == 0);
    CHECK_EQUAL(raw_terminal_enter(&terminal), 0);
    raw_terminal_leave(&terminal);
    raw_terminal_leave(&terminal); /* does nothing */
    CHECK_EQUAL(key_flags(), ISIG | ECHO | ICANON | IEXTEN);
    CHECK_EQUAL(raw_terminal_enter(&terminal), 0);
    CHECK(dup2(null, STDIN_FILENO) == STDIN_FILENO);
    CHECK_EQUAL(raw_terminal_enter(&terminal), -ENOTTY); /* it has gone meanwhile */
}

TEST_MAIN({"threads", the_words_for_a_thread}, {"statuses", the_status_for_a_thread},
          {"rows", the_rows_of_a_table}, {"leftovers", the_words_for_leftovers},
          {"commands", the_words_of_a_command}, {"output", output_is_written_whole},
          {"json", json_is_indented}, {"messages", messages_are_one_line},
          {"origins", messages_have_an_origin}, {"held", a_message_may_wait},
          {"bottom", a_line_at_the_bottom_makes_way}, {"parent", a_child_removes_its_parents_line},
          {"no-line", a_child_without_a_line_removes_its_parents_too},
          {"fitting", a_line_at_the_bottom_fits}, {"width", the_width_is_that_of_the_terminal},
          {"raw", a_terminal_is_made_raw}, {"disk", a_full_disk_is_told})
