/*
 * Tests the handles by which processes are signalled (cli/process/handle.h). The calls of the kernel are this file's, so
 * that it can refuse them.
 */
#include "tests/lib/test.h"

#include "cli/process/handle.h"

#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>

long __wrap_syscall(long number, ...);
int  __wrap_kill(pid_t pid, int signal);
int  __wrap_close(int fd);

#define PID 4321
#define FD  77

static int open_error, send_error; /* 0: none */
static int sent, killed, closed;   /* the last signal of each kind; the last descriptor */

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    first, second;
    int     error;

    va_start(arguments, number);
    first = va_arg(arguments, int);
    second = va_arg(arguments, int);
    va_end(arguments);
    if (number == SYS_pidfd_open) {
        CHECK(first == PID && second == 0);
        error = open_error;
    } else {
        CHECK(number == SYS_pidfd_send_signal && first == FD);
        sent = (int) second;
        error = send_error;
    }
    errno = error != 0 ? error : EPERM; /* after success it means nothing */
    return error != 0 ? -1 : number == SYS_pidfd_open ? FD : 0;
}

int __wrap_kill(pid_t pid, int signal)
{
    CHECK_EQUAL(pid, PID);
    killed = signal;
    return 0;
}

int __wrap_close(int fd)
{
    closed = fd;
    return 0;
}

/* Opens a handle, which fails with ERROR; 0: it succeeds. Returns false if the process counts as gone. */
static bool open_with(int error, struct handle *ret)
{
    open_error = error;
    return handle_open(PID, ret);
}

static void a_handle_is_opened_where_the_kernel_allows_it(void)
{
    struct handle handle;

    CHECK(open_with(0, &handle) && handle.pid == PID && handle.fd == FD);
    CHECK(open_with(ENOSYS, &handle) && handle.pid == PID && handle.fd == -1);
    CHECK(open_with(EPERM, &handle) && handle.pid == PID && handle.fd == -1);
    CHECK(!open_with(ESRCH, &handle));
    CHECK(!open_with(EMFILE, &handle)); /* the pid alone would be less safe */
}

/* Checks that signal 15 goes through the descriptor FD (-1: none), where it fails with ERROR, or to the pid, or both. */
static void check_signal(int fd, int error, bool is_sent, bool is_killed)
{
    sent = killed = 0;
    send_error = error;
    handle_signal(&(struct handle){.pid = PID, .fd = fd}, 15);
    CHECK_EQUAL(sent, is_sent ? 15 : 0);
    CHECK_EQUAL(killed, is_killed ? 15 : 0);
}

static void a_signal_goes_to_the_pid_only_where_handles_are_refused(void)
{
    check_signal(FD, 0, true, false);
    check_signal(FD, ESRCH, true, false); /* another process may have the pid now */
    check_signal(FD, ENOSYS, true, true);
    check_signal(FD, EPERM, true, true);
    check_signal(-1, 0, false, true);
}

static void a_handle_is_closed(void)
{
    handle_close(&(struct handle){.pid = PID, .fd = FD});
    CHECK_EQUAL(closed, FD);
    closed = 0;
    handle_close(&(struct handle){.pid = PID, .fd = -1});
    CHECK_EQUAL(closed, 0);
}

TEST_MAIN({"open", a_handle_is_opened_where_the_kernel_allows_it},
          {"signal", a_signal_goes_to_the_pid_only_where_handles_are_refused},
          {"close", a_handle_is_closed})
