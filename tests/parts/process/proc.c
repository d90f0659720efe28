/* Tests how a page of /proc is read (cli/process/proc.h). The page is a file of the test. */
#include "tests/lib/test.h"

#include "cli/process/proc.h"

#include <stdbool.h>

int     __real_open(const char *path, int flags, ...);
int     __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *ret, size_t size);
ssize_t __wrap_read(int fd, void *ret, size_t size);

static bool fails;

int __wrap_open(const char *path, int flags, ...)
{
    CHECK_TEXT(path, "/proc/77/task/8/stat");
    CHECK_EQUAL(flags & O_CLOEXEC, O_CLOEXEC); /* another thread may start a command meanwhile */
    return __real_open("page", flags);
}

ssize_t __wrap_read(int fd, void *ret, size_t size)
{
    ssize_t n = fails ? -1 : __real_read(fd, ret, size);

    errno = EIO; /* after success it means nothing */
    return n;
}

/* Reads the page into SIZE bytes. Checks what is read, and what is returned. */
static void check(size_t size, const char *wanted, ssize_t result)
{
    char page[16];
    int  before = test_count_open();

    memset(page, 'x', sizeof(page));
    CHECK_EQUAL(proc_read(77, "task/8/stat", page, size), result);
    CHECK_TEXT(page, wanted);
    for (size_t i = size; i < sizeof(page); i++)
        CHECK_EQUAL(page[i], 'x');
    CHECK_EQUAL(test_count_open(), before);
}

static void put(const char *text)
{
    int fd = __real_open("page", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text));
    close(fd);
}

static void a_page_is_read_as_a_string(void)
{
    char page[2] = "x";

    CHECK_EQUAL(proc_read(77, "task/8/stat", page, sizeof(page)), -ENOENT);
    put("a page");
    check(16, "a page", 6);
    check(7, "a page", 6);
    check(6, "a pag", 5); /* the rest has no room */
    put("a");
    check(16, "a", 1);
    put("");
    check(16, "", 0);
    fails = true;
    check(16, "", -EIO);
}

TEST_MAIN({"read", a_page_is_read_as_a_string})
