/*
 * Tests what the program does when something that it takes for granted is missing: a standard descriptor
 * (cli/base/standard.h), or a system call (refused_call.h). Clocks (clock.h) are tested here, too.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/refused_call.h"
#include "cli/base/standard.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

static long refused = -1; /* the number of a system call that is refused */
static int  refusal;      /* its errno */
static int  stale;        /* the errno of an earlier call */
static bool is_all_refused, is_uname_lost;

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list arguments;
    long    list[5];

    va_start(arguments, number);
    for (int i = 0; i < 5; i++)
        list[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number != refused && !is_all_refused)
        return __real_syscall(number, list[0], list[1], list[2], list[3], list[4]);
    errno = refusal != 0 ? refusal : stale;
    return refusal == 0 ? 0 : -1;
}

int __wrap_uname(struct utsname *ret);
int __wrap_uname(struct utsname *ret)
{
    if (!is_uname_lost)
        (void) snprintf(ret->release, sizeof(ret->release), "4.19");
    return is_uname_lost ? -1 : 0;
}

ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    CHECK(memchr(data, '\0', size) == NULL);
    return __real_write(fd, data, size);
}

/* Checks what is added to the reason for ERROR. */
static void check_explained(int error, const char *wanted)
{
    struct text why = {0};

    text_add(&why, "cannot");
    refused_call_explain(&why, error);
    check_written(&why, wanted);
}

static void a_call_that_is_refused_is_named(void)
{
    static const struct {
        long        number;
        const char *name;
    } calls[] = {{SYS_clone3, "clone3"},
                 {SYS_pidfd_open, "pidfd_open"},
                 {SYS_pidfd_send_signal, "pidfd_send_signal"},
                 {SYS_prlimit64, "prlimit"}};
    char wanted[200];

    check_explained(-EPERM, "cannot"); /* none is refused */
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        refused = calls[i].number;
        (void) snprintf(
            wanted, sizeof(wanted),
            "cannot; %s(2) is refused here, by Linux 4.19 or a filter of this container",
            calls[i].name);
        refusal = EPERM;
        check_explained(-EPERM, wanted);
        check_explained(-ENOSYS, wanted);
        check_explained(-EACCES, "cannot");
        check_explained(0, "cannot");
        refusal = ENOSYS;
        check_explained(-EPERM, wanted);
        refusal = EINVAL; /* which is no refusal */
        check_explained(-EPERM, "cannot");
        refusal = 0;
        stale = EPERM;
        check_explained(-EPERM, "cannot");
    }
    refusal = EPERM;
    is_uname_lost = true;
    check_explained(-EPERM, "cannot; prlimit(2) is refused here");
    is_all_refused = true;
    check_explained(-EPERM, "cannot; clone3(2) is refused here"); /* one is enough */
}

static void an_old_kernel_is_named(void)
{
    struct text why = {0};

    CHECK(!refused_call_kernel_is_old(&why));
    refused = SYS_waitid;
    refusal = ECHILD; /* a kernel that knows the kind of id */
    CHECK(!refused_call_kernel_is_old(&why));
    refusal = 0;
    stale = EINVAL;
    CHECK(!refused_call_kernel_is_old(&why));
    CHECK_EQUAL(why.size, 0);
    refusal = EINVAL;
    CHECK(refused_call_kernel_is_old(&why));
    check_written(&why, "k3thread needs Linux 5.4 or later, and this is Linux 4.19");
}

/* Standard descriptors */

static int closed; /* a bit for each standard descriptor that a child closes */

/* Closes them, and checks what is there instead; its status says which check has failed. */
static void fill(void)
{
    for (int fd = 0; fd < 3; fd++)
        if ((closed & 1 << fd) != 0)
            close(fd);
    standard_descriptors_fill();
    for (int fd = 0; fd < 3; fd++) {
        char byte = 'x';
        bool is_ours = (closed & 1 << fd) != 0;

        if (fcntl(fd, F_GETFD) != 0)
            _exit(10 + fd);
        if (is_ours && (fd == 0 ? read(fd, &byte, 1) : write(fd, &byte, 1)) >= 0)
            _exit(20 + fd); /* reads of the input fail, and writes of the output */
        if (is_ours && (fcntl(fd, F_GETFL) & O_ACCMODE) != (fd == 0 ? O_WRONLY : O_RDONLY))
            _exit(30 + fd);
    }
    _exit(0);
}

static void closed_descriptors_are_replaced(void)
{
    char output[200];

    for (closed = 0; closed < 8; closed++)
        CHECK_EQUAL(WEXITSTATUS(test_child(fill, output, sizeof(output))), 0);
}

static void fill_without_null(void)
{
    CHECK_EQUAL(chroot("."), 0);
    fill();
}

static void a_descriptor_that_cannot_be_replaced_is_the_end(void)
{
    char output[200];

    if (geteuid() != 0)
        return; /* only root can be where there is no /dev/null */
    closed = 1;
    CHECK_EQUAL(WEXITSTATUS(test_child(fill_without_null, output, sizeof(output))), 1);
    CHECK_TEXT(output,
               "k3thread: cannot open /dev/null in place of a closed standard descriptor\n");
}

/* Clocks */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    CHECK(clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME);
    *ret = clock == CLOCK_MONOTONIC ? (struct timespec){100, 250000000}
                                    : (struct timespec){2000, 500000000};
    return 0;
}

static void clocks_are_read(void)
{
    CHECK(clock_monotonic() == 100.25 && clock_wall() == 2000.5);
    CHECK(clock_until(INFINITY) == -1);
    CHECK(clock_until(100) == 0 && clock_until(100.25) == 0 && clock_until(100.75) == 0.5);
    CHECK(clock_until(1100.25) == 1000);
    CHECK(clock_earlier(1, 2) == 1 && clock_earlier(2, 1) == 1 && clock_earlier(1, INFINITY) == 1);
}

TEST_MAIN({"calls", a_call_that_is_refused_is_named}, {"kernel", an_old_kernel_is_named},
          {"descriptors", closed_descriptors_are_replaced},
          {"no-descriptor", a_descriptor_that_cannot_be_replaced_is_the_end},
          {"clocks", clocks_are_read})
