/*
 * Tests the sources of the event loop that tell of changes of files: loop_inotify.h, and the watches of files for
 * workers (file_watch.h). The loop ends when there is no event.
 */
#include "tests/lib/test.h"

#include "cli/base/file_watch.h"
#include "cli/base/inotify_block.h"
#include "cli/base/loop.h"
#include "cli/base/loop_inotify.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static bool   stop;
static bool   is_overflow; /* the next read() says that events of inotify were lost */
static int    taken[16];
static size_t taken_count;

int     __real_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
int     __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __wrap_read(int fd, void *data, size_t size);

int __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout)
{
    int found = __real_epoll_wait(fd, events, size, 0);

    (void) timeout;
    stop = found == 0;
    return found;
}

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    const struct inotify_event lost = {.wd = -1, .mask = IN_Q_OVERFLOW};

    if (!is_overflow)
        return __real_read(fd, data, size);
    is_overflow = false;
    memcpy(data, &lost, sizeof(lost));
    return sizeof(lost);
}

static double after(void)
{
    return -1;
}

/* Runs the loop until there is no event. */
static void run(void)
{
    stop = false;
    CHECK_EQUAL(loop_run(&stop, after, NULL), 0);
}

static void take_number(int number)
{
    CHECK(taken_count < 16);
    taken[taken_count++] = number;
}

static int lost_count;

static void count_lost(void)
{
    lost_count++;
}

/* Returns a new file, open for writing. */
static int new_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    return fd;
}

static void changes_of_files_are_told(void)
{
    struct loop_inotify  inotify;
    struct inotify_block block = {.size = 0};
    int                  fd = new_file(), watch;
    char                 path[32];
    const int            open = test_count_open();

    CHECK_EQUAL(loop_inotify_open(&inotify, IN_MODIFY, take_number, count_lost), -EBADF);
    CHECK(inotify.source.fd == -1 && test_count_open() == open); /* there is no loop yet */
    CHECK_EQUAL(loop_open(), 0);
    CHECK_EQUAL(loop_inotify_open(&inotify, IN_MODIFY, take_number, count_lost), 0);
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    watch = inotify_add_watch(inotify.source.fd, path, IN_MODIFY | IN_ATTRIB);
    CHECK(watch >= 0);
    CHECK_EQUAL(fchmod(fd, 0640), 0); /* not an event of the mask */
    run();
    CHECK_EQUAL(taken_count, 0);
    CHECK_EQUAL(write(fd, "x", 1), 1);
    run();
    CHECK_EQUAL(taken_count, 1);
    CHECK(taken[0] == watch && lost_count == 0);
    CHECK_EQUAL(write(fd, "x", 1), 1);
    is_overflow = true;
    run();
    CHECK_EQUAL(lost_count, 1);
    CHECK(fcntl(inotify.source.fd, F_GETFD) >= 0 &&
          (fcntl(inotify.source.fd, F_GETFL) & O_NONBLOCK) != 0);
    watch = inotify.source.fd;
    loop_inotify_close(&inotify);
    CHECK(inotify.source.fd == -1 && fcntl(watch, F_GETFD) < 0);

    CHECK(!inotify_block_read(&block, -1) && inotify_block_next(&block) == NULL);
    CHECK(!inotify_block_is_full(&block));
    block.size = sizeof(block.bytes) - sizeof(struct inotify_event) - NAME_MAX - 1;
    CHECK(!inotify_block_is_full(&block)); /* one more event would have had room */
    block.size++;
    CHECK(inotify_block_is_full(&block));
}

static bool is_told(const struct file_watch *watch)
{
    struct pollfd pollfd = {.fd = watch->fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) == 1;
}

static int watching; /* the descriptor of the last watch */

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    watching = fd;
    return __real_inotify_add_watch(fd, path, mask);
}

static void a_watch_that_ends_is_told(void)
{
    int               fd = new_file();
    struct file_watch watch;

    CHECK_EQUAL(loop_open(), 0);
    file_watch_begin();
    file_watch_open(&watch);
    CHECK(file_watch_arm(&watch, fd));
    CHECK_EQUAL(inotify_rm_watch(watching, watch.key),
                0); /* as the kernel ends it behind an event */
    run();
    CHECK(is_told(&watch));
    file_watch_close(&watch);
    file_watch_end();
}

static void watches_of_files_are_told(void)
{
    int               fd = new_file(), other = new_file();
    struct file_watch first, second, third;
    int               closed;

    CHECK_EQUAL(loop_open(), 0);
    file_watch_open(&first);
    file_watch_open(&second);
    file_watch_open(&third);
    CHECK(!is_told(&first) && !file_watch_arm(&first, fd)); /* the watching has not begun */
    file_watch_begin();
    file_watch_begin();
    CHECK(file_watch_arm(&first, fd) && file_watch_arm(&second, fd) &&
          file_watch_arm(&third, other));
    CHECK_EQUAL(write(fd, "x", 1), 1);
    CHECK(!is_told(&first));
    run();
    CHECK(is_told(&first) && is_told(&second) && !is_told(&third));
    CHECK_EQUAL(write(fd, "x", 1), 1);
    CHECK(file_watch_arm(&first, fd)); /* it sees only what is written later */
    CHECK(!is_told(&first));
    run();
    CHECK(!is_told(&first));
    CHECK(file_watch_arm(&first, other)); /* instead of the file before */
    CHECK_EQUAL(write(fd, "x", 1), 1);
    run();
    CHECK(!is_told(&first));
    CHECK(file_watch_arm(&second, fd));
    CHECK_EQUAL(write(other, "x", 1), 1);
    is_overflow = true; /* any file may have been written to */
    run();
    CHECK(is_told(&first) && is_told(&second) && is_told(&third));
    CHECK(!file_watch_arm(&first, -1));
    CHECK(file_watch_arm(&second, fd));
    closed = second.fd;
    file_watch_close(&second);
    CHECK(second.fd == -1 && fcntl(closed, F_GETFD) < 0);
    CHECK_EQUAL(write(fd, "x", 1), 1);
    run(); /* the closed watch is not touched */
    is_overflow = true;
    run();
    while (CHECK(file_watch_arm(&first, fd)), first.key % 256 != 0) { /* each list is told */
        CHECK_EQUAL(write(fd, "x", 1), 1);
        run();
        CHECK(is_told(&first));
    }
    CHECK_EQUAL(write(other, "x", 1), 1);
    CHECK(file_watch_arm(&third, other));
    CHECK_EQUAL(write(other, "x", 1), 1);
    is_overflow = true;
    run();
    CHECK(is_told(&first) && is_told(&third));
    CHECK(!file_watch_arm(&second, fd));
    file_watch_close(&second);
    file_watch_end();
    CHECK(!file_watch_arm(&first, fd));
}

TEST_MAIN({"told", changes_of_files_are_told}, {"file-watches", watches_of_files_are_told},
          {"ended-watch", a_watch_that_ends_is_told})
