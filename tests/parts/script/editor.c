/* Tests the prompt of the shell (cli/script/line_editor.h) at a terminal whose user is the test, and its history. */
#include "tests/parts/written.h"

#include "cli/base/directory.h"
#include "cli/script/line_editor.h"
#include "cli/script/line_history.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* A user: a terminal, and what the process at it reports. */
struct user {
    int         master, reports;
    pid_t       pid;
    struct text seen; /* what the terminal has shown since the last check */
    char        home[64];
};

static struct user user;

/*
 * In a process whose reads are odd, each second read of a key is interrupted, and a key of this kind is the end of the
 * terminal. No read forgets the error of the last one.
 */
#define HANG_UP '\x1c'

static bool has_odd_reads;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int     __real_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int     __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before);

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    static bool was_interrupted;
    ssize_t     got;

    if (!has_odd_reads || fd != STDIN_FILENO)
        return __real_read(fd, bytes, size);
    was_interrupted = !was_interrupted;
    got = was_interrupted ? -1 : __real_read(fd, bytes, size);
    errno = EINTR;
    return got == 1 && *(char *) bytes == HANG_UP ? 0 : got;
}

/* A signal that comes between a look at the width and the wait for a key is not missed. */
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *before)
{
    CHECK(how != SIG_BLOCK || (sigismember(set, SIGWINCH) && !sigismember(set, SIGTERM)));
    return __real_sigprocmask(how, set, before);
}

/* Words to complete, each with a NUL behind it. */
static const char words[] =
    "apple\0apricot\0banana split\0b\xc3\xa9ta\0b\xc3\xa9tb\0dog\0dig\0dot\0";

/* Completes, and reports what it was asked. */
static void complete(void *context, const struct text *before, const char *current,
                     struct text *candidates)
{
    (void) dprintf(*(int *) context, "<%.*s|%s>", (int) before->size,
                   before->size > 0 ? before->data : "", current);
    text_append(candidates, words, sizeof(words) - 1);
}

static int reported; /* to whom the process at the terminal reports */

int __real_kill(pid_t pid, int signal);
int __wrap_kill(pid_t pid, int signal);

/* Reports that the process, and all at its terminal with it, would stop here, after the editor has left the terminal. */
int __wrap_kill(pid_t pid, int signal)
{
    struct sigaction action;

    if (signal != SIGTSTP)
        return __real_kill(pid, signal);
    CHECK(pid == 0 && sigaction(SIGTSTP, NULL, &action) == 0);
    (void) dprintf(reported, "%s;", action.sa_handler == SIG_DFL ? "left" : "stopped");
    return 0;
}

/* The process at the terminal: edits lines, and reports them; a line that ends with "," is continued. */
static void edit(int reports)
{
    struct line_editor_options options = {
        .prompt = "one> ", .continuation = "more> ", .complete = complete, .context = &reports};
    struct line_editor *editor = line_editor_open(&options);
    struct text         line = {0};
    bool                continued = false;
    int                 found = 1;

    CHECK(editor != NULL);
    reported = reports;
    while (found != 0) {
        found = line_editor_next(editor, continued, &line);
        continued = found > 0 && line.size > 1 && line.data[line.size - 2] == ',';
        if (continued)
            continue;
        (void) dprintf(reports, "%s%.*s;",
                       found > 0    ? ""
                       : found == 0 ? "end"
                                    : strerror(-found),
                       (int) line.size, line.size > 0 ? line.data : "");
        text_release(&line);
    }
    line_editor_close(editor);
    _exit(0);
}

/* Reads what the terminal shows, until it ends with TEXT. */
static void see(const char *text)
{
    char    bytes[4096];
    ssize_t size;

    while (user.seen.size < strlen(text) ||
           memcmp(user.seen.data + user.seen.size - strlen(text), text, strlen(text)) != 0) {
        size = read(user.master, bytes, sizeof(bytes));
        CHECK(size > 0);
        text_append(&user.seen, bytes, (size_t) size);
    }
}

static void set_width(unsigned short columns)
{
    struct winsize window = {.ws_row = 24, .ws_col = columns};

    CHECK(ioctl(user.master, TIOCSWINSZ, &window) == 0);
}

/* A user sits down at a terminal with COLUMNS columns, at which lines are edited. */
static void sit(unsigned short columns)
{
    int ends[2], terminal;

    user.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(user.master >= 0 && grantpt(user.master) == 0 && unlockpt(user.master) == 0);
    terminal = open(ptsname(user.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(terminal >= 0 && pipe2(ends, O_CLOEXEC) == 0);
    set_width(columns);
    user.pid = fork();
    CHECK(user.pid >= 0);
    if (user.pid == 0) {
        CHECK(setsid() > 0 && ioctl(terminal, TIOCSCTTY, 0) == 0);
        for (int fd = 0; fd < 2; fd++)
            CHECK(dup2(terminal, fd) == fd);
        close(user.master);
        test_alarm();
        edit(ends[1]);
    }
    close(ends[1]);
    close(terminal);
    user.reports = ends[0];
    see("one> ");
}

/* Begins with a home of the test's. */
static void begin(unsigned short columns)
{
    strcpy(user.home, "/tmp/editor.XXXXXX");
    CHECK(mkdtemp(user.home) != NULL);
    CHECK(setenv("HOME", user.home, 1) == 0 && unsetenv("XDG_STATE_HOME") == 0);
    CHECK(setenv("TERM", "xterm", 1) == 0);
    sit(columns);
}

/* The user presses KEYS. */
static void type(const char *keys)
{
    user.seen.size = 0;
    CHECK_EQUAL(write(user.master, keys, strlen(keys)), strlen(keys));
}

/* Checks what the process reports, up to a ";". */
static void check_report(const char *wanted)
{
    struct text text = {0};
    char        byte = 0;

    while (byte != ';' && read(user.reports, &byte, 1) == 1)
        text_byte(&text, byte, 1);
    check_written(&text, wanted);
}

/* Checks that the terminal has shown TEXT since the last keys. */
static void check_shown(const char *text)
{
    text_byte(&user.seen, '\0', 1);
    if (strstr(user.seen.data, text) == NULL) {
        fprintf(stderr, "'%s' without '%s'\n", user.seen.data, text);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
    user.seen.size--;
}

/* The user presses KEYS and Enter. Checks the report. */
static void enter(const char *keys, const char *wanted)
{
    type(keys);
    CHECK_EQUAL(write(user.master, "\r", 1), 1);
    check_report(wanted);
    see("one> ");
}

/* The user leaves by Ctrl-D. */
static void leave(void)
{
    int status;

    type("\x04");
    check_report("end;");
    see("\r\n");
    CHECK(waitpid(user.pid, &status, 0) == user.pid && status == 0);
    close(user.master);
    close(user.reports);
    user.seen.size = 0;
}

static void end(void)
{
    leave();
    directory_remove(user.home);
    text_release(&user.seen);
}

static void lines_are_edited(void)
{
    begin(80);
    enter("list", "list\n;");
    enter("ab\x02x", "axb\n;");                     /* Ctrl-B moves back */
    enter("\xc3\xa9\xe2\x82\xac\x7f\x7fz", "z\n;"); /* a character of several bytes is one */
    enter("\xc3\xa9\x02y", "y\xc3\xa9\n;");
    enter("a\xff\xc3(b", "ab\n;"); /* bytes that are no character are dropped */
    enter("", "\n;");
    type("one,\r");
    see("more> ");
    type("two,\r");
    see("more> ");
    enter("three", "one,\ntwo,\nthree\n;");
    type("gone\x03");
    check_report("Operation canceled;");
    see("one> ");
    check_shown("gone^C\r\n");
    type("one,\r");
    see("more> ");
    type("\x03");
    check_report("Operation canceledone,\n;");
    see("one> ");
    enter("next", "next\n;");
    end();
}

static void words_are_completed(void)
{
    begin(80);
    enter("app\t", "<|app>apple \n;");
    enter("x ban\tb", "<x |ban>x 'banana split' b\n;");
    enter("x\tap\t\tp\tq", "<|x><|xap><|xap><|xapp>xappq\n;"); /* no word begins so */
    enter("y a\tr\t", "<y |a><y |apr>y apricot \n;");          /* as far as all candidates agree */
    enter("y\tap\\\t", "<|y><|yap\\>yap\\\n;");
    enter("d\to\t", "<|d><|do>do\n;"); /* "dot" agrees with "dog" alone */
    enter("b\tb\t", "<|b><|bb>bb\n;"); /* candidates that agree no further are shown */
    enter("b\xc3\xa9\t", "<|b\xc3\xa9>'b\xc3\xa9t'\n;");
    enter("x b\xc3\xa9\t", "<x |b\xc3\xa9>x 'b\xc3\xa9t'\n;");
    enter("'ban\t", "'ban\n;"); /* a quote is open */
    enter("'app'\t", "<|app>apple \n;");
    enter("banana\\ s\t", "<|banana s>'banana split' \n;");
    enter("\ta\\ \t", "<|><|a >a\\ \n;");
    enter("x\tapp\x02\x02\x02\x02", "<|x>xapp\n;");
    enter("'' ap\t", "<'' |ap>'' ap\n;");
    enter("\\ ap\t", "<| ap>\\ ap\n;");
    type("one,\r");
    see("more> ");
    enter("two app\t", "<one,\ntwo |app>one,\ntwo apple \n;");
    end();
}

#define BETA "b\xc3\xa9ta  "
#define BETB "b\xc3\xa9tb  "

static void candidates_are_shown(void)
{
    static const struct {
        unsigned short columns;
        const char    *shown;
    } widths[] = {
        {24, "\r\napple  apricot  \r\nbanana split  " BETA "\r\n" BETB "dog  dig  dot  \r\n"},
        {20, "\r\napple  apricot  \r\nbanana split  " BETA "\r\n" BETB "dog  dig  \r\ndot  \r\n"},
        {16, "\r\napple  apricot  \r\nbanana split  \r\n" BETA BETB "\r\ndog  dig  dot  \r\n"},
    };

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        begin(widths[i].columns);
        type("\t");
        see("one> ");
        check_shown(widths[i].shown);
        type("ap\t");
        see("one> ap");
        check_shown("\r\napple  apricot  \r\n");
        enter("r\t", "<|><|ap><|apr>apricot \n;");
        end();
    }
}

static void a_candidate_wider_than_the_terminal_has_a_line(void)
{
    begin(6);
    type("\t");
    see("one> ");
    check_shown("\r\napple  \r\napricot  \r\nbanana split  \r\n");
    CHECK(strstr(user.seen.data, "\n\r\n") == NULL);
    enter("", "<|>\n;");
    end();
}

static void a_user_stops_the_shell(void)
{
    begin(40);
    type("ab\x1a");
    check_report("stopped;");
    enter("c", "abc\n;"); /* the line is still there */
    end();
}

static void an_interrupted_read_is_repeated(void)
{
    int status;

    has_odd_reads = true;
    begin(40);
    enter("ab", "ab\n;");
    type((const char[]){HANG_UP, '\0'});
    check_report("end;");
    CHECK(waitpid(user.pid, &status, 0) == user.pid && status == 0);
    close(user.master);
    close(user.reports);
    has_odd_reads = false;
    directory_remove(user.home);
    text_release(&user.seen);
}

/* The sequence that clears the screen behind the cursor, before a line is drawn again. */
#define CLEAR "\033[J"

static void a_line_is_drawn_again_in_a_new_width(void)
{
    begin(40);
    type("abcdefghijklmnopqrstuvwxyz1234");
    see("yz1234");
    CHECK(memmem(user.seen.data, user.seen.size, CLEAR, strlen(CLEAR)) == NULL);
    user.seen.size = 0;
    set_width(12); /* the prompt and the line have 35 columns, so the cursor is in the third row */
    see("yz1234");
    check_shown("\r\033[A\033[A\033[J");
    CHECK(strstr(user.seen.data, "\033[A\033[A\033[A") == NULL);
    user.seen.size = 0;
    set_width(35); /* the line fills its row, so the cursor is in the next one */
    see("yz1234 \r");
    check_shown("\r\033[A\033[J");
    CHECK(strstr(user.seen.data, "\033[A\033[A") == NULL);
    user.seen.size = 0;
    set_width(80);
    see("yz1234");
    check_shown("\r\033[J");
    type("x"); /* the width is the same */
    see("x");
    CHECK(memmem(user.seen.data, user.seen.size, CLEAR, strlen(CLEAR)) == NULL);
    set_width(0); /* a width that is not known changes nothing */
    enter("y", "abcdefghijklmnopqrstuvwxyz1234xy\n;");
    CHECK(memmem(user.seen.data, user.seen.size, CLEAR, strlen(CLEAR)) == NULL);
    end();
}

/* The history */

/* Returns the path of the history's file. */
static const char *history_path(void)
{
    static char path[160];

    (void) snprintf(path, sizeof(path), "%s/.local/state/k3thread/history", user.home);
    return path;
}

/* Checks the lines of the history's file, without its head. */
static void check_history(const char *wanted)
{
    int         fd = open(history_path(), O_RDONLY | O_CLOEXEC);
    struct stat info;
    struct text text = {0};
    char        bytes[4096];
    ssize_t     size = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
    char       *head = size > 0 ? memchr(bytes, '\n', (size_t) size) : NULL;

    CHECK(head != NULL);
    text_append(&text, head + 1, (size_t) (bytes + size - head - 1));
    check_written(&text, wanted);
    CHECK(fstat(fd, &info) == 0);
    CHECK_EQUAL(info.st_mode & 07777, 0600);
    close(fd);
}

static void the_history_is_kept(void)
{
    begin(80);
    enter("one", "one\n;");
    enter("  ", "  \n;"); /* is not kept */
    enter("two", "two\n;");
    enter("\020\020", "one\n;");   /* Ctrl-P goes back */
    enter("\022tw\033", "two\n;"); /* Ctrl-R searches */
    leave();
    sit(80); /* the next shell has the lines, too */
    enter("\020", "two\n;");
    end();
}

/* A line that another shell writes while this one waits for its turn; or NULL. */
static const char *written_meanwhile;
static bool        has_no_lock, has_no_status;

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_fstat(int fd, struct stat *ret);
int __wrap_fstat(int fd, struct stat *ret);

int __wrap_flock(int fd, int operation)
{
    int other;

    CHECK_EQUAL(operation, LOCK_EX);
    if (has_no_lock)
        return -1;
    if (written_meanwhile != NULL) {
        other = open(history_path(), O_WRONLY | O_APPEND | O_CLOEXEC);
        CHECK(other >= 0 && dprintf(other, "%s", written_meanwhile) > 0);
        close(other);
        written_meanwhile = NULL;
    }
    return __real_flock(fd, operation);
}

int __wrap_fstat(int fd, struct stat *ret)
{
    return has_no_status ? -1 : __real_fstat(fd, ret);
}

static void the_file_of_the_history_is_locked_while_it_is_changed(void)
{
    struct line_history lines;
    int                 open;

    strcpy(user.home, "/tmp/editor.XXXXXX");
    CHECK(mkdtemp(user.home) != NULL);
    CHECK(setenv("HOME", user.home, 1) == 0 && unsetenv("XDG_STATE_HOME") == 0);
    open = test_count_open();
    CHECK(line_history_open(&lines));
    line_history_add(&lines, "a\n");
    written_meanwhile = "other\\012\n";
    line_history_add(&lines, "b\n");
    check_history("a\\012\nother\\012\nb\\012\n");

    /* A file that cannot be locked, or read, is left as it is. */
    has_no_lock = true;
    line_history_add(&lines, "c\n");
    has_no_lock = false;
    has_no_status = true;
    line_history_add(&lines, "d\n");
    has_no_status = false;
    check_history("a\\012\nother\\012\nb\\012\n");
    CHECK_EQUAL(test_count_open(), open);
    line_history_close(&lines);
    directory_remove(user.home);
}

static void histories_are_shared(void)
{
    struct line_history one, other;
    HistEvent           event;
    int                 open;

    strcpy(user.home, "/tmp/editor.XXXXXX");
    CHECK(mkdtemp(user.home) != NULL);
    CHECK(setenv("HOME", user.home, 1) == 0 && unsetenv("XDG_STATE_HOME") == 0);
    (void) umask(0);
    open = test_count_open();
    CHECK(line_history_open(&one) && line_history_open(&other));
    line_history_add(&one, "a\n");
    line_history_add(&one, " \t\n"); /* a blank line is not kept */
    line_history_add(&one, "a\n");   /* nor the same line again */
    check_history("a\\012\n");
    line_history_add(&other, "b\n");
    line_history_add(&one, "c\n");
    check_history("a\\012\nb\\012\nc\\012\n");
    CHECK(history(one.list, &event, H_FIRST) >= 0);
    CHECK_TEXT(event.str, "c\n");
    CHECK(history(one.list, &event, H_NEXT) >= 0);
    CHECK_TEXT(event.str, "b\n"); /* of the other shell */
    CHECK_EQUAL(test_count_open(), open);
    line_history_close(&other);
    CHECK(line_history_open(&other)); /* a later shell */
    CHECK(history(other.list, &event, H_FIRST) >= 0);
    CHECK_TEXT(event.str, "c\n");
    line_history_close(&other);
    line_history_close(&one);

    /* A history that cannot be kept in its file works. */
    CHECK(line_history_open(&one));
    CHECK(unlink(history_path()) == 0 && mkdir(history_path(), 0700) == 0);
    line_history_add(&one, "d\n");
    CHECK(history(one.list, &event, H_FIRST) >= 0);
    CHECK_TEXT(event.str, "d\n");
    CHECK(history(one.list, &event, H_NEXT) >= 0); /* nothing was lost */
    CHECK_TEXT(event.str, "c\n");
    line_history_close(&one);
    CHECK_EQUAL(test_count_open(), open);
    CHECK(rmdir(history_path()) == 0);

    CHECK(unsetenv("HOME") == 0); /* nor does it need a home */
    CHECK(line_history_open(&one) && one.path == NULL);
    line_history_add(&one, "e\n");
    CHECK(history(one.list, &event, H_FIRST) >= 0);
    CHECK_TEXT(event.str, "e\n");
    line_history_close(&one);
    CHECK_EQUAL(test_count_open(), open);
    CHECK(access(history_path(), F_OK) < 0);
    directory_remove(user.home);
}

static void a_history_has_2000_lines(void)
{
    struct line_history lines;
    HistEvent           event;
    char                line[16];
    int                 count = 0;

    CHECK(unsetenv("HOME") == 0 && unsetenv("XDG_STATE_HOME") == 0);
    CHECK(line_history_open(&lines));
    for (int i = 0; i < 2010; i++) {
        (void) snprintf(line, sizeof(line), "%d\n", i);
        line_history_add(&lines, line);
    }
    for (int found = history(lines.list, &event, H_FIRST); found >= 0;
         found = history(lines.list, &event, H_NEXT))
        count++;
    CHECK_EQUAL(count, 2000);
    line_history_close(&lines);
}

TEST_MAIN({"lines", lines_are_edited}, {"words", words_are_completed},
          {"candidates", candidates_are_shown}, {"width", a_line_is_drawn_again_in_a_new_width},
          {"recalled", the_history_is_kept}, {"shared", histories_are_shared},
          {"locked", the_file_of_the_history_is_locked_while_it_is_changed},
          {"wide", a_candidate_wider_than_the_terminal_has_a_line},
          {"interrupted", an_interrupted_read_is_repeated}, {"stopped", a_user_stops_the_shell},
          {"2000", a_history_has_2000_lines})
