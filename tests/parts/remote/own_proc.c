/* Tests when and how a process gets a /proc of its own (cli/remote/own_proc.h). The kernel is the test's. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/remote/own_proc.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>

static struct text calls;   /* of the kernel, in order */
static int         failing; /* the number of the call that fails with EPERM; 0: none */
static int         count;
static const char *before,
    *after; /* what /proc/self is before and after the mount; NULL: the id of this process */

#define OWN 4321 /* the id of this process */

pid_t __wrap_getpid(void);
pid_t __wrap_getpid(void)
{
    return OWN;
}

static int do_call(const char *text)
{
    text_add(&calls, text);
    errno = EPERM;
    return ++count == failing ? -1 : 0;
}

/* The text has no end, and behind it stands what was there before. */
ssize_t __wrap_readlink(const char *path, char *ret, size_t size);
ssize_t __wrap_readlink(const char *path, char *ret, size_t size)
{
    const char *target = count == 0 ? before : after;
    char        own[32];

    CHECK_TEXT(path, "/proc/self");
    snprintf(own, sizeof(own), "%d", OWN);
    if (target == NULL)
        target = own;
    CHECK(strlen(target) < size);
    memset(ret, '7', size);
    memcpy(ret, target, strlen(target));
    errno = ENOENT;
    return target[0] != '\0' ? (ssize_t) strlen(target) : -1;
}

int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
    CHECK_EQUAL(flags, CLONE_NEWNS);
    return do_call("unshare ");
}

int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const void *data);
int __wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const void *data)
{
    CHECK(data == NULL);
    if (type == NULL) {
        CHECK(source == NULL && flags == (MS_REC | MS_SLAVE));
        CHECK_TEXT(target, "/");
        return do_call("detach ");
    }
    CHECK_TEXT(source, "proc");
    CHECK_TEXT(target, "/proc");
    CHECK_TEXT(type, "proc");
    CHECK_EQUAL(flags, MS_NOSUID | MS_NODEV | MS_NOEXEC);
    return do_call("mount ");
}

/* Asks for an own /proc, and checks the result, the calls of the kernel, and the reason. */
static void check_ensured(int error, const char *wanted, const char *why)
{
    struct text words = {0};

    count = 0;
    CHECK_EQUAL(own_proc_ensure(&words), error);
    check_written(&calls, wanted);
    check_written(&words, why);
}

static void an_own_proc_is_left(void)
{
    check_ensured(0, "", "");
}

static void a_proc_of_others_is_replaced(void)
{
    before = "1"; /* of another process */
    check_ensured(0, "unshare detach mount ", "");
    before = ""; /* /proc does not know this process */
    check_ensured(0, "unshare detach mount ", "");
}

static void a_proc_that_cannot_be_replaced_is_named(void)
{
#define REASON(error)                                                                              \
    "/proc is not that of this process namespace, and cannot be mounted: " error                   \
    " (unshare has --mount-proc)"
    static const char *const done[] = {"unshare ", "unshare detach ", "unshare detach mount "};

    before = "1";
    for (failing = 1; failing <= 3; failing++)
        check_ensured(-EPERM, done[failing - 1], REASON("Operation not permitted"));
    failing = 0;
    after = "1"; /* it is hidden by another mount */
    check_ensured(-ESRCH, done[2], REASON("No such process"));
}

TEST_MAIN({"own", an_own_proc_is_left}, {"replaced", a_proc_of_others_is_replaced},
          {"refused", a_proc_that_cannot_be_replaced_is_named})
