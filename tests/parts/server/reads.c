/*
 * Tests alone the readers of logs, for clients that cannot open the files (cli/server/log_reader.c, log_open.c and
 * log_piece.c). Each case makes its files in the current directory. The watch of the files is the test's.
 */
#include "tests/parts/server/asked.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/base/loop.h"
#include "cli/place/disk.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/server/log_reader.h"
#include "cli/server/output_times.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <math.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define LOG "./1.log"

static double         now = 1000;
static bool           no_watch, no_arming, no_adding, disk_full;
static int            armed = -1; /* the descriptor that is watched */
static struct source *source;     /* the last that is in the loop; NULL: none */
static int            sources;
static off_t          since; /* where the output of the last seconds begins */
static double         since_seconds;

static bool prints_late; /* the command prints when the watch is armed */

/* Writes TEXT to the log, at its end, or to a new one. */
static void print(const char *text, int flags)
{
    int fd = open(LOG, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* The functions that the part calls. */

double clock_monotonic(void)
{
    return now;
}

static bool has_begun, notified;

void file_watch_begin(void)
{
    has_begun = true;
}

void file_watch_open(struct file_watch *watch)
{
    CHECK(has_begun);
    watch->fd = no_watch ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watch->key = -1;
}

bool file_watch_arm(struct file_watch *watch, int file)
{
    CHECK(watch->fd >= 0 && source != NULL);
    armed = file;
    if (prints_late)
        print("late\n", O_APPEND);
    return !no_arming;
}

void file_watch_close(struct file_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

int loop_add(struct source *added, uint32_t events)
{
    CHECK(events == EPOLLIN && added->fd >= 0);
    if (no_adding)
        return -ENOMEM;
    source = added;
    sources++;
    return 0;
}

void loop_remove(struct source *removed)
{
    if (source == removed)
        source = NULL;
    sources--;
}

bool disk_is_full(const char *path)
{
    CHECK_TEXT(path, LOG);
    return disk_full;
}

void mailbox_notify(struct mail *mail)
{
    CHECK(mail == &threads[0].assignment.mail);
    notified = true;
}

char *logs_run_marks(uint64_t id)
{
    CHECK_EQUAL(id, 1);
    return strdup("./1.runs");
}

off_t output_times_find(const struct record *record, off_t size, double seconds)
{
    CHECK(record == &threads[0]);
    since_seconds = seconds;
    return since < size ? since : size;
}

/* The steps of the cases. */

/* Begins a case: the command of the thread a runs, and has printed TEXT. */
static void begin(const char *text)
{
    (void) unlink(LOG);
    (void) rmdir(LOG);
    (void) unlink("./1.runs");
    (void) unlink("./times/1.log");
    (void) rmdir("./times");
    add_threads();
    threads[0].job.output = (char *) LOG;
    threads[0].now.runs = 1;
    if (text != NULL)
        print(text, O_TRUNC);
}

/* Checks the reply to a read. */
#define CHECK_READ(params, wanted)                                                                 \
    do {                                                                                           \
        (void) ask(&method_read, params);                                                          \
        CHECK_SEEN(wanted);                                                                        \
    } while (0)

/* Wakes those who wait for the thread, which is in STATE. */
static void change(enum protocol_state state)
{
    threads[0].now.state = state;
    call_wake(&threads[0].calls, &threads[0]);
    CHECK(call_expire() == -1);
}

/* The log was written to. */
static void written(void)
{
    eventfd_t count;

    CHECK(source != NULL);
    CHECK_EQUAL(eventfd_write(source->fd, 1), 0);
    source->ready(source, EPOLLIN);
    if (source != NULL)
        CHECK(eventfd_read(source->fd, &count) < 0 && errno == EAGAIN);
}

/* Checks that nothing is left of the readers of a case. */
static void check_closed(int before)
{
    CHECK(LIST_EMPTY(&peer.readers) && peer.reader_count == 0 && LIST_EMPTY(&peer.calls));
    CHECK_EQUAL(sources, 0);
    CHECK_EQUAL(test_count_open(), before);
}

/* Checks that the next look is due after SECONDS. */
#define CHECK_DUE(seconds) CHECK(fabs(log_reader_do_due() - (seconds)) < 1e-6)

static void the_present_log_is_read_in_pieces(void)
{
    int before = test_count_open();

    begin("abcdefgh\n");
    CHECK_READ("{'reader':4,'open':true,'thread':'a','size':4}",
               "{'reader':4,'offset':0,'data':'abcd'}\n");
    print("more\n", O_APPEND); /* is not read: the reader does not follow */
    CHECK_EQUAL(peer.reader_count, 1);
    CHECK_READ("{'reader':4,'size':4}", "{'reader':4,'offset':4,'data':'efgh'}\n");
    CHECK_READ("{'reader':4,'size':4}", "{'reader':4,'offset':8,'data':'\\n','end':true}\n");
    check_closed(before);
    CHECK_READ("{'reader':4}", "{'reader':4,'data':'','end':true}\n");
    disk_full = true;
    CHECK_READ("{'reader':4,'open':true,'thread':'a'}",
               "{'reader':4,'offset':0,'data':'abcdefgh\\nmore\\n','end':true,'disk_full':true}\n");
    disk_full = false;
    begin("");
    CHECK_READ("{'reader':4,'open':true,'thread':'a'}",
               "{'reader':4,'offset':0,'data':'','end':true}\n");
    print("ended\n", 0);
    threads[0].now.state = STATE_ENDED;
    CHECK_READ("{'reader':4,'open':true,'thread':'a','follow':true}",
               "{'reader':4,'offset':0,'data':'ended\\n','end':true}\n");
    check_closed(before);
}

static void a_reader_begins_where_its_client_wants(void)
{
    int before = test_count_open();

    begin("one\ntwo\nthree\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','offset':5}",
               "{'reader':1,'offset':5,'data':'wo\\nthree\\n','end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','offset':0}",
               "{'reader':1,'offset':0,'data':'one\\ntwo\\nthree\\n','end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','lines':1}",
               "{'reader':1,'offset':8,'data':'three\\n','end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','lines':0}",
               "{'reader':1,'offset':14,'data':'','end':true}\n");
    threads[0].now.output_start = 1;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','offset':0}",
               "{'reader':1,'offset':0,'data':'one\\ntwo\\nthree\\n','end':true}\n");
    threads[0].now.output_start = 4; /* the bytes before are not from this thread */
    CHECK_READ("{'reader':1,'open':true,'thread':'a','lines':9}",
               "{'reader':1,'offset':4,'data':'two\\nthree\\n','end':true}\n");
    since = 8; /* the output of the last seconds begins with a line */
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':2}",
               "{'reader':1,'offset':8,'data':'three\\n','end':true}\n");
    CHECK(since_seconds == 2);
    since = 10; /* it begins within a line */
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':0}",
               "{'reader':1,'offset':8,'data':'three\\n','end':true}\n");
    since = 5;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':2}",
               "{'reader':1,'offset':4,'data':'two\\nthree\\n','end':true}\n");
    since = 3; /* before the output of the thread */
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':2}",
               "{'reader':1,'offset':4,'data':'two\\nthree\\n','end':true}\n");
    since = 14; /* there is none */
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':2}",
               "{'reader':1,'offset':14,'data':'','end':true}\n");
    print("half", O_APPEND);
    since = 18;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':2}",
               "{'reader':1,'offset':18,'data':'','end':true}\n");
    check_closed(before);
}

static void bytes_that_are_lost_are_a_gap(void)
{
    char reply[sizeof(seen)];
    int  fd, before = test_count_open();

    /* The first 64 KiB were freed: reading goes on with the first whole line. */
    begin(NULL);
    fd = open(LOG, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK_EQUAL(pwrite(fd, "\nx\nyy\n", 6, 65536), 6);
    threads[0].job.log_limit = 65536;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','offset':0}",
               "{'reader':1,'offset':65537,'data':'x\\nyy\\n','gap':true,'end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a'}",
               "{'reader':1,'offset':65537,'data':'x\\nyy\\n','end':true}\n");
    close(fd);
    /* A log that was emptied is read from its beginning, in a piece of its own. */
    begin("before\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               "{'reader':1,'offset':0,'data':'before\\n'}\n");
    print("new\n", O_TRUNC);
    CHECK_READ("{'reader':1}", "{'reader':1,'offset':0,'data':'new\\n','gap':true}\n");
    print("more\n", O_APPEND);
    CHECK_READ("{'reader':1}", "{'reader':1,'offset':4,'data':'more\\n'}\n");
    (void) snprintf(reply, sizeof(reply), "{'reader':1,'data':'','end':true}\n");
    CHECK_READ("{'reader':1,'close':true}", reply);
    check_closed(before);
}

/* Frees the first 64 KiB of the log, behind which TEXT stands, under a reader, and checks its next piece of 6 bytes. */
static void check_freed(const char *text, const char *wanted)
{
    int fd;

    begin("before\n");
    fd = open(LOG, O_WRONLY | O_CLOEXEC);
    CHECK_EQUAL(pwrite(fd, text, strlen(text), 65536), strlen(text));
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'size':1}",
               "{'reader':1,'offset':0,'data':'b'}\n");
    CHECK_EQUAL(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 65536), 0);
    close(fd);
    CHECK_READ("{'reader':1,'size':6}", wanted);
    log_reader_close_all(&peer);
}

static void a_piece_is_full_or_ends_at_a_gap(void)
{
    int before = test_count_open();

    /* The rest of a line whose beginning was lost is no part of the piece. */
    check_freed("lost\nabcdefgh\n", "{'reader':1,'offset':65541,'data':'abcdef','gap':true}\n");
    check_freed("st\nabcdefgh\n", "{'reader':1,'offset':65539,'data':'abcdef','gap':true}\n");
    check_freed("\nabcdefgh\n", "{'reader':1,'offset':65537,'data':'abcdef','gap':true}\n");
    /* The bytes of two files are never in one piece. */
    for (int i = 0; i < 2; i++) {
        begin("ab\n");
        CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'size':1}",
                   "{'reader':1,'offset':0,'data':'a'}\n");
        CHECK_EQUAL(rename(LOG, "./old"), 0);
        print(i == 0 ? "n" : "new\n", O_TRUNC);
        CHECK_READ("{'reader':1}", "{'reader':1,'offset':1,'data':'b\\n'}\n");
        CHECK_READ("{'reader':1}", i == 0 ? "{'reader':1,'offset':0,'data':'n','gap':true}\n"
                                          : "{'reader':1,'offset':0,'data':'new\\n','gap':true}\n");
        log_reader_close_all(&peer);
    }
    (void) unlink("./old");
    check_closed(before);
}

static void a_reader_that_follows_waits_for_output(void)
{
    int before = test_count_open(), unreadable;

    begin("a\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               "{'reader':1,'offset':0,'data':'a\\n'}\n");
    CHECK_READ("{'reader':1}", "");
    CHECK(notified);                /* the end of the thread wakes the server */
    CHECK_READ("{'reader':1}", ""); /* a second request waits, too */
    CHECK(source != NULL && armed >= 0);
    written(); /* for nothing */
    CHECK_SEEN("");
    print("b\n", O_APPEND);
    written();
    CHECK_SEEN("{'reader':1,'offset':2,'data':'b\\n'}\n");
    change(STATE_STOPPING);
    CHECK_SEEN("");
    print("c\n", O_APPEND);
    change(STATE_ENDED);
    CHECK_SEEN("{'reader':1,'offset':4,'data':'c\\n','end':true}\n");
    check_closed(before);
    /* The end of a thread is the end, also without output. */
    threads[0].now.state = STATE_RUNNING;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'lines':0}", "");
    change(STATE_ENDED);
    CHECK_SEEN("{'reader':1,'offset':6,'data':'','end':true}\n");
    check_closed(before);
    /* A write that comes before the watch is not missed. */
    threads[0].now.state = STATE_RUNNING;
    prints_late = true;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'lines':0}",
               "{'reader':1,'offset':6,'data':'late\\n'}\n");
    prints_late = false;
    /* A log that can no longer be read ends the reader. */
    CHECK_READ("{'reader':1}", "");
    unreadable = open(LOG, O_WRONLY | O_CLOEXEC);
    CHECK(dup2(unreadable, armed) == armed);
    close(unreadable);
    written();
    CHECK_SEEN("-32006 ./1.log: Bad file descriptor\n");
    check_closed(before);
}

static void a_log_that_was_replaced_is_watched_instead(void)
{
    char        path[] = LOG;
    struct stat info, watched;
    int         before = test_count_open();

    begin("a\n");
    threads[0].job.output = path;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'lines':0}", "");
    CHECK(stat(LOG, &info) == 0 && fstat(armed, &watched) == 0 && info.st_ino == watched.st_ino);
    (void) strcpy(path, "./else"); /* the record may be forgotten, with the path in it */
    CHECK_EQUAL(rename(LOG, "./old"), 0);
    print("", O_TRUNC);
    change(STATE_RUNNING); /* news of the thread make it look */
    CHECK(stat(LOG, &info) == 0 && fstat(armed, &watched) == 0 && info.st_ino == watched.st_ino);
    print("b\n", O_APPEND);
    written();
    CHECK_SEEN("{'reader':1,'offset':0,'data':'b\\n','gap':true}\n");
    (void) ask(&method_read, "{'reader':1,'close':true}");
    seen[0] = '\0';
    check_closed(before);
    (void) unlink("./old");
}

static void a_reader_that_is_closed_answers_its_calls(void)
{
    int before = test_count_open();

    begin("a\n");
    CHECK_READ("{'reader':2,'open':true,'thread':'a','follow':true,'lines':0}", "");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               "{'reader':1,'offset':0,'data':'a\\n'}\n");
    CHECK_READ("{'reader':2}", "");
    CHECK_READ("{'reader':2,'close':true}",
               "{'reader':2,'data':'','end':true}\n{'reader':2,'data':'','end':true}\n"
               "{'reader':2,'data':'','end':true}\n");
    CHECK_EQUAL(peer.reader_count, 1);
    log_reader_close_all(&peer);
    check_closed(before);
}

static void a_log_without_a_watch_is_looked_at_in_intervals(void)
{
    int before = test_count_open();

    for (int i = 0; i < 3; i++) {
        begin("a\n");
        no_watch = i == 0;
        no_adding = i == 1;
        no_arming = i == 2;
        CHECK(log_reader_do_due() == -1);
        CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'lines':0}", "");
        CHECK_DUE(FILE_WATCH_PAUSE);
        now += 0.0625;
        CHECK_READ("{'reader':2,'open':true,'thread':'a','follow':true,'lines':0}", "");
        now += 0.0625;
        CHECK_DUE(FILE_WATCH_PAUSE - 0.125);
        CHECK_SEEN("");
        now += 0.125;
        CHECK_DUE(FILE_WATCH_PAUSE); /* nothing new: they look again */
        print("b\n", O_APPEND);
        CHECK_DUE(FILE_WATCH_PAUSE);
        CHECK_SEEN("");
        now += 0.25;
        CHECK(log_reader_do_due() == -1);
        CHECK_SEEN(
            "{'reader':1,'offset':2,'data':'b\\n'}\n{'reader':2,'offset':2,'data':'b\\n'}\n");
        CHECK_READ("{'reader':1}", "");
        CHECK_DUE(FILE_WATCH_PAUSE);
        no_watch = no_adding = no_arming = false;
        print("c\n", O_APPEND);
        change(STATE_RUNNING);
        CHECK_SEEN("{'reader':1,'offset':4,'data':'c\\n'}\n");
        CHECK_READ("{'reader':1}", ""); /* can be watched again */
        CHECK(source != NULL);
        CHECK(log_reader_do_due() == -1);
        no_arming = true;
        CHECK_READ("{'reader':1}", "");
        CHECK(log_reader_do_due() > 0);
        log_reader_close_all(&peer);
        seen[0] = '\0';
        CHECK(log_reader_do_due() == -1);
        no_arming = false;
        check_closed(before);
    }
}

static void a_thread_that_has_not_begun_is_waited_for(void)
{
    int before = test_count_open();

    begin("of another thread\n");
    threads[0].now.runs = 0;
    threads[0].now.state = STATE_QUEUED;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}", "");
    CHECK_READ("{'reader':2,'open':true,'thread':'a'}", /* has printed nothing */
               "{'reader':2,'offset':18,'data':'','end':true}\n");
    change(STATE_QUEUED);
    CHECK_SEEN("");
    threads[0].now.runs = 1;
    threads[0].now.output_start = 18;
    print("own\n", O_APPEND);
    change(STATE_RUNNING);
    CHECK_SEEN("{'reader':1,'offset':18,'data':'own\\n'}\n");
    log_reader_close_all(&peer);
    begin(NULL); /* there is no file yet */
    threads[0].now.runs = 0;
    CHECK_READ("{'reader':2,'open':true,'thread':'a'}", "{'reader':2,'data':'','end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}", "");
    change(STATE_ENDED); /* it will never print */
    CHECK_SEEN("{'reader':1,'data':'','end':true}\n");
    check_closed(before);
}

static void a_log_that_cannot_be_read_is_named(void)
{
    int before = test_count_open();

    begin(NULL);
    CHECK_READ("{'reader':1,'open':true,'thread':'a'}", "-32007 the log ./1.log is gone\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','lines':1}",
               "-32007 the log ./1.log is gone\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','since':1}",
               "-32007 the log ./1.log is gone\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               ""); /* the next run makes it */
    change(STATE_RUNNING);
    CHECK_SEEN("");
    print("a\n", 0);
    change(STATE_RUNNING);
    CHECK_SEEN("{'reader':1,'offset':0,'data':'a\\n'}\n");
    log_reader_close_all(&peer);
    begin(NULL);
    threads[0].now.state = STATE_ENDED;
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               "{'reader':1,'data':'','end':true}\n");
    CHECK_EQUAL(mkfifo(LOG, 0600), 0);
    CHECK_READ("{'reader':1,'open':true,'thread':'a'}", "-32006 ./1.log is no regular file\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true}",
               "-32006 ./1.log is no regular file\n");
    CHECK_EQUAL(unlink(LOG), 0);
    CHECK_EQUAL(symlink(LOG, LOG), 0);
    CHECK_READ("{'reader':1,'open':true,'thread':'a'}",
               "-32006 ./1.log: Too many levels of symbolic links\n");
    check_closed(before);
}

/* The record of the thread may be forgotten before its log is read to the end. */
static void the_log_of_a_forgotten_thread_is_read_to_its_end(void)
{
    int before = test_count_open();

    begin("abc");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','follow':true,'size':1}",
               "{'reader':1,'offset':0,'data':'a'}\n");
    threads[0].now.runs = 0;
    threads[0].now.state = STATE_QUEUED;
    CHECK_READ("{'reader':2,'open':true,'thread':'a','follow':true}", "");
    call_free(LIST_FIRST(&peer.calls));
    is_forgotten = true;
    CHECK_READ("{'reader':1}", "{'reader':1,'offset':1,'data':'bc','end':true}\n");
    CHECK_READ("{'reader':2}", "{'reader':2,'data':'','end':true}\n");
    is_forgotten = false;
    check_closed(before);
}

static void a_piece_has_the_runs_that_begin_in_it(void)
{
    const struct run_mark second = {.offset = 2, .run = 2, .time = 7, .how = "exit 1"};
    const struct run_mark third = {.offset = 4, .run = 3, .time = 8, .how = "exit 2"};
    int                   before = test_count_open();

    begin("a\nb\n");
    CHECK(run_marks_add("./1.runs", &second, true) == 0);
    CHECK_READ("{'reader':1,'open':true,'thread':'a','size':1,'follow':true}",
               "{'reader':1,'offset':0,'data':'a'}\n");
    CHECK_READ("{'reader':1}", "{'reader':1,'offset':1,'data':'\\nb\\n','runs':[{'offset':2,"
                               "'run':2,'time':7,'how':'exit 1'}]}\n");
    CHECK_READ("{'reader':1}", "");
    CHECK(run_marks_add("./1.runs", &third, false) > 0);
    change(STATE_RUNNING); /* the next run begins, and has printed nothing */
    CHECK_SEEN("{'reader':1,'offset':4,'data':'','runs':[{'offset':4,'run':3,'time':8,"
               "'how':'exit 2'}]}\n");
    CHECK_READ("{'reader':2,'open':true,'thread':'a'}",
               "{'reader':2,'offset':0,'data':'a\\nb\\n','runs':[{'offset':2,'run':2,'time':7,"
               "'how':'exit 1'},{'offset':4,'run':3,'time':8,'how':'exit 2'}],'end':true}\n");
    /* Without lines, only later runs are told. */
    CHECK_READ("{'reader':2,'open':true,'thread':'a','lines':0}",
               "{'reader':2,'offset':4,'data':'','end':true}\n");
    CHECK_READ("{'reader':2,'open':true,'thread':'a','lines':1}",
               "{'reader':2,'offset':2,'data':'b\\n','runs':[{'offset':2,'run':2,'time':7,"
               "'how':'exit 1'},{'offset':4,'run':3,'time':8,'how':'exit 2'}],'end':true}\n");
    log_reader_close_all(&peer);
    check_closed(before);
}

static void a_piece_has_the_times_of_its_bytes(void)
{
    struct times_writer writer = {.fd = -1};
    int                 log, before = test_count_open();

    begin("a\nb\nc\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','times':true}", /* none are kept */
               "{'reader':1,'offset':0,'data':'a\\nb\\nc\\n','end':true}\n");
    CHECK_EQUAL(mkdir("./times", 0700), 0);
    log = open(LOG, O_RDONLY | O_CLOEXEC);
    times_write(&writer, LOG, log, 2, 11);
    times_write(&writer, LOG, log, 4, 12);
    CHECK_READ("{'reader':1,'open':true,'thread':'a','times':true,'size':3}",
               "{'reader':1,'offset':0,'data':'a\\nb','times':[[2,11],[4,12]]}\n");
    CHECK_READ("{'reader':1}", "{'reader':1,'offset':3,'data':'\\nc\\n','times':[[4,12]],"
                               "'end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a','times':true,'size':2}",
               "{'reader':1,'offset':0,'data':'a\\n','times':[[2,11]]}\n");
    CHECK_READ("{'reader':1,'close':true}", "{'reader':1,'data':'','end':true}\n");
    CHECK_READ("{'reader':1,'open':true,'thread':'a'}",
               "{'reader':1,'offset':0,'data':'a\\nb\\nc\\n','end':true}\n");
    close(log);
    close(writer.fd);
    check_closed(before);
}

TEST_MAIN({"pieces", the_present_log_is_read_in_pieces},
          {"wishes", a_reader_begins_where_its_client_wants},
          {"gaps", bytes_that_are_lost_are_a_gap}, {"whole", a_piece_is_full_or_ends_at_a_gap},
          {"follow", a_reader_that_follows_waits_for_output},
          {"replaced", a_log_that_was_replaced_is_watched_instead},
          {"closed", a_reader_that_is_closed_answers_its_calls},
          {"unwatched", a_log_without_a_watch_is_looked_at_in_intervals},
          {"unbegun", a_thread_that_has_not_begun_is_waited_for},
          {"unread", a_log_that_cannot_be_read_is_named},
          {"forgotten", the_log_of_a_forgotten_thread_is_read_to_its_end},
          {"runs", a_piece_has_the_runs_that_begin_in_it},
          {"times", a_piece_has_the_times_of_its_bytes})
