/* Tests the name and the arguments that a process shows (cli/supervisor/title.h). */
#include "tests/lib/test.h"

#include "cli/process/proc.h"
#include "cli/supervisor/title.h"

#include <stdbool.h>
#include <sys/prctl.h>

ssize_t __real_proc_read(pid_t pid, const char *name, char *page, size_t size);
ssize_t __wrap_proc_read(pid_t pid, const char *name, char *page, size_t size);

/* The text of /proc/self/stat; NULL: the true one. "": it cannot be read. */
static const char *stat_line;

ssize_t __wrap_proc_read(pid_t pid, const char *name, char *page, size_t size)
{
    CHECK_EQUAL(pid, getpid());
    CHECK_TEXT(name, "stat");
    if (stat_line == NULL)
        return __real_proc_read(pid, name, page, size);
    (void) snprintf(page, size, "%s", stat_line[0] != '\0' ? stat_line : "1 (a) b 3 7 9");
    return stat_line[0] != '\0' ? (ssize_t) strlen(page) : -ENOENT;
}

/* Reads the file NAME of this process. Returns its size. */
static size_t read_own(const char *name, char *ret, size_t size)
{
    ssize_t n = __real_proc_read(getpid(), name, ret, size);

    CHECK(n >= 0);
    return (size_t) n;
}

static void check_name(const char *wanted)
{
    char name[32];

    CHECK_EQUAL(read_own("comm", name, sizeof(name)), strlen(wanted) + 1);
    CHECK(strncmp(name, wanted, strlen(wanted)) == 0);
}

/* Checks that the arguments are the TITLE and NULs, in as many bytes as before. */
static void check_arguments(const char *title, size_t size)
{
    char   line[4096];
    size_t used = strlen(title);

    CHECK_EQUAL(read_own("cmdline", line, sizeof(line)), size);
    CHECK(memcmp(line, title, used) == 0);
    for (size_t i = used; i < size; i++)
        CHECK_EQUAL(line[i], '\0');
}

static void a_title_replaces_the_name_and_the_arguments(void)
{
    char   line[4096], longer[5000];
    size_t size = read_own("cmdline", line, sizeof(line));

    CHECK(size > 7 && size < sizeof(line));
    title_set("k3-test");
    check_name("k3-test");
    check_arguments("k3-test", size);
    CHECK_EQUAL(prctl(PR_SET_NAME, "a) b ("), 0); /* a name may have any bytes */
    title_set("k3");
    check_name("k3");
    check_arguments("k3", size);
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    title_set(longer); /* the environment behind the arguments stays */
    CHECK(getenv("PATH") == NULL || strchr(getenv("PATH"), 'x') != getenv("PATH"));
    longer[size - 1] = '\0';
    check_arguments(longer, size);
}

static char arguments[8];

/* Sets a title where the line of the process has START and END as the places of the arguments. */
static void set_within(const char *format, unsigned long start, unsigned long end)
{
    char line[1000];

    (void) snprintf(line, sizeof(line), format, start, end);
    memset(arguments, '.', sizeof(arguments));
    stat_line = line;
    title_set("ab");
    stat_line = NULL;
    check_name("ab");
}

#define FIELDS                                                                                     \
    "1 (x) y) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 " \
    "33 34 35 36 37 38 39 40 41 42 43 44 45 46 47"

/* Where the kernel does not say where the arguments are, they stay. */
static void arguments_of_unknown_place_stay(void)
{
    unsigned long at = (unsigned long) arguments;

    set_within(FIELDS " %lu %lu 50 51", at + 1, at + 6);
    CHECK(memcmp(arguments, ".ab\0\0\0..", 8) == 0);
    set_within(FIELDS " %lu %lu 50 51", at + 1, at + 3);
    CHECK(memcmp(arguments, ".a\0.....", 8) == 0);
    set_within(FIELDS " %lu %lu 50 51", at, at);
    CHECK(memcmp(arguments, "........", 8) == 0);
    set_within(FIELDS " %lu %lu 50 51", at + 6, at + 1);
    CHECK(memcmp(arguments, "........", 8) == 0);
    set_within(FIELDS " 0 0 %lu %lu", at, at + 8); /* the kernel hides them */
    CHECK(memcmp(arguments, "........", 8) == 0);
    set_within(FIELDS " %lu", at, at + 8); /* an old kernel has no more fields */
    CHECK(memcmp(arguments, "........", 8) == 0);
    set_within("1 (x) S 4 5 %lu %lu", at, at + 8);
    CHECK(memcmp(arguments, "........", 8) == 0);
    set_within("1 %lu %lu", at, at + 8);
    CHECK(memcmp(arguments, "........", 8) == 0);
    stat_line = "";
    title_set("cd");
    stat_line = NULL;
    check_name("cd");
}

TEST_MAIN({"set", a_title_replaces_the_name_and_the_arguments},
          {"unknown", arguments_of_unknown_place_stay})
