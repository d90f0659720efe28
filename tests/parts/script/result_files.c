/* Tests the files that the results of a run are written to (cli/script/result_files.h). */
#include "tests/parts/script/finished_run.h"
#include "tests/parts/written.h"

#include "cli/base/directory.h"
#include "cli/script/result_files.h"

#include <sys/stat.h>

static char directory[] = "/tmp/result_files.XXXXXX";

/* Makes a directory for the files, which becomes the current one. */
static void begin_files(struct result_files *files)
{
    CHECK(mkdtemp(directory) != NULL && chdir(directory) == 0);
    memset(files, 'x', sizeof(*files));
    result_files_init(files);
    for (int i = 0; i < RESULT_COUNT; i++)
        CHECK(files->list[i].fd == -1 && files->list[i].path == NULL);
}

static void end_files(struct result_files *files)
{
    result_files_close(files);
    for (int i = 0; i < RESULT_COUNT; i++)
        CHECK_EQUAL(files->list[i].fd, -1);
    directory_remove(directory);
}

/* Returns the size of the file NAME, or -1 if there is none. */
static long size_of(const char *name)
{
    struct stat info;

    return stat(name, &info) == 0 ? (long) info.st_size : -1;
}

/* Checks that the file NAME begins with BEGIN, and has MODE. */
static void check_file(const char *name, const char *begin, mode_t mode)
{
    char        bytes[64] = "";
    int         fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat info;

    CHECK(fd >= 0 && fstat(fd, &info) == 0 && read(fd, bytes, strlen(begin)) >= 0);
    CHECK_TEXT(bytes, begin);
    CHECK_EQUAL(info.st_mode & 07777, mode);
    close(fd);
}

static void a_file_may_be_wanted_once(void)
{
    static const char *const options[] = {"--json", "--junit", "--trace", "--report"};
    struct result_files      files;
    const char              *one = NULL, *other = NULL;

    result_files_init(&files);
    CHECK(!result_files_are_wanted(&files) && !result_files_want_course(&files));
    CHECK(!result_files_collide(&files, &one, &other));
    for (int i = 0; i < RESULT_COUNT; i++) {
        files.list[i].path = "a";
        CHECK(result_files_are_wanted(&files));
        CHECK_EQUAL(result_files_want_course(&files), i == RESULT_TRACE || i == RESULT_REPORT);
        CHECK(!result_files_collide(&files, &one, &other));
        for (int j = i + 1; j < RESULT_COUNT; j++) {
            files.list[j].path = "b";
            CHECK(!result_files_collide(&files, &one, &other));
            files.list[j].path = "a";
            CHECK(result_files_collide(&files, &one, &other));
            CHECK_TEXT(one, options[i]);
            CHECK_TEXT(other, options[j]);
            files.list[j].path = NULL;
        }
        files.list[i].path = NULL;
    }
}

static void the_files_are_made_and_written(void)
{
    struct finished_run run;
    struct result_files files;
    struct text         why = {0};
    int                 fd;

    begin_files(&files);
    (void) umask(0);
    fd = open("json", O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, "old", 3) == 3 && close(fd) == 0);
    files.list[RESULT_JSON].path = "json";
    files.list[RESULT_JUNIT].path = "junit";
    files.list[RESULT_REPORT].path = "report";
    CHECK_EQUAL(result_files_open_pipes(&files, &why), 0);
    CHECK(size_of("json") == 3 && size_of("junit") == -1); /* no pipes */
    CHECK_EQUAL(result_files_open(&files, &why), 0);
    CHECK(size_of("json") == 0 && size_of("junit") == 0 && size_of("report") == 0);
    CHECK((fcntl(files.list[RESULT_JUNIT].fd, F_GETFD) & FD_CLOEXEC) != 0);
    fd = files.list[RESULT_JUNIT].fd;

    run_begin(&run);
    CHECK_EQUAL(result_files_write(&files, &run.result, &why), 0);
    CHECK_EQUAL(why.size, 0);
    CHECK_EQUAL(files.list[RESULT_TRACE].fd, -1);
    check_file("json", "{", 0600);
    check_file("junit", "<?xml version=", 0666);
    check_file("report", "<!DOCTYPE html>", 0666);
    end_files(&files);
    CHECK(fcntl(fd, F_GETFD) < 0);
}

static void pipes_are_opened_first(void)
{
    struct finished_run run;
    struct result_files files;
    struct text         why = {0};
    int                 ends[2];
    char                byte;

    begin_files(&files);
    CHECK(mkfifo("json", 0600) == 0 && mkfifo("report", 0600) == 0);
    ends[0] = open("json", O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* the readers */
    ends[1] = open("report", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(ends[0] >= 0 && ends[1] >= 0);
    files.list[RESULT_JSON].path = "json";
    files.list[RESULT_TRACE].path = "trace";
    files.list[RESULT_REPORT].path = "report";
    CHECK_EQUAL(result_files_open_pipes(&files, &why), 0);
    CHECK(files.list[RESULT_JSON].fd >= 0 && files.list[RESULT_REPORT].fd >= 0);
    CHECK(size_of("trace") == -1 && files.list[RESULT_TRACE].fd == -1);

    CHECK(unlink("report") == 0); /* a pipe is opened once */
    CHECK_EQUAL(result_files_open(&files, &why), 0);
    CHECK(size_of("trace") == 0 && size_of("report") == -1);
    run_begin(&run);
    CHECK_EQUAL(result_files_write(&files, &run.result, &why), 0);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == '{');
    CHECK(read(ends[1], &byte, 1) == 1 && byte == '<');
    end_files(&files);
}

static void a_file_that_cannot_be_written_is_named(void)
{
    struct finished_run run;
    struct result_files files;
    struct text         why = {0};

    begin_files(&files);
    files.list[RESULT_JSON].path = "none/json";
    files.list[RESULT_JUNIT].path = "junit";
    CHECK_EQUAL(result_files_open(&files, &why), -ENOENT);
    check_written(&why, "cannot write none/json: No such file or directory");
    CHECK_EQUAL(size_of("junit"), -1); /* the first is enough */
    result_files_close(&files);

    /* What can be written is. */
    CHECK(mkfifo("pipe", 0600) == 0);
    files.list[RESULT_JSON].path = "/dev/full";
    files.list[RESULT_TRACE].path = "pipe";
    files.list[RESULT_REPORT].path = "report";
    files.list[RESULT_TRACE].fd = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_EQUAL(result_files_open(&files, &why), 0);
    run_begin(&run);
    CHECK_EQUAL(result_files_write(&files, &run.result, &why), -EBADF);
    check_written(
        &why,
        "cannot write /dev/full: No space left on device; cannot write pipe: Bad file descriptor");
    CHECK(size_of("junit") > 0 && size_of("report") > 0);

    end_files(&files);
}

TEST_MAIN({"wanted", a_file_may_be_wanted_once}, {"written", the_files_are_made_and_written},
          {"pipes", pipes_are_opened_first}, {"refused", a_file_that_cannot_be_written_is_named})
