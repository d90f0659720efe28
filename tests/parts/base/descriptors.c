/*
 * Tests functions of the program that know the paths of descriptors, open, send and close them, and queue bytes for
 * them.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/byte_queue.h"
#include "cli/base/descriptor_path.h"
#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/file_limit.h"
#include "cli/base/linux_calls.h"
#include "cli/base/partial_write.h"

#include <limits.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Makes a new directory for a case and enters it; directory_remove() takes it away. */
static void enter_directory(char *template)
{
    CHECK_EQUAL(directory_make_new(template), 0);
    CHECK_EQUAL(chdir(template), 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void paths_of_descriptors_are_known(void)
{
    static const char *const those[] = {"/dev/stdin",      "/dev/stdout",
                                        "/dev/stderr",     "/dev/fd/3",
                                        "/proc/self/fd/1", "/proc/thread-self/fd/1",
                                        "/proc/self/cwd/x"};
    static const char *const others[] = {"",         "/dev/std",     "dev/stdout",
                                         "/dev/fdx", "/proc/1/fd/1", "/dev/null"};
    char                     directory[] = "/tmp/k3thread-test-XXXXXX", path[64], wanted[64];
    char                    *found;
    int                      file, ends[2];

    for (size_t i = 0; i < COUNT(those); i++)
        CHECK(descriptor_path_is(those[i]));
    for (size_t i = 0; i < COUNT(others); i++)
        CHECK(!descriptor_path_is(others[i]));
    enter_directory(directory);
    file = open("file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    CHECK(file >= 0 && pipe2(ends, O_CLOEXEC) == 0);
    (void) snprintf(path, sizeof(path), "/dev/fd/%d", file);
    (void) snprintf(wanted, sizeof(wanted), "%s/file", directory);
    found = descriptor_path_file(path);
    CHECK_TEXT(found, wanted);
    free(found);
    (void) snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    CHECK(descriptor_path_file(path) == NULL);

    /* A file with the name by which the kernel shows a removed file is another file. */
    (void) snprintf(path, sizeof(path), "/dev/fd/%d", file);
    CHECK_EQUAL(unlink("file"), 0);
    CHECK(descriptor_path_file(path) == NULL);
    close(open("file (deleted)", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    CHECK(access("file (deleted)", F_OK) == 0 && descriptor_path_file(path) == NULL);
    directory_remove(directory);
}

/* Returns a descriptor of a new file, open with FLAGS. */
static int new_file(int flags)
{
    int fd = open("/tmp", O_TMPFILE | O_CLOEXEC | flags, 0600);

    CHECK(fd >= 0);
    return fd;
}

static bool appends(int fd)
{
    return (fcntl(fd, F_GETFL) & O_APPEND) != 0;
}

static void descriptors_append(void)
{
    static const char *const forms[] = {"/dev/fd/%d", "/proc/self/fd/%d",
                                        "/proc/thread-self/fd/%d"};
    static const char *const others[] = {"/dev/fd/%dx", "/proc/self/cwd/%d", "/dev/fd/-%d",
                                         "/dev/fx/%d"};
    char                     path[64];
    int                      ends[2], read_only, fd = new_file(O_RDWR);

    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    read_only = open(path, O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(descriptor_append(read_only), -EBADF);
    CHECK_EQUAL(descriptor_append(-1), -EBADF);
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    errno = 0;
    CHECK_EQUAL(descriptor_append(ends[0]), -EBADF);
    CHECK_EQUAL(descriptor_append(ends[1]), 0);
    CHECK(!appends(ends[1]) && !appends(fd)); /* a pipe needs no flag */
    CHECK_EQUAL(descriptor_append(fd), 0);
    CHECK(appends(fd));
    CHECK_EQUAL(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    CHECK_EQUAL(descriptor_append(fd), 0);
    CHECK(appends(fd));

    for (size_t i = 0; i < COUNT(forms); i++) {
        fd = dup2(new_file(O_WRONLY), 23);
        (void) snprintf(path, sizeof(path), forms[i], fd);
        CHECK_EQUAL(descriptor_path_append(path), 0);
        CHECK(appends(fd));
        CHECK_EQUAL(descriptor_path_number(path), 23);
    }
    CHECK(descriptor_path_number("/dev/stdin") == 0 && descriptor_path_number("/dev/stderr") == 2);
    fd = new_file(O_WRONLY);
    CHECK_EQUAL(dup2(fd, STDIN_FILENO),
                STDIN_FILENO); /* which a word that is no number does not mean */
    for (size_t i = 0; i < COUNT(others); i++) {
        (void) snprintf(path, sizeof(path), others[i], fd);
        CHECK_EQUAL(descriptor_path_append(path), 0);
    }
    CHECK_EQUAL(descriptor_path_append("/dev/fd/"), 0);
    CHECK_EQUAL(descriptor_path_append("/dev/fd/4294967296"), 0); /* it is not 0 */
    CHECK_EQUAL(descriptor_path_append("/dev/fd/1a"), 0);
    CHECK(!appends(fd));
    CHECK_EQUAL(descriptor_path_append("/dev/fd/12345"), -EBADF);
    CHECK_EQUAL(descriptor_path_append("/dev/fd/2147483647"), -EBADF);
    CHECK_EQUAL(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    CHECK_EQUAL(descriptor_path_append("/dev/stdout"), 0);
    CHECK(appends(fd));
    fd = new_file(O_WRONLY);
    CHECK_EQUAL(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    CHECK_EQUAL(descriptor_path_append("/dev/fd/0"), 0);
    CHECK(appends(fd));
    fd = new_file(O_WRONLY);
    CHECK_EQUAL(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    CHECK_EQUAL(descriptor_path_append("/dev/stderr"), 0);
    CHECK(appends(fd));
}

static void descriptors_are_closed_and_sent(void)
{
    int           ends[2], fd = new_file(O_RDWR), again, first, second;
    char          byte = 'x', got, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec  part = {.iov_base = &byte, .iov_len = 1}, in = {.iov_base = &got, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &in, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};

    CHECK_EQUAL(write(fd, "abc", 3), 3);
    again = descriptors_reopen(fd, O_RDONLY); /* with a place of its own */
    CHECK(again > fd && (fcntl(again, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_EQUAL(read(again, &got, 1), 1);
    CHECK_EQUAL(got, 'a');
    CHECK_EQUAL(write(again, "x", 1), -1);
    CHECK_EQUAL(descriptors_reopen(12345, O_RDONLY), -ENOENT);
    first = again;
    descriptors_close(&again);
    CHECK(again == -1 && !is_open(first));
    descriptors_close(&again); /* it is closed already */

    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    CHECK_EQUAL(descriptors_send(ends[0], fd, &part, 1, 0), 1);
    CHECK_EQUAL(recvmsg(ends[1], &message, 0), 1);
    CHECK_EQUAL(got, 'x');
    CHECK(CMSG_FIRSTHDR(&message) != NULL);
    memcpy(&again, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(again));
    CHECK_EQUAL(pread(again, &got, 1, 2), 1);
    CHECK_EQUAL(got, 'c');
    again = descriptors_duplicate(fd, 20);
    CHECK(again >= 20 && (fcntl(again, F_GETFD) & FD_CLOEXEC) != 0);
    close(again);
    CHECK_EQUAL(descriptors_duplicate(12345, 20), -EBADF);
    CHECK_EQUAL(descriptors_duplicate(fd, INT_MAX), -EMFILE);
    close(ends[1]);
    CHECK_EQUAL(descriptors_send(ends[0], fd, &part, 1, 0), -EPIPE); /* and no SIGPIPE */

    first = dup(STDERR_FILENO);
    second = dup(STDERR_FILENO);
    CHECK(first >= 0 && second > first);
    CHECK_EQUAL(descriptors_close_on_exec(), 0);
    CHECK(descriptors_have_range());
    CHECK((fcntl(first, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(second, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_EQUAL(fcntl(STDERR_FILENO, F_GETFD) & FD_CLOEXEC, 0);
    descriptors_close_from(second);
    CHECK(!is_open(second) && is_open(first));
}

static bool is_range_refused;

/* The linker replaces syscall() by this: see the Makefile. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[5];

    va_start(arguments, number);
    for (int i = 0; i < 5; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    if (is_range_refused && number == SYS_close_range) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, list[0], list[1], list[2], list[3], list[4]);
}

static void a_range_may_be_refused(void)
{
    static const int numbers[] = {3, 20, 21, 22, 40};
    struct rlimit    before, limit;
    int              unused;

    is_range_refused = true;
    CHECK(descriptors_have_range());
    for (size_t i = 0; i < COUNT(numbers); i++)
        CHECK_EQUAL(dup2(STDERR_FILENO, numbers[i]), numbers[i]);
    unused = dup(STDERR_FILENO);
    close(unused);
    CHECK_EQUAL(descriptors_close_on_exec(), 0);
    CHECK(!descriptors_have_range());
    CHECK_EQUAL(dup(STDERR_FILENO), unused);
    for (size_t i = 0; i < COUNT(numbers); i++)
        CHECK_EQUAL(fcntl(numbers[i], F_GETFD), FD_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        CHECK_EQUAL(fcntl(fd, F_GETFD), 0);
    descriptors_close_from(21);
    CHECK(is_open(3) && is_open(20) && !is_open(21) && !is_open(22) && !is_open(40));
    close(unused);
    CHECK_EQUAL(dup(STDERR_FILENO), unused); /* the directory of descriptors was closed */
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){0, before.rlim_max}; /* no directory can be opened */
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQUAL(descriptors_close_on_exec(), -EMFILE);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0); /* for a sanitizer at the end */
}

static int interruptions; /* of the next calls of write() */

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (interruptions == 0)
        return __real_write(fd, data, size);
    interruptions--;
    errno = EINTR;
    return -1;
}

static void a_descriptor_takes_what_it_can(void)
{
    static char bytes[256 * 1024];
    const char *rest = bytes;
    size_t      size = 0, room;
    char        got;
    int         ends[2];

    CHECK_EQUAL(partial_write(-1, &rest, &size), 0); /* there is nothing to write */
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    room = (size_t) fcntl(ends[1], F_SETPIPE_SZ, 65536);
    size = sizeof(bytes);
    interruptions = 2;
    CHECK_EQUAL(partial_write(ends[1], &rest, &size), -EAGAIN);
    CHECK(rest == bytes + room && size == sizeof(bytes) - room);
    for (size_t i = 0; i < room; i++)
        CHECK_EQUAL(read(ends[0], &got, 1), 1);
    rest = "x";
    size = 1;
    CHECK_EQUAL(partial_write(ends[1], &rest, &size), 0);
    CHECK(rest[0] == '\0' && size == 0);
    CHECK(read(ends[0], &got, 1) == 1 && got == 'x');
    size = 1;
    CHECK_EQUAL(partial_write(-1, &rest, &size), -EBADF);
    CHECK_EQUAL(size, 1);
}

static bool no_memory;

/* The linker replaces asprintf(), or what the compiler makes of it, by these: see the Makefile. */
__attribute__((format(printf, 2, 3))) int __wrap_asprintf(char **ret, const char *format, ...);
__attribute__((format(printf, 3, 4))) int __wrap___asprintf_chk(char **ret, int flag,
                                                                const char *format, ...);

static int print(char **ret, const char *format, va_list arguments)
{
    *ret = (char *) 1; /* what a failure leaves there is nothing to be freed */
    return no_memory ? -1 : vasprintf(ret, format, arguments);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list arguments;
    int     size;

    va_start(arguments, format);
    size = print(ret, format, arguments);
    va_end(arguments);
    return size;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
    va_list arguments;
    int     size;

    (void) flag;
    va_start(arguments, format);
    size = print(ret, format, arguments);
    va_end(arguments);
    return size;
}

static void a_path_may_find_no_memory(void)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX";

    enter_directory(directory);
    CHECK_EQUAL(symlink("none", "link"), 0);
    no_memory = true;
    CHECK(directory_resolve("./none") == NULL);
    CHECK(directory_resolve("./link") == NULL);
    directory_remove(directory);
}

/* Checks that the queue has WANTED, and takes SIZE bytes of it. */
static void check_taken(struct byte_queue *queue, const char *wanted, size_t size)
{
    CHECK_EQUAL(byte_queue_size(queue), strlen(wanted));
    CHECK(memcmp(byte_queue_front(queue), wanted, strlen(wanted)) == 0);
    byte_queue_take(queue, size);
}

static void bytes_are_queued(void)
{
    struct byte_queue queue = {0};
    struct text       text = {0};

    byte_queue_add(&queue, "abcdef", 6);
    check_taken(&queue, "abcdef", 4);
    byte_queue_add(&queue, "gh", 2); /* this uses the room of the bytes that were taken */
    CHECK(queue.taken == 0 && queue.bytes.size == 4);
    check_taken(&queue, "efgh", 1);
    byte_queue_add(&queue, "i", 1); /* to move three bytes for one would be slow */
    CHECK_EQUAL(queue.taken, 1);
    text_add(&text, "jk");
    byte_queue_add_text(&queue, &text);
    CHECK(text.data == NULL);
    check_taken(&queue, "fghijk", 3);
    CHECK(byte_queue_reserve(&queue, 100));
    CHECK_EQUAL(queue.taken, 0);
    check_taken(&queue, "ijk", 3);
    CHECK(queue.bytes.size == 0 && queue.taken == 0 && queue.bytes.data != NULL);

    byte_queue_add(&queue, "ab", 2);
    byte_queue_take(&queue, 1);
    byte_queue_add(&queue, "c", 1); /* as many bytes as were taken are moved */
    CHECK_EQUAL(queue.taken, 0);
    check_taken(&queue, "bc", 2);

    CHECK(byte_queue_reserve(&queue, 4096)); /* so much memory is kept */
    CHECK_EQUAL(queue.bytes.capacity, 4096);
    byte_queue_take(&queue, 0);
    CHECK(queue.bytes.data != NULL);
    CHECK(byte_queue_reserve(&queue, 4097)); /* and more is freed */
    queue.bytes.size = 1;
    byte_queue_take(&queue, 1);
    CHECK(queue.bytes.data == NULL && queue.bytes.capacity == 0);

    text.failed = true;
    byte_queue_add_text(&queue, &text);
    CHECK_EQUAL(byte_queue_flush(&queue, -1), -ENOMEM);
    queue.taken = 7;
    byte_queue_release(&queue);
    CHECK(queue.taken == 0 && !queue.bytes.failed);
}

static void queues_are_flushed(void)
{
    struct byte_queue queue = {0};
    char              bytes[300 * 1024], *got = malloc(sizeof(bytes));
    size_t            size = 0;
    ssize_t           n;
    int               ends[2];

    CHECK(got != NULL);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char) (i * 7 + i / 251);
    CHECK_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQUAL(byte_queue_flush(&queue, -1), 0); /* there is nothing to write */
    byte_queue_add(&queue, bytes, sizeof(bytes));
    CHECK_EQUAL(byte_queue_flush(&queue, ends[1]), 0); /* the pipe is full */
    CHECK(byte_queue_size(&queue) > 0 && byte_queue_size(&queue) < sizeof(bytes));
    do {
        n = read(ends[0], got + size, sizeof(bytes) - size);
        CHECK(n > 0);
        size += (size_t) n;
        CHECK_EQUAL(byte_queue_flush(&queue, ends[1]), 0);
    } while (size < sizeof(bytes));
    CHECK(memcmp(bytes, got, sizeof(bytes)) == 0);
    CHECK_EQUAL(byte_queue_size(&queue), 0);
    byte_queue_add(&queue, "x", 1);
    CHECK_EQUAL(byte_queue_flush(&queue, -1), -EBADF);
    CHECK_EQUAL(byte_queue_size(&queue), 1);
    byte_queue_release(&queue);
    free(got);
}

static void the_limit_of_files_is_raised(void)
{
    struct rlimit before, after;

    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    before.rlim_cur = 64;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    file_limit_raise();
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &after), 0);
    CHECK(after.rlim_cur == before.rlim_max && after.rlim_max == before.rlim_max);
}

TEST_MAIN({"paths", paths_of_descriptors_are_known}, {"append", descriptors_append},
          {"descriptors", descriptors_are_closed_and_sent}, {"queue", bytes_are_queued},
          {"flushed", queues_are_flushed}, {"limit", the_limit_of_files_is_raised},
          {"refused", a_range_may_be_refused}, {"no-memory", a_path_may_find_no_memory},
          {"write", a_descriptor_takes_what_it_can})
