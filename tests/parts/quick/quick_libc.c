/*
 * Tests the functions that the quick way has in place of the C library's (cli/quick/libc.c). Here their names begin
 * with quick_, and each is compared with the function of the C library or with what that has to do.
 */
#include "tests/lib/test.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

void    quick_libc_begin(char *const *environment);
int    *quick___errno_location(void);
void   *quick_malloc(size_t size);
void   *quick_realloc(void *old, size_t size);
void    quick_free(void *block);
void   *quick_memcpy(void *to, const void *from, size_t size);
void   *quick_memmove(void *to, const void *from, size_t size);
void   *quick_memset(void *to, int byte, size_t size);
int     quick_memcmp(const void *a, const void *b, size_t size);
void   *quick_memchr(const void *data, int byte, size_t size);
size_t  quick_strlen(const char *string);
size_t  quick_strnlen(const char *string, size_t most);
int     quick_strcmp(const char *a, const char *b);
int     quick_strncmp(const char *a, const char *b, size_t size);
char   *quick_strchr(const char *string, int byte);
size_t  quick_strspn(const char *string, const char *bytes);
size_t  quick_strcspn(const char *string, const char *bytes);
char   *quick_strpbrk(const char *string, const char *bytes);
char   *quick_strdup(const char *string);
int     quick_vsnprintf(char *to, size_t size, const char *format, va_list arguments);
char   *quick_strerror(int error);
char   *quick_getenv(const char *name);
char   *quick_getcwd(char *path, size_t size);
uid_t   quick_geteuid(void);
mode_t  quick_umask(mode_t mask);
int     quick_getrlimit(int resource, struct rlimit *ret);
int     quick_getpriority(int which, id_t who);
void    quick__exit(int status);
int     quick_open(const char *path, int flags, ...);
int     quick_close(int fd);
ssize_t quick_write(int fd, const void *data, size_t size);
int     quick_ioctl(int fd, unsigned long request, ...);
int     quick_poll(struct pollfd *pollfds, nfds_t count, int milliseconds);
int     quick_socket(int domain, int type, int protocol);
int     quick_connect(int fd, const struct sockaddr *address, socklen_t size);
int     quick_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
ssize_t quick_send(int fd, const void *data, size_t size, int flags);
ssize_t quick_recv(int fd, void *data, size_t size, int flags);

/* The memory that the quick way has, and what a block of it needs besides its bytes. */
#define MEMORY ((size_t) 8 * 1024 * 1024)
#define HEAD   16

static void blocks_are_aligned_and_apart(void)
{
    char *first = quick_malloc(1), *second = quick_malloc(16), *third = quick_malloc(17);
    char *fourth = quick_malloc(0);

    CHECK((uintptr_t) first % HEAD == 0);
    CHECK_EQUAL(second - first, 2 * HEAD);
    CHECK_EQUAL(third - second, 2 * HEAD);
    CHECK_EQUAL(fourth - third, 3 * HEAD);
    quick_free(first);
    CHECK((char *) quick_malloc(1) > fourth);
}

static void memory_ends(void)
{
    char *block;

    CHECK(quick_malloc(SIZE_MAX) == NULL);
    CHECK(quick_malloc(SIZE_MAX - HEAD) == NULL);
    CHECK(quick_malloc(MEMORY) == NULL);
    CHECK(quick_malloc(MEMORY - HEAD + 1) == NULL);
    block = quick_malloc(MEMORY - 3 * HEAD);
    CHECK(block != NULL);
    memset(block, 7, MEMORY - 3 * HEAD);
    CHECK(quick_malloc(HEAD + 1) == NULL);
    CHECK(quick_realloc(block, MEMORY) == NULL); /* the block is still there */
    CHECK(quick_malloc(HEAD + 1) == NULL);
    CHECK(quick_malloc(HEAD) == block + MEMORY - 2 * HEAD);
    CHECK(quick_malloc(0) == NULL);
    for (size_t i = 0; i < MEMORY - 3 * HEAD; i++)
        CHECK(block[i] == 7);
}

static void a_block_grows_where_it_is_if_it_is_the_last(void)
{
    char *block = quick_realloc(NULL, 3), *next, *moved;

    CHECK(block != NULL);
    memcpy(block, "abc", 3);
    CHECK(quick_realloc(block, 3) == block);
    CHECK(quick_realloc(block, 2) == block);
    CHECK(quick_realloc(block, 40) == block);
    CHECK(memcmp(block, "abc", 3) == 0);
    next = quick_malloc(5);
    CHECK_EQUAL(next - block, 4 * HEAD);
    memcpy(next, "other", 5);
    moved = quick_realloc(block, 41);
    CHECK(moved > next);
    CHECK(memcmp(moved, "abc", 3) == 0);
    CHECK(memcmp(next, "other", 5) == 0);
    next = quick_malloc(1);
    *next = 'x';
    CHECK(quick_malloc(1) != NULL);
    moved = quick_realloc(next, 17);
    CHECK(moved != next && *moved == 'x');
}

static void bytes_are_copied(void)
{
    char from[64], to[64], wanted[64];

    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (char) ('A' + i);
    for (size_t size = 0; size <= 40; size++) {
        memset(to, '.', sizeof(to));
        memset(wanted, '.', sizeof(wanted));
        CHECK(quick_memcpy(to + 3, from + 1, size) == to + 3);
        memcpy(wanted + 3, from + 1, size);
        CHECK(memcmp(to, wanted, sizeof(to)) == 0);
        CHECK(quick_memset(to + 5, -1, size) == to + 5);
        memset(wanted + 5, -1, size);
        CHECK(memcmp(to, wanted, sizeof(to)) == 0);
        for (int shift = -3; shift <= 3; shift++) {
            memcpy(to, from, sizeof(to));
            memcpy(wanted, from, sizeof(wanted));
            CHECK(quick_memmove(to + 10 + shift, to + 10, size) == to + 10 + shift);
            memmove(wanted + 10 + shift, wanted + 10, size);
            CHECK(memcmp(to, wanted, sizeof(to)) == 0);
        }
    }
}

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void bytes_are_compared_and_found(void)
{
    static const char *const words[] = {"",  "a",    "ab",   "abc",          "abd",
                                        "b", "\xff", "\x7f", "abcdefghijkl", "abcdefghijkm"};
    const size_t             count = sizeof(words) / sizeof(words[0]);
    char                     bytes[40];

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            CHECK_EQUAL(sign(quick_strcmp(words[i], words[k])), sign(strcmp(words[i], words[k])));
            for (size_t size = 0; size < 14; size++)
                CHECK_EQUAL(sign(quick_strncmp(words[i], words[k], size)),
                            sign(strncmp(words[i], words[k], size)));
        }
    CHECK_EQUAL(quick_memcmp("ab", "ac", 1), 0);
    CHECK(quick_memcmp("ab", "ac", 2) < 0);
    CHECK(quick_memcmp("\xff", "a", 1) > 0);
    CHECK_EQUAL(quick_memcmp("a\0b", "a\0c", 2), 0);
    CHECK(quick_memcmp("a\0b", "a\0c", 3) < 0);
    for (size_t size = 0; size <= 20; size++)
        for (size_t at = 0; at <= sizeof(bytes) - 8; at++) {
            memset(bytes, 'x', sizeof(bytes));
            bytes[at] = (char) 0xe4;
            bytes[at + 1] = (char) 0xe4; /* the first counts */
            CHECK(quick_memchr(bytes, 0xe4, size) == (at < size ? bytes + at : NULL));
        }
}

static void strings_are_searched(void)
{
    char *copy;

    CHECK_EQUAL(quick_strlen(""), 0);
    CHECK_EQUAL(quick_strlen("abc"), 3);
    CHECK_EQUAL(quick_strnlen("abc", 5), 3);
    CHECK_EQUAL(quick_strnlen("abc", 2), 2);
    CHECK_EQUAL(quick_strnlen("", 5), 0);
    CHECK_EQUAL(quick_strnlen("abc", 0), 0);
    CHECK_TEXT(quick_strchr("abcb", 'b'), "bcb");
    CHECK_TEXT(quick_strchr("ab", '\0'), "");
    CHECK(quick_strchr("ab", 'x') == NULL);
    CHECK_EQUAL(quick_strspn("aabbc", "ba"), 4);
    CHECK_EQUAL(quick_strspn("aab", "ba"), 3);
    CHECK_EQUAL(quick_strspn("xa", "ba"), 0);
    CHECK_EQUAL(quick_strcspn("xyza", "ba"), 3);
    CHECK_EQUAL(quick_strcspn("xyz", "ba"), 3);
    CHECK_TEXT(quick_strpbrk("xyzab", "ba"), "ab");
    CHECK(quick_strpbrk("xyz", "ba") == NULL);
    copy = quick_strdup("abc");
    CHECK_TEXT(copy, "abc");
    CHECK_EQUAL((char *) quick_malloc(1) - copy, 2 * HEAD);
    CHECK_TEXT(quick_strerror(ENOENT), "");
}

/* Calls quick_vsnprintf(). */
static int format_words(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    int     length;

    va_start(arguments, format);
    length = quick_vsnprintf(to, size, format, arguments);
    va_end(arguments);
    return length;
}

static void formatted_text_is_left_to_the_program(void)
{
    char bytes[8];

    CHECK_EQUAL(format_words(bytes, sizeof(bytes), "%d", 1), -1);
}

static void variables_are_found_by_their_whole_names(void)
{
    static char one[] = "AB=1", two[] = "A=2", three[] = "EMPTY=", four[] = "=no",
                five[] = "A=later";
    static char *variables[] = {one, two, three, four, five, NULL};

    quick_libc_begin(variables);
    CHECK_TEXT(quick_getenv("A"), "2");
    CHECK_TEXT(quick_getenv("AB"), "1");
    CHECK_TEXT(quick_getenv("EMPTY"), "");
    CHECK(quick_getenv("ABC") == NULL);
    CHECK(quick_getenv("EMPT") == NULL);
}

/* Leaves the root directory for one that the working directory is outside of. */
static void go_outside(void)
{
    char directory[] = "/tmp/k3thread-test-XXXXXX";

    CHECK(mkdtemp(directory) != NULL && chdir("/tmp") == 0);
    CHECK_EQUAL(chroot(directory), 0);
    CHECK(quick_getcwd(NULL, 0) == NULL);
    CHECK_EQUAL(*quick___errno_location(), ENOENT);
    CHECK_EQUAL(rmdir(directory + strlen("/tmp/")), 0); /* by the working directory */
}

static void a_directory_outside_of_the_root_has_no_path(void)
{
    char output[200];

    if (geteuid() != 0)
        return; /* only root can leave a directory in this way */
    CHECK_EQUAL(test_child(go_outside, output, sizeof(output)), 0);
}

static void the_process_is_described(void)
{
    char          path[PATH_MAX], *found;
    struct rlimit mine, wanted;
    int           status;
    pid_t         pid;

    CHECK(getcwd(path, sizeof(path)) != NULL);
    found = quick_getcwd(NULL, 0);
    CHECK(found != NULL);
    CHECK_TEXT(found, path);
    CHECK(quick_getcwd(path, 2) == NULL);
    CHECK_EQUAL(*quick___errno_location(), ERANGE);
    CHECK_EQUAL(quick_geteuid(), geteuid());
    (void) umask(027);
    CHECK_EQUAL(quick_umask(031), 027);
    CHECK_EQUAL(umask(0), 031);
    CHECK(getrlimit(RLIMIT_NOFILE, &wanted) == 0);
    wanted.rlim_cur = 99; /* no other process has this limit */
    CHECK(setrlimit(RLIMIT_NOFILE, &wanted) == 0);
    CHECK_EQUAL(quick_getrlimit(RLIMIT_NOFILE, &mine), 0);
    CHECK(mine.rlim_cur == wanted.rlim_cur && mine.rlim_max == wanted.rlim_max);
    CHECK_EQUAL(quick_getrlimit(1000, &mine), -1);
    CHECK_EQUAL(*quick___errno_location(), EINVAL);
    CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0);
    CHECK_EQUAL(quick_getpriority(PRIO_PROCESS, 0), 7);
    CHECK_EQUAL(quick_getpriority(99, 0), -1);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        quick__exit(3);
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void descriptors_are_used(void)
{
    struct pollfd pollfd = {.events = POLLIN};
    char          bytes[4] = "";
    int           ends[2], available = 0, fd;
    double        began;

    CHECK_EQUAL(quick_open("./none", O_RDONLY), -1);
    CHECK_EQUAL(*quick___errno_location(), ENOENT);
    fd = quick_open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(quick_write(fd, "ab", 2), 2);
    CHECK_EQUAL(quick_close(fd), 0);
    CHECK_EQUAL(quick_write(fd, "ab", 2), -1);
    CHECK_EQUAL(*quick___errno_location(), EBADF);
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    pollfd.fd = ends[0];
    began = test_now();
    CHECK_EQUAL(quick_poll(&pollfd, 1, 0), 0);
    CHECK_EQUAL(quick_poll(&pollfd, 1, 20), 0);
    CHECK(test_now() - began >= 0.02 && test_now() - began < 10);
    CHECK_EQUAL(quick_write(ends[1], "abc", 3), 3);
    CHECK_EQUAL(quick_poll(&pollfd, 1, -1), 1);
    CHECK_EQUAL(quick_poll(&pollfd, 1, 1000), 1);
    CHECK_EQUAL(pollfd.revents, POLLIN);
    CHECK_EQUAL(quick_ioctl(ends[0], FIONREAD, &available), 0);
    CHECK_EQUAL(available, 3);
    CHECK_EQUAL(read(ends[0], bytes, 3), 3);
    CHECK_TEXT(bytes, "abc");
    close(ends[0]);
    close(ends[1]);
}

static void sockets_are_used(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "./socket"};
    struct ucred       peer;
    socklen_t          size = sizeof(peer);
    char               bytes[4] = "";
    int                listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int                fd = quick_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), other;

    CHECK(listener >= 0 && fd >= 0);
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(quick_connect(fd, (struct sockaddr *) &address, sizeof(address)), -1);
    CHECK_EQUAL(*quick___errno_location(), ENOENT);
    CHECK(bind(listener, (struct sockaddr *) &address, sizeof(address)) == 0 &&
          listen(listener, 1) == 0);
    CHECK_EQUAL(quick_connect(fd, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK_EQUAL(quick_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
    CHECK_EQUAL(peer.pid, getpid());
    other = accept(listener, NULL, NULL);
    CHECK(other >= 0);
    CHECK_EQUAL(quick_recv(fd, bytes, 3, MSG_DONTWAIT), -1);
    CHECK_EQUAL(*quick___errno_location(), EAGAIN);
    CHECK_EQUAL(quick_send(fd, "abc", 3, MSG_NOSIGNAL), 3);
    CHECK_EQUAL(quick_recv(other, bytes, 2, MSG_PEEK), 2);
    CHECK_TEXT(bytes, "ab");
    CHECK_EQUAL(quick_recv(other, bytes, 3, 0), 3);
    close(other);
    CHECK_EQUAL(quick_send(fd, "abc", 3, MSG_NOSIGNAL), -1);
    CHECK_EQUAL(*quick___errno_location(), EPIPE);
    close(fd);
    close(listener);
}

TEST_MAIN({"blocks", blocks_are_aligned_and_apart}, {"full", memory_ends},
          {"growth", a_block_grows_where_it_is_if_it_is_the_last}, {"copies", bytes_are_copied},
          {"compared", bytes_are_compared_and_found}, {"strings", strings_are_searched},
          {"format", formatted_text_is_left_to_the_program},
          {"variables", variables_are_found_by_their_whole_names},
          {"process", the_process_is_described},
          {"outside", a_directory_outside_of_the_root_has_no_path},
          {"descriptors", descriptors_are_used}, {"sockets", sockets_are_used})
