/*
 * Tests the socket of a supervisor (cli/place/socket.h) and its bell (bell.h). Each case makes its files in the current
 * directory. The mounts are what a case says.
 */
#include "tests/lib/test.h"
#include "tests/parts/place/placed.h"

#include "cli/base/linux_calls.h"
#include "cli/place/bell.h"
#include "cli/place/place.h"
#include "cli/place/socket.h"

#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/un.h>

static bool     is_old; /* the kernel does not know which directories are mounts */
static int      listen_error;
static uint64_t root = 2; /* the inode of the root directory, where mounts are as a case says */

/* Sockets */

static void a_socket_is_for_its_user_alone(void)
{
    int          before = test_count_open(), listener, client;
    mode_t       mask = umask(0);
    struct ucred peer;
    struct stat  info;

    CHECK_EQUAL(socket_connect("./x"), -ENOENT);
    listener = socket_listen("./x");
    CHECK(listener >= 0);
    CHECK_EQUAL(umask(mask), 0);
    CHECK(lstat("x", &info) == 0);
    CHECK_EQUAL(info.st_mode & 07777, 0700);
    CHECK_EQUAL(fcntl(listener, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(socket_listen("./x"), -EADDRINUSE);
    client = socket_connect("./x");
    CHECK(client >= 0);
    CHECK_EQUAL(fcntl(client, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(socket_find_peer(client, &peer), 0);
    CHECK(peer.pid == getpid() && peer.uid == geteuid());
    CHECK_EQUAL(socket_find_peer(-1, &peer), -EBADF);
    close(client);
    close(listener);
    CHECK_EQUAL(socket_connect("./x"), -ECONNREFUSED);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(socket_remove_stale("./x"), 0);
    CHECK(lstat("x", &info) < 0);
    CHECK_EQUAL(socket_remove_stale("./x"), 0); /* it is not there any more */
    close(open("file", O_WRONLY | O_CREAT, 0600));
    CHECK_EQUAL(socket_remove_stale("./file"), -ENOTSOCK);
    CHECK_EQUAL(access("file", F_OK), 0);
    CHECK_EQUAL(socket_remove_stale("./file/x"), -ENOTDIR);
    listener = socket_listen("./y");
    CHECK(symlink("y", "link") == 0);
    CHECK_EQUAL(socket_remove_stale("./link"), -ENOTSOCK);
    close(listener);
    listen_error = ENOBUFS;
    CHECK_EQUAL(socket_listen("./z"), -ENOBUFS);
    CHECK_EQUAL(test_count_open(), before);
    if (geteuid() == 0) {
        CHECK(chmod(".", 0755) == 0 && seteuid(65534) == 0);
        CHECK_EQUAL(socket_remove_stale("./y"), -EACCES);
        CHECK_EQUAL(seteuid(0), 0);
    }
}

/* Bells */

static int                waited; /* the milliseconds of the last wait for an answer to the bell */
static bool               is_answered; /* whether a bell is answered */
static int                bell = -1;
static struct linux_statx mounted; /* if not 0, the file system at the current directory */

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    static bool was_interrupted;

    waited = timeout;
    was_interrupted = !was_interrupted;
    if (was_interrupted) {
        errno = EINTR;
        return -1;
    }
    if (is_answered)
        close(accept(bell, NULL, NULL));
    return __real_poll(fds, count, is_answered ? timeout : 0);
}

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[5], result;

    va_start(arguments, number);
    for (int i = 0; i < 5; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    result = __real_syscall(number, list[0], list[1], list[2], list[3], list[4]);
    if (number == SYS_statx && mounted.inode != 0) {
        struct linux_statx *ret = (void *) list[4]; // NOLINT(performance-no-int-to-ptr)

        if (strcmp((const char *) list[1], here) == 0) // NOLINT(performance-no-int-to-ptr)
            *ret = mounted;
        else
            ret->attributes = 0;
        if (strcmp((const char *) list[1], "/") == 0) // NOLINT(performance-no-int-to-ptr)
            ret->inode = root;
        ret->attributes_known = is_old ? 0 : LINUX_STATX_ATTR_MOUNT_ROOT;
    }
    return result;
}

int __wrap_stat(const char *path, struct stat *ret);
int __real_stat(const char *path, struct stat *ret);
int __wrap_stat(const char *path, struct stat *ret)
{
    size_t length = strlen(here);
    int    result = __real_stat(path, ret);

    if (is_old)
        ret->st_dev = strncmp(path, here, length) == 0 && strcmp(path + length, "/..") != 0;
    return result;
}

int __wrap_listen(int fd, int most);
int __real_listen(int fd, int most);
int __wrap_listen(int fd, int most)
{
    int result = listen_error != 0 ? -1 : __real_listen(fd, most);

    errno = listen_error != 0 ? listen_error : EIO; /* of another call */
    return result;
}

/* Rings at SOCKET. Returns what bell_ring() says. */
static int ring(const char *socket)
{
    struct place place = resolve(NULL, socket);
    pid_t        pid = -1;
    int          before = test_count_open(), result = bell_ring(&place, &pid);

    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(pid, result == -ENOENT ? -1 : getpid());
    place_release(&place);
    return result;
}

static void open_bell(const char *socket)
{
    struct place place = resolve(NULL, socket);

    if (bell >= 0)
        close(bell);
    bell = bell_open(&place);
    CHECK(bell >= 0);
    place_release(&place);
}

/* Checks that the address of the bell is abstract and has all digits of the hash. */
static void check_address(void)
{
    struct sockaddr_un address;
    socklen_t          size = sizeof(address);

    CHECK(getsockname(bell, (struct sockaddr *) &address, &size) == 0);
    CHECK_EQUAL(size,
                offsetof(struct sockaddr_un, sun_path) + strlen("@k3thread/0123456789abcdef"));
    CHECK(memcmp(address.sun_path, "\0k3thread/", 10) == 0);
}

static void the_bell_is_heard_at_its_place_alone(void)
{
    struct place place;
    int          before;

    set_homes(NULL, NULL, NULL);
    CHECK(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0 && symlink("a", "c") == 0);
    CHECK_EQUAL(ring("a/x.sock"), -ENOENT);
    open_bell("a/x.sock");
    check_address();
    CHECK_EQUAL(fcntl(bell, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(fcntl(bell, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    CHECK_EQUAL(ring("a/x.sock"), -ETIMEDOUT);
    CHECK_EQUAL(waited, 1000);
    is_answered = true;
    close(accept(bell, NULL, NULL)); /* the one that has rung */
    CHECK_EQUAL(ring("a/x.sock"), 0);
    CHECK_EQUAL(ring("c/x.sock"), 0); /* the same directory */
    CHECK_EQUAL(ring("a/y.sock"), -ENOENT);
    CHECK_EQUAL(ring("b/x.sock"), -ENOENT);
    CHECK_EQUAL(ring("x.sock"), -ENOENT);
    CHECK(rmdir("a") == 0);
    CHECK_EQUAL(ring("a/x.sock"), 0); /* also when its files are gone */
    before = test_count_open();
    place = resolve(NULL, "a/x.sock");
    CHECK_EQUAL(bell_open(&place), -EADDRINUSE);
    CHECK_EQUAL(test_count_open(), before);
    close(bell);
    bell = -1;
    listen_error = ENOBUFS;
    CHECK_EQUAL(bell_open(&place), -ENOBUFS);
    CHECK_EQUAL(test_count_open(), before - 1);
    place_release(&place);
}

static void the_bell_belongs_to_its_mount(void)
{
    is_answered = true;
    for (int i = 0; i < 2; i++) {
        is_old = i == 1;
        CHECK(mkdir(i == 0 ? "new" : "../old", 0700) == 0 && chdir(i == 0 ? "new" : "../old") == 0);
        set_homes(NULL, NULL, NULL);
        mounted = (struct linux_statx){.inode = 2, .device_major = 3, .device_minor = 4};
        mounted.attributes = is_old ? 0 : LINUX_STATX_ATTR_MOUNT_ROOT;
        CHECK(mkdir("a", 0700) == 0);
        open_bell("a/x.sock");
        CHECK_EQUAL(ring("a/x.sock"), 0);
        mounted.inode = 5;
        CHECK_EQUAL(ring("a/x.sock"), -ENOENT);
        mounted.inode = 2;
        mounted.device_major = 5;
        CHECK_EQUAL(ring("a/x.sock"), -ENOENT);
        mounted.device_major = 3;
        mounted.device_minor = 5;
        CHECK_EQUAL(ring("a/x.sock"), -ENOENT);
        mounted.device_minor = 4;
        CHECK_EQUAL(ring("a/x.sock"), 0);
        CHECK(mkdir("m", 0700) == 0 && mkdir("m/a", 0700) == 0 && chdir("m") == 0);
        set_homes(NULL, NULL, NULL); /* the same directory is mounted here, too */
        CHECK_EQUAL(ring("a/x.sock"), 0);
        CHECK_EQUAL(chdir(".."), 0);
    }
    is_old = false;
    mounted.attributes = 0; /* as in a chroot, whose root is no mount */
    open_bell("a/x.sock");
    CHECK_EQUAL(ring("a/x.sock"), 0);
    CHECK_EQUAL(ring("a/y.sock"), -ENOENT);
    root = 3;
    CHECK_EQUAL(ring("a/x.sock"), -ENOENT);
}

static void the_bell_belongs_to_its_user(void)
{
    struct place place;

    if (geteuid() != 0)
        return; /* only root can be two users */
    set_homes(NULL, NULL, NULL);
    is_answered = true;
    open_bell("x.sock");
    CHECK_EQUAL(ring("x.sock"), 0);
    CHECK(chmod(".", 0755) == 0 && seteuid(65534) == 0);
    CHECK_EQUAL(ring("x.sock"), -ENOENT);
    place = resolve(NULL, "x.sock");
    CHECK(bell_open(&place) >= 0); /* another user's is not in its way */
    place_release(&place);
    CHECK_EQUAL(seteuid(0), 0);
}

/* Listens at the address of the bell of PATH as another user, until its input ends. */
static void usurp(const char *path, int input)
{
    struct sockaddr_un address;
    socklen_t          size = sizeof(address);
    char               byte;
    int                fd;

    open_bell(path);
    CHECK(getsockname(bell, (struct sockaddr *) &address, &size) == 0);
    close(bell);
    CHECK(setuid(65534) == 0);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(fd, (struct sockaddr *) &address, size) == 0 && listen(fd, 1) == 0);
    CHECK_EQUAL(write(input, "", 1), 1);
    CHECK_EQUAL(read(input, &byte, 1), 0);
    _exit(0);
}

static void another_user_cannot_answer_a_bell(void)
{
    int   ends[2], status;
    char  byte;
    pid_t pid;

    if (geteuid() != 0)
        return; /* only root can be two users */
    set_homes(NULL, NULL, NULL);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        usurp("x.sock", ends[1]);
    }
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], &byte, 1), 1);
    waited = -1;
    CHECK_EQUAL(ring("x.sock"), -ENOENT);
    CHECK_EQUAL(waited, -1);
    close(ends[0]);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

TEST_MAIN({"socket", a_socket_is_for_its_user_alone},
          {"place", the_bell_is_heard_at_its_place_alone},
          {"mounts", the_bell_belongs_to_its_mount}, {"user", the_bell_belongs_to_its_user},
          {"usurper", another_user_cannot_answer_a_bell})
