/*
 * Tests where the output of a run begins (cli/worker/output_begin.h), and how a worker opens an output itself
 * (output_file.h). The files of marks, and what makes the directories of logs again, are this file's.
 */
#include "tests/parts/blocks.h"

#include "cli/place/journal.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/worker/logs.h"
#include "cli/worker/output_begin.h"
#include "cli/worker/output_file.h"
#include "cli/worker/worker.h"

#include <stdbool.h>
#include <sys/stat.h>

static struct job        job = {.output = (char *) "out", .has_own_log = true};
static struct assignment assignment = {.id = 7, .job = &job};
static struct worker     worker = {
        .assignment = &assignment, .job = &job, .report = &assignment.draft, .marks_before = 5};

static struct run_mark marked;
static int             marks, cuts, restores, journals, restore_error;
static bool            is_fresh, lacks_path;
static off_t           marks_size, cut_to;

char *logs_run_marks(uint64_t id)
{
    char *path = lacks_path ? NULL : malloc(8);

    CHECK_EQUAL(id, 7);
    if (path != NULL)
        (void) strcpy(path, "7.runs");
    return path;
}

int64_t times_now(void)
{
    return 12345;
}

off_t run_marks_add(const char *path, const struct run_mark *mark, bool fresh)
{
    CHECK_TEXT(path, "7.runs");
    CHECK(assignment.has_marks); /* so they are removed even if this thread ends meanwhile */
    marked = *mark;
    is_fresh = fresh;
    marks++;
    return marks_size;
}

void run_marks_cut(const char *path, off_t size)
{
    CHECK_TEXT(path, "7.runs");
    cut_to = size;
    cuts++;
}

int logs_restore(void)
{
    restores++;
    return restore_error;
}

void journal_restore(void)
{
    journals++;
}

/* Writes SIZE bytes into the file "out". Returns its inode. */
static ino_t put(size_t size)
{
    struct stat info;
    int         fd = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

    CHECK(fd >= 0 && ftruncate(fd, (off_t) size) == 0 && fstat(fd, &info) == 0);
    close(fd);
    return info.st_ino;
}

/* Begins a run. Checks the place where its output begins, and whether it has got a mark. */
static struct output_begin begin(off_t offset, ino_t inode, bool is_marked)
{
    struct output_begin found;

    marks = 0;
    assignment.has_marks = false;
    found = output_begin(&worker);
    CHECK(found.offset == offset && found.inode == inode);
    CHECK(marks == is_marked && assignment.has_marks == is_marked);
    CHECK_EQUAL(worker.marks_before, is_marked ? marks_size : -1);
    CHECK_EQUAL(blocks, 0);
    return found;
}

static void a_run_begins_where_the_output_ends(void)
{
    struct report *report = &assignment.draft;
    ino_t          inode = put(10);

    (void) begin(0, 0, false); /* the first run has an empty log */
    report->runs = 1;
    report->exit_code = 3;
    marks_size = 40;
    (void) begin(10, inode, true);
    CHECK(marked.offset == 10 && marked.run == 2 && marked.time == 12345);
    CHECK_TEXT(marked.how, "exit 3");
    report->exception_before = &k3thread_TimeoutError;
    report->exit_code = -1;
    report->runs = 4;
    (void) begin(10, inode, true);
    CHECK_EQUAL(marked.run, 5);
    CHECK_TEXT(marked.how, "TimeoutError");
    failing = 1; /* for the words, but not for the path */
    (void) begin(10, inode, true);
    failing = -1;
    CHECK_TEXT(marked.how, "");
    lacks_path = true;
    (void) output_begin(&worker);
    CHECK_EQUAL(worker.marks_before, -1);
    lacks_path = false;
    job.has_own_log = false; /* a file of the user is shown as it is */
    (void) begin(10, inode, false);
    report->runs = 0;
    (void) begin(10, inode, false);
    CHECK(unlink("out") == 0 && mkfifo("out", 0600) == 0);
    (void) begin(0, 0, false); /* a FIFO has no beginning */
    CHECK_EQUAL(unlink("out"), 0);
    (void) begin(0, 0, false);
}

/* Marks of output that is no longer there are of no use. */
static void the_marks_of_lost_output_are_dropped(void)
{
    struct report *report = &assignment.draft;
    ino_t          inode = put(10);

    report->runs = 1;
    report->run_start = 10;
    (void) begin(10, inode, true);
    CHECK(!is_fresh);
    report->run_inode = inode;
    (void) begin(10, inode, true);
    CHECK(!is_fresh);
    report->run_start = 11; /* the log was emptied */
    (void) begin(10, inode, true);
    CHECK(is_fresh);
    report->run_start = 0;
    report->run_inode = inode + 1; /* it was moved away */
    (void) begin(10, inode, true);
    CHECK(is_fresh);
    report->run_inode = 0;
    CHECK_EQUAL(unlink("out"), 0);
    (void) begin(0, 0, true);
    CHECK(is_fresh);
}

static void a_mark_is_taken_back_if_there_was_one(void)
{
    worker.marks_before = -1;
    output_begin_undo(&worker);
    worker.marks_before = -ENOSPC;
    output_begin_undo(&worker);
    CHECK_EQUAL(cuts, 0);
    worker.marks_before = 0;
    output_begin_undo(&worker);
    CHECK(cuts == 1 && cut_to == 0);
    worker.marks_before = 40;
    output_begin_undo(&worker);
    CHECK(cuts == 2 && cut_to == 40);
    lacks_path = true;
    output_begin_undo(&worker);
    CHECK_EQUAL(cuts, 2);
    CHECK_EQUAL(blocks, 0);
}

static void the_report_says_where_the_output_begins(void)
{
    struct report *report = &assignment.draft;

    output_begin_note(&worker, &(struct output_begin){.offset = 10, .inode = 20});
    CHECK(report->output_start == 10 && report->run_start == 10 && report->run_inode == 20);
    report->runs = 1;
    output_begin_note(&worker, &(struct output_begin){.offset = 30, .inode = 40});
    CHECK(report->output_start == 10 && report->run_start == 30 && report->run_inode == 40);
}

/* Opens the output, and checks the mode of its file. */
static void check_open(mode_t mode)
{
    struct stat info;
    int         fd = output_file_open(&job);

    CHECK(fd >= 0 && fstat(fd, &info) == 0);
    CHECK_EQUAL(info.st_mode & 07777, mode);
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK),
                O_WRONLY | O_APPEND | O_NONBLOCK);
    CHECK_EQUAL(write(fd, "more", 4), 4);
    close(fd);
}

static void an_output_is_opened_as_a_start_would_do_it(void)
{
    struct stat info;

    (void) umask(077); /* the supervisor's */
    job.umask = 027;
    check_open(0600); /* a log is its owner's */
    CHECK_EQUAL(unlink("out"), 0);
    job.has_own_log = false;
    check_open(0640);
    job.umask = 0;
    check_open(0640); /* it was there */
    CHECK(stat("out", &info) == 0 && info.st_size == 8);
    CHECK_EQUAL(unlink("out"), 0);
    check_open(0666);
    CHECK(unlink("out") == 0 && mkfifo("out", 0600) == 0);
    CHECK_EQUAL(output_file_open(&job), -ENXIO); /* nobody reads it */
    job.output = (char *) "missing/out";
    CHECK_EQUAL(output_file_open(&job), -ENOENT);
}

/* Checks whether an open that has failed with ERROR is worth another try, and what is made again for it. */
static void check_restore(int error, bool is_worth_it, bool is_made)
{
    restores = journals = 0;
    CHECK_EQUAL(output_file_restore(&job, error), is_worth_it);
    CHECK(restores == is_made && journals == is_made);
}

static void a_log_whose_directory_was_removed_is_opened_again(void)
{
    check_restore(-ENOENT, true, true);
    check_restore(-EACCES, false, false);
    restore_error = -EEXIST; /* another thread has made it */
    check_restore(-ENOENT, true, true);
    restore_error = -ENOENT; /* it was removed again */
    check_restore(-ENOENT, true, true);
    restore_error = -EROFS;
    check_restore(-ENOENT, false, true);
    restore_error = 0;
    job.has_own_log = false; /* the user's directories are the user's */
    check_restore(-ENOENT, false, false);
}

TEST_MAIN({"begin", a_run_begins_where_the_output_ends},
          {"lost", the_marks_of_lost_output_are_dropped},
          {"undo", a_mark_is_taken_back_if_there_was_one},
          {"note", the_report_says_where_the_output_begins},
          {"open", an_output_is_opened_as_a_start_would_do_it},
          {"restore", a_log_whose_directory_was_removed_is_opened_again})
