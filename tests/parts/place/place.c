/*
 * Tests files of a supervisor's place alone: the lock (cli/place/lock.h), the journal and the reason that is found in
 * it (journal.h, reason.h), and the marks of runs (run_marks.h). Each case makes its files in the current directory.
 */
#include "tests/lib/test.h"

#include "cli/base/process_state.h"
#include "cli/place/journal.h"
#include "cli/place/lock.h"
#include "cli/place/reason.h"
#include "cli/place/run_marks.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define MARKS_MAX 262144  /* the file of marks is halved above this size */
#define LINES_MAX 1048576 /* the next supervisor empties a journal above this size */

static int  truncate_error; /* of ftruncate() */
static bool is_memory_full; /* no array grows, and no path is made */

void *__wrap_array_room(void *list, size_t count, size_t size);
void *__real_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size)
{
    return is_memory_full ? NULL : __real_array_room(list, count, size);
}

int __wrap_ftruncate(int fd, off_t size);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size)
{
    errno = truncate_error != 0 ? truncate_error : EIO; /* of another call */
    return truncate_error != 0 ? -1 : __real_ftruncate(fd, size);
}

int __wrap_vasprintf(char **ret, const char *format, va_list arguments);
int __real_vasprintf(char **ret, const char *format, va_list arguments);
int __wrap_vasprintf(char **ret, const char *format, va_list arguments)
{
    return is_memory_full ? -1 : __real_vasprintf(ret, format, arguments);
}

int __wrap_asprintf(char **ret, const char *format, ...);
int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list arguments;
    int     size;

    va_start(arguments, format);
    size = __wrap_vasprintf(ret, format, arguments);
    va_end(arguments);
    return size;
}

/* The same with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
    va_list arguments;
    int     size;

    (void) flag;
    va_start(arguments, format);
    size = __wrap_vasprintf(ret, format, arguments);
    va_end(arguments);
    return size;
}

/* Puts SIZE bytes of TEXT into the file at PATH. */
static void put_bytes(const char *path, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, size), size);
    close(fd);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

static off_t size_of(const char *path)
{
    struct stat info;

    CHECK(stat(path, &info) == 0);
    return info.st_size;
}

/* Reads the file at PATH as a string, which lives until the next call. */
static const char *get(const char *path)
{
    static char text[2 * MARKS_MAX];
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t     n = read(fd, text, sizeof(text) - 1);

    CHECK(n >= 0);
    close(fd);
    text[n] = '\0';
    return text;
}

/* Marks */

/* Checks that the next mark from FROM to END is of RUN, at OFFSET, after HOW; RUN 0: there is none. */
static const struct run_mark *check_mark(struct run_marks *marks, off_t from, off_t end,
                                         unsigned run, off_t offset, const char *how)
{
    const struct run_mark *mark = run_marks_find(marks, from, end);

    CHECK((mark != NULL) == (run > 0));
    if (mark == NULL)
        return NULL;
    CHECK_EQUAL(mark->run, run);
    CHECK_EQUAL(mark->offset, offset);
    CHECK_TEXT(mark->how, how);
    return mark;
}

static void marks_are_found_in_order(void)
{
    struct run_marks *marks = run_marks_open("marks");
    struct run_mark   mark = {.offset = 10, .run = 2, .time = 1234567890123456789, .how = "exit 1"};

    CHECK(marks != NULL);
    check_mark(marks, 0, 100, 0, 0, NULL);
    CHECK_EQUAL(run_marks_add("marks", &mark, false), 0);
    mark = (struct run_mark){.offset = 10, .run = 3, .how = "SIGTERM"};
    CHECK_EQUAL(run_marks_add("marks", &mark, false), strlen("10 2 1234567890123456789 exit 1\n"));
    check_mark(marks, 0, 9, 0, 0, NULL); /* both ends count */
    check_mark(marks, 11, 20, 0, 0, NULL);
    CHECK_EQUAL(check_mark(marks, 10, 10, 2, 10, "exit 1")->time, 1234567890123456789);
    run_marks_take(marks, check_mark(marks, 0, 10, 2, 10, "exit 1"));
    run_marks_take(marks, check_mark(marks, 10, 20, 3, 10, "SIGTERM"));
    check_mark(marks, 0, 100, 0, 0, NULL);
    for (unsigned run = 4; run < 8; run++) {
        mark = (struct run_mark){.offset = 10 * run, .run = run, .how = "exit 0"};
        CHECK(run_marks_add("marks", &mark, false) > 0);
    }
    run_marks_skip(marks, 50);
    check_mark(marks, 0, 100, 6, 60, "exit 0");
    run_marks_close(marks);
    put("marks", "0 2 3 exit 1\n1 3 3 exit 2\n"); /* the run before printed nothing */
    marks = run_marks_open("marks");
    run_marks_skip(marks, 0);
    check_mark(marks, 0, 100, 3, 1, "exit 2");
    run_marks_close(marks);
}

static void marks_in_memory_need_memory(void)
{
    struct run_marks *marks = run_marks_open(NULL);

    CHECK(marks != NULL);
    CHECK(run_marks_append(marks, &(struct run_mark){.run = 2, .how = "exit 1"}));
    is_memory_full = true;
    CHECK(!run_marks_append(marks, &(struct run_mark){.run = 3}));
    is_memory_full = false;
    run_marks_take(marks, check_mark(marks, 0, 9, 2, 0, "exit 1"));
    check_mark(marks, 0, 9, 0, 0, NULL);
    run_marks_close(marks);
}

/* Puts TEXT into the file of marks, with the time of its last change. */
static void put_marks(const char *text, time_t seconds, long nanoseconds)
{
    const struct timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};

    put("marks", text);
    CHECK(utimensat(AT_FDCWD, "marks", times, 0) == 0);
}

static void changed_marks_are_read_anew(void)
{
    struct run_marks *marks = run_marks_open("marks");

    CHECK(marks != NULL);
    put_marks("1 1 3 old\n", 1000, 4);
    check_mark(marks, 0, 9, 1, 1, "old");
    put_marks("1 2 3 a\n", 1000, 5);
    run_marks_take(marks, check_mark(marks, 0, 9, 2, 1, "a"));
    put_marks("1 3 3 b\n", 1000, 6);
    run_marks_take(marks, check_mark(marks, 0, 9, 3, 1, "b"));
    put_marks("1 4 3 c\n", 1001, 6);
    run_marks_take(marks, check_mark(marks, 0, 9, 4, 1, "c"));
    put_marks("1 5 3 d\n1 6", 1001, 6); /* the last line is not whole yet */
    run_marks_take(marks, check_mark(marks, 0, 9, 5, 1, "d"));
    check_mark(marks, 0, 9, 0, 0, NULL);
    put_marks("1 5 3 d\n1 6 3 e\n", 1001, 6);
    run_marks_take(marks, check_mark(marks, 0, 9, 6, 1, "e"));
    CHECK(rename("marks", "old") == 0);
    put_marks("1 7 3 f\n1 8 3 g\n", 1001, 6);
    run_marks_take(marks, check_mark(marks, 0, 9, 7, 1, "f"));
    put_marks("1 7 3 f\n1 9 3 h\n", 1001, 6); /* nothing shows a change: it is not read again */
    check_mark(marks, 0, 9, 8, 1, "g");
    CHECK(unlink("marks") == 0);
    check_mark(marks, 0, 9, 8, 1, "g"); /* what was read stays known */
    run_marks_close(marks);
}

static void damaged_marks_are_left_out(void)
{
    struct run_marks *marks = run_marks_open("marks");
    int               before = test_count_open();
    char              line[128], how[RUN_MARK_HOW_SIZE];

    CHECK(marks != NULL);
    put("marks", "-1 2 3 x\n1 -2 3 x\n1 4294967296 3 x\n1 2\n\nx\n0 4294967295 3 \n");
    check_mark(marks, 0, 9, 4294967295U, 0, "");
    put("marks", "0 1 3 \n-1 2 3 x\n1 -2 3 x\n1 4294967296 3 x\n1 2\n\nx\n");
    check_mark(marks, 0, 9, 1, 0, "");
    CHECK_EQUAL(marks->count, 1);
    memset(how, 'w', sizeof(how));
    how[sizeof(how) - 1] = '\0';
    (void) snprintf(line, sizeof(line), "0 2 3 %sx\n", how);
    put("marks", line);
    check_mark(marks, 0, 9, 2, 0, how); /* long words are cut */
    CHECK(unlink("marks") == 0 && symlink("old", "marks") == 0);
    put("old", "0 9 3 link\n");
    check_mark(marks, 0, 9, 2, 0, how);
    CHECK_EQUAL(run_marks_add("marks", &(struct run_mark){.run = 1}, false), -ELOOP);
    CHECK(unlink("marks") == 0 && mkfifo("marks", 0600) == 0);
    check_mark(marks, 0, 9, 0, 0, NULL); /* and it does not wait for a writer */
    CHECK_EQUAL(test_count_open(), before);
    run_marks_close(marks);
}

static void marks_are_taken_back(void)
{
    const struct run_mark mark = {.offset = 5, .run = 2, .time = 3, .how = "how"};

    CHECK_EQUAL(run_marks_add("marks", &mark, false), 0);
    CHECK_EQUAL(run_marks_add("marks", &mark, false), 10);
    run_marks_cut("marks", 10);
    CHECK_TEXT(get("marks"), "5 2 3 how\n");
    run_marks_cut("marks", 20); /* it is shorter already, and gets no zeros */
    CHECK_EQUAL(size_of("marks"), 10);
    CHECK_EQUAL(run_marks_add("marks", &mark, true), 0); /* the log was emptied */
    CHECK_TEXT(get("marks"), "5 2 3 how\n");
}

static void old_marks_are_dropped(void)
{
    const struct run_mark mark = {.offset = 5, .run = 2, .time = 3, .how = "a new mark"};
    static char           lines[MARKS_MAX + 2];
    struct stat           info;
    int                   before = test_count_open();

    for (unsigned i = 0; i < MARKS_MAX; i += 32)
        (void) snprintf(lines + i, 33, "%010u 2 3 this is a mark..\n", i);
    put_bytes("marks", lines, MARKS_MAX);
    CHECK_EQUAL(run_marks_add("marks", &mark, false), MARKS_MAX);
    CHECK_EQUAL(size_of("marks"), MARKS_MAX + 17);
    is_memory_full = true; /* all marks stay */
    CHECK_EQUAL(run_marks_add("marks", &mark, false), MARKS_MAX + 17);
    is_memory_full = false;
    CHECK_EQUAL(size_of("marks"), MARKS_MAX + 2 * 17);
    CHECK_EQUAL(test_count_open(), before);
    put_bytes("marks", lines, MARKS_MAX + 1); /* its last byte is a NUL, which is no line */
    CHECK_EQUAL(run_marks_add("marks", &mark, false), MARKS_MAX + 1);
    CHECK_EQUAL(size_of("marks"), MARKS_MAX / 2 + 18 - 32);
    CHECK_EQUAL(strncmp(get("marks"), lines + MARKS_MAX / 2 + 32, 32), 0);
    CHECK(stat("marks", &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(access("marks.new", F_OK) != 0);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_mark_that_cannot_be_written_is_an_error(void)
{
    const struct run_mark mark = {.offset = 5, .run = 2, .time = 3, .how = "how"};
    const struct rlimit   limit = {10, RLIM_INFINITY};

    CHECK_EQUAL(run_marks_add("marks", &mark, false), 0);
    (void) signal(SIGXFSZ, SIG_IGN);
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_EQUAL(run_marks_add("marks", &mark, false), -EFBIG);
    CHECK_TEXT(get("marks"), "5 2 3 how\n");
}

static void a_mark_is_shown_as_a_line(void)
{
    struct text     text = {0};
    struct run_mark mark = {.run = 12, .how = "exit 1\033[31m"};

    run_mark_add_line(&text, &mark);
    text_byte(&text, '\0', 1);
    CHECK_TEXT(text.data, "--- run 12, after exit 1\\x1b[31m ---\n");
    text_release(&text);
}

/* The journal and the reason */

/* Opens the journal at PATH in another process: a process opens its journal only once. */
static void open_elsewhere(const char *path)
{
    pid_t pid = fork();
    int   status;

    if (pid == 0)
        _exit(journal_open(path) == 0 ? 0 : 1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void the_journal_is_a_file_of_its_own(void)
{
    struct stat info;
    int         before = test_count_open(), lowest = open("/dev/null", O_RDONLY | O_CLOEXEC), end;

    CHECK(ftruncate(open("journal", O_RDWR | O_CREAT, 0600), LINES_MAX) == 0);
    CHECK(mkfifo("fifo", 0600) == 0);
    CHECK_EQUAL(journal_open("fifo"), -ENXIO); /* it does not wait for a reader */
    end = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(end >= 0);
    before = test_count_open();
    CHECK_EQUAL(journal_open("fifo"), -EPERM);
    CHECK(symlink("journal", "link") == 0);
    CHECK_EQUAL(journal_open("link"), -ELOOP);
    CHECK_EQUAL(truncate("journal", LINES_MAX + 1), 0);
    truncate_error = EIO;
    CHECK_EQUAL(journal_open("journal"), -EIO);
    truncate_error = 0;
    CHECK_EQUAL(truncate("journal", LINES_MAX), 0);
    CHECK_EQUAL(test_count_open(), before);
    close(lowest);
    CHECK_EQUAL(journal_open("journal"), 0); /* of the allowed size */
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(fcntl(lowest, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(size_of("journal"), LINES_MAX);
    CHECK(truncate("journal", LINES_MAX + 1) == 0);
    open_elsewhere("journal");
    CHECK_EQUAL(size_of("journal"), 0);
    open_elsewhere("new");
    CHECK(stat("new", &info) == 0 && (info.st_mode & 0777) == 0600);
}

/* Returns the size of the line that the journal gets for a message of COUNT bytes. */
static size_t journal_line(int count)
{
    char        message[1024];
    const char *text;

    memset(message, 'x', sizeof(message));
    CHECK(truncate("journal", 0) == 0);
    journal_write("%.*s", count, message);
    text = get("journal");
    CHECK_EQUAL(strchr(text, '\n') - text, strlen(text) - 1);
    return strlen(text);
}

static void the_journal_has_dated_lines(void)
{
    char   wanted[600];
    size_t empty;

    close(STDIN_FILENO);
    CHECK_EQUAL(open("input", O_RDWR | O_CREAT | O_CLOEXEC, 0600), STDIN_FILENO);
    journal_write("not open: this is lost");
    CHECK_EQUAL(size_of("input"), 0);
    CHECK_EQUAL(journal_open("journal"), 0);
    journal_write("serving %s", "here");
    (void) snprintf(wanted, sizeof(wanted), "Z [%d] serving here\n", getpid());
    CHECK_TEXT(get("journal") + strlen("2026-01-01T00:00:00"), wanted);
    empty = journal_line(0);
    CHECK_EQUAL(journal_line(511 - (int) empty), 511);
    CHECK_EQUAL(journal_line(512 - (int) empty), 511); /* a longer line is cut */
    CHECK_EQUAL(journal_line(1000), 511);
    put("journal", "of the guardian\n"); /* another process appends to the file, too */
    journal_write("serving");
    CHECK_EQUAL(strncmp(get("journal"), "of the guardian\n2", strlen("of the guardian\n2")), 0);
}

static void a_removed_journal_begins_again(void)
{
    int before = test_count_open();

    journal_restore(); /* there is none */
    CHECK(mkdir("above", 0700) == 0);
    CHECK_EQUAL(journal_open("above/journal"), 0);
    CHECK_EQUAL(test_count_open(), before + 1);
    CHECK(rename("above/journal", "moved") == 0);
    journal_restore(); /* it was moved, not removed */
    journal_write("first");
    CHECK(strstr(get("moved"), "first\n") != NULL);
    CHECK(access("above/journal", F_OK) < 0);
    CHECK(unlink("moved") == 0 && rmdir("above") == 0);
    journal_restore();
    CHECK_EQUAL(test_count_open(), before + 1);
    journal_write("second");
    CHECK(strstr(get("above/journal"), "first") == NULL);
    CHECK(strstr(get("above/journal"), "second\n") != NULL);
    CHECK(unlink("above/journal") == 0 && rmdir("above") == 0);
    put("above", "no directory");
    journal_restore(); /* it cannot be made */
    journal_write("third");
    CHECK_TEXT(get("above"), "no directory");
}

/* Checks that TEXT, the end of a journal (NULL: what is there), gives the reason WANTED. */
static void check_reason(const char *text, const char *wanted)
{
    const struct place place = {.socket = (char *) "./x.sock", .journal = (char *) "journal"};
    struct text        reason = {0};

    if (text != NULL)
        put("journal", text);
    reason_add(&place, &reason);
    text_byte(&reason, '\0', 1);
    CHECK_TEXT(reason.data, wanted);
    text_release(&reason);
}

static void the_reason_is_the_last_message(void)
{
    char text[2100];
    int  before = test_count_open();

    check_reason(NULL, ": it could not use journal: No such file or directory");
    CHECK(mkfifo("journal", 0600) == 0);
    check_reason(NULL,
                 ": it could not use journal: Illegal seek"); /* it does not wait for a writer */
    put("file", "D [1] of another user\n");
    CHECK(unlink("journal") == 0 && symlink("file", "journal") == 0);
    check_reason(NULL, ": it could not use journal: Too many levels of symbolic links");
    CHECK(unlink("journal") == 0);
    check_reason("D [1] serving x\nD [1] no memory\nD [1] ended\n", ": no memory");
    check_reason("D [1] serving x\nD [1] no memory\n", ": no memory");
    check_reason("D [1] no memory\nD [2] serving x\nD [2] ended\n", "");
    check_reason("D [1] ended\n", "");
    check_reason("", "");
    check_reason("D [1] ended early\n", ": ended early");
    check_reason("D [1] servings\n", ": servings");
    for (size_t size = 2046; size <= 2050; size++) { /* only the end of a long journal is read */
        memset(text, '\n', size);
        strcpy(text + size - strlen("D [1] word\n"), "D [1] word\n");
        check_reason(text, ": word");
    }
    put("x.log", "D [1] beside the socket\n"); /* used only if there is no other journal */
    check_reason("D [1] word\n", ": word");
    CHECK(unlink("journal") == 0);
    check_reason(NULL, ": beside the socket");
    CHECK_EQUAL(test_count_open(), before);
}

/* The lock */

/* The lock of one place, and the thread that releases it. */
struct held {
    struct place place;
    int          fd;
    pid_t        waiter; /* the thread that waits for the lock */
};

/* Releases the lock when the waiter sleeps. */
static void *release(void *context)
{
    struct held *held = context;

    WAIT_FOR(process_state(held->waiter) == 'S');
    close(held->fd);
    return NULL;
}

/* Takes the lock while it is held as GUARDIAN, SUPERVISOR and SOCKET say. Returns true if the wait has an end. */
static bool is_waited_for(pid_t guardian, pid_t supervisor, const char *socket, struct text *why)
{
    struct held held = {.place = {.socket = (char *) "/a/x.sock", .lock = (char *) "lock"},
                        .waiter = gettid()};
    pthread_t   thread;
    int         fd, before = test_count_open();

    held.fd = lock_take(&held.place, LOCK_LIFE, why);
    CHECK(held.fd >= 0);
    if (socket != NULL)
        lock_sign(held.fd, guardian, supervisor, socket);
    CHECK(pthread_create(&thread, NULL, release, &held) == 0);
    fd = lock_take(&held.place, LOCK_LIFE, why);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(unlink("lock") == 0);
    CHECK(fd >= 0 || fd == -EADDRINUSE);
    CHECK_EQUAL(test_count_open(), fd >= 0 ? before + 1 : before);
    if (fd < 0)
        return false;
    CHECK_EQUAL(why->size, 0);
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    return true;
}

/* Returns the id of a process that has ended. */
static pid_t make_dead(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void the_lock_of_another_socket_is_not_waited_for(void)
{
    pid_t       dead = make_dead(), own = getpid();
    struct text why = {0};
    char        wanted[200];

    CHECK(is_waited_for(0, 0, NULL, &why)); /* not signed yet */
    CHECK(is_waited_for(own, own, "/a/x.sock", &why));
    CHECK(is_waited_for(own, own, "/another/path/x.sock",
                        &why)); /* the same directory may have several paths */
    CHECK(is_waited_for(dead, dead, "/a/y", &why));
    CHECK(!is_waited_for(dead, own, "/a/y", &why));
    (void) snprintf(
        wanted, sizeof(wanted),
        "lock belongs to the supervisor at /a/y (process %d); choose another socket's name", own);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, wanted);
    CHECK(!is_waited_for(own, dead, "/a/y", &why)); /* its guardian still ends processes */
    text_release(&why);
}

static void the_parts_of_a_lock_are_held_apart(void)
{
    const struct place place = {.socket = (char *) "/a/x.sock", .lock = (char *) "lock"};
    struct text        why = {0};
    int                life = lock_take(&place, LOCK_LIFE, &why), start, shared;
    char               wanted[100];

    CHECK(life >= 0);
    CHECK_EQUAL(size_of("lock"), 0); /* its holder is not known yet */
    start = lock_take(&place, LOCK_START, &why);
    CHECK(start >= 0);
    CHECK(lock_is_at(life, "lock"));
    CHECK_EQUAL(lock_share("lock"), -EAGAIN);
    lock_sign(life, 11, 222222, "/a/longer.sock");
    lock_sign(life, 11, 222, "/a/x.sock");
    (void) snprintf(wanted, sizeof(wanted), "%-15d\n11 222 /a/x.sock\n", getpid());
    CHECK_TEXT(get("lock"), wanted);
    close(life);
    shared = lock_share("lock");
    CHECK(shared >= 0 && lock_share("lock") >= 0); /* by the supervisor and its guardian */
    CHECK(rename("lock", "other") == 0);
    CHECK(!lock_is_at(start, "lock"));
    put("lock", "");
    CHECK(!lock_is_at(start, "lock"));
    CHECK(lock_is_at(start, "other"));
    CHECK_EQUAL(why.size, 0);
}

static void a_lock_file_is_for_its_owner_alone(void)
{
    struct text why = {0};
    struct stat info;
    mode_t      mask = umask(0777);
    int         before;

    CHECK(lock_share("lock") >= 0);
    CHECK_EQUAL(umask(mask), 0777);
    CHECK(stat("lock", &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(rename("lock", "file") == 0 && symlink("file", "lock") == 0);
    CHECK_EQUAL(lock_share("lock"), -ELOOP);
    CHECK(unlink("lock") == 0 && mkfifo("lock", 0600) == 0);
    before = test_count_open();
    CHECK_EQUAL(lock_take(&(struct place){.lock = (char *) "lock"}, LOCK_START, &why), -EPERM);
    CHECK_EQUAL(test_count_open(), before);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "cannot lock lock: Operation not permitted");
    text_release(&why);
}

TEST_MAIN({"marks", marks_are_found_in_order}, {"memory", marks_in_memory_need_memory},
          {"changed", changed_marks_are_read_anew}, {"damaged", damaged_marks_are_left_out},
          {"taken-back", marks_are_taken_back}, {"dropped", old_marks_are_dropped},
          {"unwritten", a_mark_that_cannot_be_written_is_an_error},
          {"line", a_mark_is_shown_as_a_line}, {"own", the_journal_is_a_file_of_its_own},
          {"journal", the_journal_has_dated_lines}, {"removed", a_removed_journal_begins_again},
          {"reason", the_reason_is_the_last_message},
          {"lock", the_lock_of_another_socket_is_not_waited_for},
          {"parts", the_parts_of_a_lock_are_held_apart},
          {"owner", a_lock_file_is_for_its_owner_alone})
