/*
 * The server's socket for tests of door.h and listener.h: real sockets in a directory of its own, and clients that are
 * served as soon as they are accepted. The clock of the loop is the test's own.
 */
#ifndef DOORS_H
#define DOORS_H

#include "tests/parts/written.h"

#include "cli/base/loop.h"
#include "cli/place/bell.h"
#include "cli/place/journal.h"
#include "cli/place/lock.h"
#include "cli/place/socket.h"
#include "cli/server/door.h"
#include "cli/server/listener.h"
#include "cli/server/peer.h"

#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define GUARDIAN 1000000077 /* no process has this pid */
#define USER     4711

static const struct place place = {
    .directory = (char *) "here", .socket = (char *) "s", .lock = (char *) "l"};
static const struct connection_handler some_handler;

static struct text calls; /* the journal, and the clients */
static double      now = 100;
static uid_t user = USER, client_user = USER; /* this one, and the client's as the kernel says */
static int   no_peer;                         /* the kernel does not know the client's user */
static int   accept_errors[4];                /* of the next calls of accept4(); 0: none */
static int   watch_error, peer_error, bell_error, restore_error;
static bool  is_restored, stop;
static bool
    takes_descriptor; /* somebody takes the free one, when accept4() fails for the last time */
static int lock, listener, bell, rounds;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(&calls, format, arguments);
    text_byte(&calls, '\n', 1);
    va_end(arguments);
}

#define CHECK_CALLS(wanted) check_written(&calls, wanted)

/* --- what the parts call; the linker replaces some functions: see the Makefile --- */

int    __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int    __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int    __real_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);
int    __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event);
int    __real_kill(pid_t pid, int number);
int    __wrap_kill(pid_t pid, int number);
int    __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
uid_t  __wrap_geteuid(void);
double __wrap_clock_monotonic(void);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    int error = accept_errors[0];

    memmove(accept_errors, accept_errors + 1, sizeof(accept_errors) - sizeof(accept_errors[0]));
    if (error == 0)
        return __real_accept4(fd, address, size, flags);
    note("cannot accept");
    if (takes_descriptor && accept_errors[0] == 0)
        CHECK(dup(STDIN_FILENO) >= 0);
    errno = error;
    return -1;
}

int __wrap_epoll_ctl(int fd, int operation, int other, struct epoll_event *event)
{
    if (operation != EPOLL_CTL_ADD || watch_error == 0)
        return __real_epoll_ctl(fd, operation, other, event);
    errno = watch_error;
    return -1;
}

int __wrap_kill(pid_t pid, int number)
{
    if (pid != GUARDIAN)
        return __real_kill(pid, number);
    CHECK_EQUAL(number, SIGUSR1);
    note("guardian");
    return 0;
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    CHECK(fd >= 0 && level == SOL_SOCKET && option == SO_PEERCRED);
    CHECK_EQUAL(*size, sizeof(struct ucred));
    *(struct ucred *) value = (struct ucred){.uid = client_user};
    errno = ENOTCONN;
    return -no_peer;
}

uid_t __wrap_geteuid(void)
{
    return user;
}

double __wrap_clock_monotonic(void)
{
    return now;
}

void journal_write(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(&calls, format, arguments);
    text_byte(&calls, '\n', 1);
    va_end(arguments);
}

void journal_restore(void)
{
    note("journal");
}

int place_restore(const struct place *given, bool *ret_made, struct text *why)
{
    CHECK(given == &place);
    *ret_made = is_restored;
    if (restore_error != 0)
        text_add(why, "others can write there");
    return restore_error;
}

int bell_open(const struct place *given)
{
    CHECK(given == &place);
    bell = bell_error != 0 ? bell_error : socket_listen("b");
    return bell;
}

/* Serves a client at once. */
int peer_open(int fd, const struct connection_handler *handler)
{
    CHECK(handler == &some_handler && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    note("client");
    if (peer_error == 0)
        CHECK_EQUAL(send(fd, "served", 6, MSG_NOSIGNAL), 6);
    close(fd);
    return peer_error;
}

/* --- the tests' own steps --- */

static double count_round(void)
{
    stop = rounds-- == 0;
    return 0;
}

/* Runs the loop until all that has come is served. */
static void turn(void)
{
    stop = false;
    rounds = 3;
    CHECK_EQUAL(loop_run(&stop, count_round, NULL), 0);
}

/* Makes an empty directory, and there the place of a server that listens. */
static void open_door(void)
{
    char directory[] = "doors.XXXXXX";

    CHECK(mkdtemp(directory) != NULL && chdir(directory) == 0);
    CHECK_EQUAL(loop_open(), 0);
    user = getuid(); /* the lock belongs to this one */
    lock = lock_share("l");
    user = USER;
    listener = socket_listen("s");
    CHECK(lock >= 0 && listener >= 0);
    CHECK_EQUAL(fcntl(listener, F_SETFD, 0), 0); /* as it comes through an exec */
    door_open(&place, lock, GUARDIAN);
    CHECK_EQUAL(listener_open(listener, &some_handler), 0);
    CHECK_EQUAL(fcntl(listener, F_GETFD), FD_CLOEXEC);
}

static int join_queue(const char *path)
{
    int fd = socket_connect(path);

    CHECK(fd >= 0);
    return fd;
}

/* Checks that the server has sent WANTED to the client at FD, and has hung up. */
static void check_answer(int fd, const char *wanted)
{
    char    answer[1024];
    ssize_t size, sum = 0;

    while ((size = recv(fd, answer + sum, sizeof(answer) - 1 - (size_t) sum, MSG_DONTWAIT)) > 0)
        sum += size;
    answer[sum] = '\0';
    CHECK_EQUAL(size, 0);
    if (strcmp(answer, wanted) != 0)
        fprintf(stderr, "answer: %s", answer);
    CHECK_TEXT(answer, wanted);
    close(fd);
}

/* Rings the bell, and waits until the server has looked. */
static void ring(void)
{
    int fd = join_queue("b"), other = join_queue("b");

    turn();
    check_answer(fd, "");
    check_answer(other, "");
}

static void check_served(void)
{
    int fd = join_queue("s");

    turn();
    CHECK_CALLS("client\n");
    check_answer(fd, "served");
}

/* Allows no descriptor beyond those that are open. Returns the limit. */
static int take_descriptors(struct rlimit *ret_before)
{
    int           fd = dup(STDIN_FILENO);
    struct rlimit limit;

    CHECK(fd >= 0 && getrlimit(RLIMIT_NOFILE, ret_before) == 0);
    close(fd);
    limit = (struct rlimit){(rlim_t) fd, ret_before->rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return fd;
}

#endif
