/*
 * Tests what a worker does for the logs: their directories (cli/worker/logs.h), and --log-limit (log_limit.h). Each case
 * makes its files in the current directory.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/place/journal.h"
#include "cli/place/times.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>

#define BLOCK 4096

/* The directories of logs */

static bool is_memory_full; /* no array grows */
static int  readable = -1;  /* how many directories are read before one is not; negative: all are */

void *__wrap_array_room(void *list, size_t count, size_t size);
void *__real_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size)
{
    return is_memory_full ? NULL : __real_array_room(list, count, size);
}

DIR *__wrap_fdopendir(int fd);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    errno = ENOMEM;
    return readable-- == 0 ? NULL : __real_fdopendir(fd);
}

static void put(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void the_logs_of_three_earlier_runs_are_kept(void)
{
    static const char *const runs[] = {"8-b", "9-a", "9-b", "10-a", "11-a", "6-a"};
    struct stat              info;
    char                     path[64];
    int                      before;

    CHECK(mkdir("logs", 0700) == 0 && mkdir("logs/.hidden", 0700) == 0);
    CHECK(mkdir("outside", 0700) == 0 && symlink("../outside", "logs/7-link") == 0);
    put("outside/1.log");
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        (void) snprintf(path, sizeof(path), "logs/%s", runs[i]);
        CHECK(mkdir(path, 0700) == 0);
    }
    put("logs/8-b/1.log");
    put("logs/8-b/1.runs");
    put("logs/9-a/1.log");
    put("logs/9-a/1.runs");
    CHECK(mkdir("logs/9-a/" TIMES_DIRECTORY, 0700) == 0);
    put("logs/9-a/" TIMES_DIRECTORY "/1.log");
    put("logs/8-b/notes"); /* of the user */
    before = test_count_open();
    CHECK_EQUAL(logs_open("logs"), 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(is_there("outside/1.log"));
    CHECK_EQUAL(strncmp(logs_directory(), "logs/12-20", strlen("logs/12-20")), 0);
    CHECK_EQUAL(atoi(strrchr(logs_directory(), '-') + 1), getpid());
    CHECK(stat(logs_directory(), &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK(is_there("logs/8-b/notes") && !is_there("logs/8-b/1.log") &&
          !is_there("logs/8-b/1.runs"));
    CHECK(!is_there("logs/6-a") && !is_there("logs/9-a"));
    CHECK(is_there("logs/9-b") && is_there("logs/10-a") && is_there("logs/11-a") &&
          is_there("logs/.hidden"));
}

static void without_memory_old_logs_are_kept(void)
{
    static const char *opened[4]; /* what the calls of logs_open() returned, to be no leak */
    int                before = test_count_open();

    CHECK(mkdir("logs", 0700) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(mkdir((const char *[]){"logs/1-a", "logs/2-a", "logs/3-a", "logs/4-a"}[i], 0700) ==
              0);
    for (int i = 0; i < 2; i++) {
        readable = i;
        CHECK_EQUAL(logs_open("logs"), 0);
        opened[i] = logs_directory();
        CHECK_EQUAL(readable, -1);
        CHECK_EQUAL(test_count_open(), before);
        CHECK(rmdir(logs_directory()) == 0);
    }
    is_memory_full = true;
    CHECK_EQUAL(logs_open("logs"), 0);
    is_memory_full = false;
    opened[2] = logs_directory();
    CHECK(rmdir(opened[2]) == 0);
    CHECK(is_there("logs/1-a"));
    CHECK_EQUAL(logs_open("logs"), 0);
    opened[3] = logs_directory();
    CHECK(opened[3] != opened[0] && opened[3] != opened[1]);
    CHECK(!is_there("logs/1-a") && is_there("logs/2-a"));
    CHECK_EQUAL(test_count_open(), before);
}

static void the_directory_of_logs_is_made_again(void)
{
    static const char *opened[4]; /* what earlier calls of logs_open() returned, to be no leak */
    char              *path;
    int                before;

    CHECK_EQUAL(logs_open("above/logs"), -ENOENT);
    CHECK(mkdir("above", 0700) == 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[0] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/logs/1-", strlen("above/logs/1-")), 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[1] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/logs/2-", strlen("above/logs/2-")), 0);
    CHECK(mkdir("above/empty", 0700) == 0);
    CHECK_EQUAL(logs_open("above/empty"), 0);
    opened[2] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/empty/1-", strlen("above/empty/1-")), 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[3] = logs_directory();
    for (int i = 0; i < 3; i++)
        CHECK(strcmp(opened[i], opened[3]) != 0);
    path = logs_run_marks(15);
    CHECK_EQUAL(strncmp(path, logs_directory(), strlen(logs_directory())), 0);
    CHECK_TEXT(path + strlen(logs_directory()), "/15.runs");
    free(path);
    CHECK_EQUAL(logs_restore(), -EEXIST);
    CHECK(rename("above", "moved") == 0);
    before = test_count_open();
    CHECK_EQUAL(logs_restore(), 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(is_there(logs_directory()));
    CHECK(chmod("above/logs", 0750) == 0);
    before = test_count_open();
    CHECK_EQUAL(logs_restore(), -EPERM);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
    CHECK(rename("above/logs", "other") == 0 && chmod("other", 0700) == 0 &&
          symlink("../other", "above/logs") == 0);
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
    CHECK(unlink("above/logs") == 0);
    put("above/logs");
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
}

/* --log-limit: the watch is not the kernel's, but this file's */

static bool is_armed; /* what file_watch_arm() returns */
static int  watches;  /* how many are open */

void file_watch_open(struct file_watch *watch)
{
    watch->fd = STDERR_FILENO;
    watches++;
}

bool file_watch_arm(struct file_watch *watch, int file)
{
    CHECK(watch->fd == STDERR_FILENO && file >= 0);
    return is_armed;
}

void file_watch_close(struct file_watch *watch)
{
    watches -= watch->fd >= 0;
}

static int complaints;

void journal_write(const char *format, ...)
{
    CHECK_TEXT(format, "%s grows beyond its limit: the file system gives no blocks back");
    complaints++;
}

int __real_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size);

static int refusal; /* the errno of fallocate(); 0: it works */

int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
    errno = refusal;
    return refusal != 0 ? -1 : __real_fallocate(fd, mode, offset, size);
}

/* Makes the log SIZE bytes long, and checks that LOG (unless it is NULL) then frees the bytes before HOLE. */
static void grow(struct log_limit *log, off_t size, off_t hole)
{
    static char bytes[64 * BLOCK];
    int         fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat info;

    memset(bytes, 'x', sizeof(bytes));
    CHECK(fstat(fd, &info) == 0 && size >= info.st_size);
    CHECK_EQUAL(write(fd, bytes, (size_t) (size - info.st_size)), size - info.st_size);
    close(fd);
    if (log != NULL)
        log_limit_check(log);
    fd = open("log", O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(lseek(fd, 0, SEEK_DATA), hole);
    close(fd);
}

static void check_limit(void)
{
    const off_t      limit = 32 * BLOCK;
    struct log_limit log;
    struct stat      info;
    int              before = test_count_open();

    (void) unlink("log");
    put("log");
    CHECK(stat("log", &info) == 0);
    if (info.st_blksize != BLOCK)
        return;
    log_limit_open(&log, "log", limit);
    grow(&log, limit + 8 * BLOCK - 1, 0); /* a quarter of the limit is freed at a time */
    grow(&log, limit + 8 * BLOCK, 8 * BLOCK);
    grow(&log, limit + 16 * BLOCK - 1, 8 * BLOCK);
    grow(&log, limit + 17 * BLOCK + 5, 17 * BLOCK);
    grow(&log, limit + 18 * BLOCK + 5, 17 * BLOCK);
    log_limit_close(&log); /* at the end each whole block */
    grow(NULL, limit + 18 * BLOCK + 5, 18 * BLOCK);
    CHECK(truncate("log", 0) == 0);
    log_limit_open(&log, "log", 1000); /* of less than a block: a block at a time */
    grow(&log, 1000 + BLOCK - 1, 0);
    grow(&log, 1000 + BLOCK, BLOCK);
    grow(&log, 1000 + 4 * BLOCK, 4 * BLOCK);
    CHECK(truncate("log", 0) == 0); /* emptied, and as long again by the next look */
    grow(&log, 1000 + 4 * BLOCK, 4 * BLOCK);
    CHECK(truncate("log", 4 * BLOCK - 1) == 0); /* emptied */
    CHECK(truncate("log", 0) == 0);
    grow(&log, 500, 0);
    grow(&log, 1000 + BLOCK, BLOCK);
    log_limit_close(&log);
    CHECK(truncate("log", 0) == 0);
    log_limit_open(&log, "log", 1);
    grow(NULL, 1 + BLOCK, 0);
    log_limit_close(&log);
    grow(NULL, 1 + BLOCK, BLOCK);
    CHECK_EQUAL(watches, 0);
    CHECK_EQUAL(test_count_open(), before);
}

static void the_oldest_blocks_of_a_log_are_freed(void)
{
    check_limit(); /* it is looked at at intervals */
    is_armed = true;
    check_limit();
}

static void what_a_probe_has_not_read_is_kept(void)
{
    const off_t      much = 20 * 1024 * 1024;
    struct log_limit log;
    struct stat      info;

    put("log");
    CHECK(stat("log", &info) == 0);
    if (info.st_blksize != BLOCK)
        return;
    is_armed = true;
    log_limit_open(&log, "log", BLOCK);
    log_limit_check(&log);
    log.unread = 2 * BLOCK + 5;
    grow(&log, 8 * BLOCK, 2 * BLOCK);
    CHECK(log.next < clock_monotonic() + 1); /* it looks again, also if nothing more is written */
    log.unread = 5 * BLOCK;
    grow(&log, 8 * BLOCK, 5 * BLOCK);
    grow(&log, 8 * BLOCK, 5 * BLOCK);
    CHECK(log.next < clock_monotonic() + 1);
    log.unread = 8 * BLOCK;
    log_limit_check(&log);
    grow(&log, 8 * BLOCK, 7 * BLOCK);
    CHECK(log.next == (double) INFINITY);
    CHECK(truncate("log", much) == 0);
    log_limit_check(&log); /* a probe that does not keep up holds no more than 16 MiB */
    CHECK_EQUAL(log.hole, much - BLOCK - 16 * 1024 * 1024);
    log_limit_close(&log); /* there is no probe any more */
    CHECK_EQUAL(lseek(open("log", O_RDONLY | O_CLOEXEC), 0, SEEK_DATA), -1);
}

static void a_limited_log_is_looked_at_when_it_grows(void)
{
    struct log_limit log;
    double           now = clock_monotonic();

    log_limit_init(&log);
    CHECK_EQUAL(log.watch.key, -1);
    log_limit_close(&log); /* it was not opened */
    put("other");
    CHECK(symlink("other", "log") == 0);
    log_limit_open(&log, "log", BLOCK);
    CHECK_EQUAL(log.file, -1); /* a link is not followed */
    CHECK(unlink("log") == 0);
    log_limit_check(&log);
    CHECK_EQUAL(log.file, -1); /* there is no file yet, so it looks at intervals */
    CHECK(log.next >= now + FILE_WATCH_PAUSE && log.next <= clock_monotonic() + FILE_WATCH_PAUSE);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    is_armed = true;
    grow(&log, BLOCK, 0);
    CHECK(log.file >= 0);
    CHECK_EQUAL(fcntl(log.file, F_GETFD), FD_CLOEXEC);
    CHECK(log.next == (double) INFINITY);
    CHECK_EQUAL(log_limit_poll(&log).fd, STDERR_FILENO);
    CHECK_EQUAL(log_limit_poll(&log).events, POLLIN);
    now = clock_monotonic();
    grow(&log, 3 * BLOCK, 2 * BLOCK); /* the watch has told; after a pause it is armed again */
    CHECK(log.next >= now + 0.05 && log.next <= clock_monotonic() + 0.05);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    grow(&log, 5 * BLOCK, 4 * BLOCK);
    CHECK_EQUAL(log_limit_poll(&log).fd, STDERR_FILENO);
    CHECK_EQUAL(watches, 1);
    log_limit_close(&log);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    CHECK_EQUAL(watches, 0);
}

static void a_file_system_may_give_no_blocks_back(void)
{
    static const int refusals[] = {EOPNOTSUPP, ENOSYS, EPERM, EINTR};
    struct log_limit log;
    int              before = test_count_open();

    for (int i = 0; i < 4; i++) {
        bool goes_on = refusals[i] == EINTR;

        (void) unlink("log");
        grow(NULL, 8 * BLOCK, 0);
        refusal = refusals[i];
        complaints = 0;
        log_limit_open(&log, "log", BLOCK);
        CHECK_EQUAL(complaints, !goes_on);
        CHECK((log.file >= 0) == goes_on && watches == goes_on);
        refusal = 0;
        if (!goes_on) /* nothing is tried again */
            CHECK(log_limit_poll(&log).fd == -1 && log.next == (double) INFINITY);
        log_limit_close(&log);
        CHECK(watches == 0 && test_count_open() == before);
    }
}

/* A log that was long before, and one that has never been too long. */
static void a_log_is_looked_at_when_it_is_opened(void)
{
    struct log_limit log;
    char             bytes[8] = "";
    struct stat      info;
    int              fd;

    put("log");
    CHECK(stat("log", &info) == 0);
    if (info.st_blksize != BLOCK)
        return;
    grow(NULL, 8 * BLOCK, 0);
    log_limit_open(&log, "log", 4 * BLOCK);
    grow(NULL, 8 * BLOCK, 4 * BLOCK);
    is_armed = true;
    log_limit_check(&log);
    grow(&log, 9 * BLOCK + 1, 5 * BLOCK);
    log_limit_close(&log);
    CHECK(truncate("log", 0) == 0);
    grow(NULL, 5, 0);
    log_limit_open(&log, "log", 4 * BLOCK);
    log_limit_close(&log);
    fd = open("log", O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, bytes, sizeof(bytes)) == 5 && memcmp(bytes, "xxxxx", 5) == 0);
    close(fd);
}

TEST_MAIN({"kept", the_logs_of_three_earlier_runs_are_kept},
          {"memory", without_memory_old_logs_are_kept},
          {"restored", the_directory_of_logs_is_made_again},
          {"limit", the_oldest_blocks_of_a_log_are_freed},
          {"unread", what_a_probe_has_not_read_is_kept},
          {"growth", a_limited_log_is_looked_at_when_it_grows},
          {"refused", a_file_system_may_give_no_blocks_back},
          {"opened", a_log_is_looked_at_when_it_is_opened})
