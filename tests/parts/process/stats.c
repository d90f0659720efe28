/*
 * Tests what is read of a process (cli/process/process_stat.h), and which of its descriptors are sockets (sockets.h).
 * What /proc says is this file's.
 */
#include "tests/lib/test.h"

#include "cli/process/proc.h"
#include "cli/process/process_stat.h"
#include "cli/process/sockets.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>

int     __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
DIR    *__real_opendir(const char *path);
DIR    *__wrap_opendir(const char *path);
ssize_t __real_readlinkat(int directory, const char *path, char *ret, size_t size);
ssize_t __wrap_readlinkat(int directory, const char *path, char *ret, size_t size);

static const char *page = "";  /* of the process */
static const char *tasks = ""; /* of each of its threads */
static int         listed, reads, clock_error;

ssize_t proc_read(pid_t pid, const char *name, char *ret, size_t size)
{
    const char *text = strcmp(name, "stat") == 0 ? page : tasks;

    (void) pid;
    reads++;
    CHECK(text == page || (strncmp(name, "task/", 5) == 0 && name[5] >= '1' && name[5] <= '9'));
    return snprintf(ret, size, "%s", text);
}

DIR *__wrap_opendir(const char *path)
{
    listed++;
    return __real_opendir(path);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    CHECK_EQUAL(clock, CLOCK_BOOTTIME);
    *ret = (struct timespec){100, 500000000};
    return clock_error;
}

/* Lines of /proc/PID/stat, with the NAME, the flags, the times and the number of threads. */
#define REST(flags, user, system, threads)                                                         \
    " S 4 5 6 7 8 " flags " 10 11 12 13 " user " " system " 16 17 18 19 " threads " 21 777 23"
#define LINE(name, flags, user, system, threads) "1 " name REST(flags, user, system, threads)

static void check_refused(const char *line)
{
    struct process_stat stat;

    page = line;
    CHECK(!process_stat_read(3, &stat));
}

static void a_line_must_be_whole(void)
{
    const double        second = (double) sysconf(_SC_CLK_TCK);
    struct process_stat stat;

    page = LINE("(a (b) c)", "68", "300", "40", "1");
    CHECK(process_stat_read(3, &stat));
    CHECK_TEXT(stat.name, "a (b) c");
    CHECK(stat.state == 'S' && stat.threads == 1 && stat.began == 777);
    CHECK(stat.leader_is_exiting && stat.is_exiting && stat.spent == 340 / second);
    page = LINE("(a)", "68", "1", "2", "2");
    CHECK(process_stat_read(3, &stat) && stat.leader_is_exiting && !stat.is_exiting);
    page = LINE("(a)", "64", "1", "2", "1");
    CHECK(process_stat_read(3, &stat) && !stat.leader_is_exiting && !stat.is_exiting);
    check_refused("");
    check_refused(LINE("a)", "68", "1", "2", "1"));
    check_refused(LINE("(a", "68", "1", "2", "1"));
    check_refused(LINE(")a(", "68", "1", "2", "1"));
    check_refused("1 (a) S 4 5 6 7 8 68 10 11 12 13 1 2 16 17 18 19 1 21");
    check_refused("1 (a) S 4");
}

static void an_age_counts_from_the_start_of_the_machine(void)
{
    const uint64_t second = (uint64_t) sysconf(_SC_CLK_TCK);

    CHECK(process_stat_age(60 * second) == 40.5);
    clock_error = -1;
    CHECK(process_stat_age(60 * second) == 0);
}

static void check_work(char state, unsigned threads, bool is_at_work, int wanted_lists)
{
    int before = test_count_open();

    listed = 0;
    CHECK_EQUAL(process_stat_is_at_work(getpid(),
                                        &(struct process_stat){.state = state, .threads = threads}),
                is_at_work);
    CHECK_EQUAL(listed, wanted_lists);
    CHECK_EQUAL(test_count_open(), before);
}

static void only_several_threads_are_looked_at(void)
{
    tasks = LINE("(a)", "64", "1", "2", "2");
    check_work('S', 1, false, 0);
    check_work('R', 1, true, 0);
    check_work('D', 2, true, 0);
    check_work('S', 2, false, 1);
    tasks = "1 (a) R 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 2 21 777 23";
    check_work('S', 2, true, 1);
    tasks = "1 (a) R 4"; /* it has ended */
    check_work('S', 2, false, 1);
    CHECK(!process_stat_is_at_work(-1, &(struct process_stat){.state = 'S', .threads = 2}));
}

static int closed_after = -1; /* how many sockets are there before the next descriptor is closed */

ssize_t __wrap_readlinkat(int directory, const char *path, char *ret, size_t size)
{
    ssize_t n = __real_readlinkat(directory, path, ret, size);

    if (n > 0 && strncmp(ret, "socket", 6) == 0 && closed_after-- == 0) {
        memcpy(ret, "socket:[77777]", 14); /* a name that is not the answer */
        errno = ENOENT;
        return -1;
    }
    return n;
}

static bool count_socket(uint64_t inode, void *context)
{
    CHECK(inode != 77777);
    return ++*(int *) context < 3;
}

static void a_closed_descriptor_is_no_socket(void)
{
    int before, found = 0, ends[4];

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends + 2), 0);
    before = test_count_open();
    closed_after = 1;
    sockets_visit(getpid(), count_socket, &found);
    CHECK_EQUAL(found, 3); /* of four; there it is told to end */
    found = 0;
    sockets_visit(getpid(), count_socket, &found);
    CHECK_EQUAL(found, 3);
    CHECK_EQUAL(test_count_open(), before);
}

TEST_MAIN({"lines", a_line_must_be_whole}, {"age", an_age_counts_from_the_start_of_the_machine},
          {"threads", only_several_threads_are_looked_at},
          {"closed", a_closed_descriptor_is_no_socket})
