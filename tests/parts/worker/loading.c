/*
 * Tests how a run of `start --call` begins (cli/worker/loading.h), and where k3thread-host is looked for
 * (cli/worker/host_path.h).
 */
#include "tests/lib/test.h"

#include "cli/base/status.h"
#include "cli/worker/host_path.h"
#include "cli/worker/loading.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>

int     __wrap_access(const char *path, int mode);
ssize_t __wrap_readlink(const char *path, char *ret, size_t size);

static const char *program; /* the path of this program; NULL: it is not known */
static int         there;   /* which of the paths that are tried is there, from 1 on */
static char        tried[3][PATH_MAX];
static int         tries;

int __wrap_access(const char *path, int mode)
{
    CHECK(mode == X_OK && tries < 3);
    (void) snprintf(tried[tries], sizeof(tried[tries]), "%s", path);
    errno = ENOENT;
    return ++tries == there ? 0 : -1;
}

ssize_t __wrap_readlink(const char *path, char *ret, size_t size)
{
    size_t length = program != NULL ? strlen(program) : 0;

    CHECK_TEXT(path, "/proc/self/exe");
    CHECK_EQUAL(size, PATH_MAX - 1);
    memset(ret, 'x', size);
    if (program == NULL)
        return -1;
    memcpy(ret, program, length);
    return (ssize_t) length;
}

static void check_path(int place, const char *first, const char *second)
{
    struct text why = {0};
    char       *path;

    tries = 0;
    there = place;
    path = host_path_find(&why);
    CHECK_EQUAL(tries, place == 0 ? 3 : place);
    CHECK_TEXT(tried[0], first);
    if (tries > 1)
        CHECK_TEXT(tried[1], second);
    if (tries > 2)
        CHECK_TEXT(strrchr(tried[2], '/'), "/k3thread-host");
    CHECK((path != NULL) == (place > 0) && (why.size == 0) == (place > 0));
    if (place > 0)
        CHECK_TEXT(path, tried[place - 1]);
    free(path);
    text_release(&why);
}

static void the_host_is_looked_for_in_three_places(void)
{
    struct text why = {0};

    program = "/opt/k3/bin/k3thread";
    for (int place = 0; place <= 3; place++)
        check_path(place, "/opt/k3/bin/k3thread-host",
                   "/opt/k3/bin/../libexec/k3thread/k3thread-host");
    program = NULL;
    check_path(0, "/k3thread-host", "/../libexec/k3thread/k3thread-host");
    program = "/opt/k3thread";
    tries = there = 0;
    CHECK(host_path_find(&why) == NULL);
    text_byte(&why, '\0', 1);
    CHECK_EQUAL(
        strncmp(
            why.data,
            "--call: k3thread-host is neither in /opt, nor in /opt/../libexec/k3thread, nor in /",
            83),
        0);
    text_release(&why);
}

/* The loading */

static char      *words[] = {(char *) "lib.so:run", (char *) "a", (char *) "b", NULL};
static struct job job = {.argv = words};

static struct loading *open_loading(void)
{
    struct loading *loading = NULL;
    struct text     why = {0};

    program = "/opt/k3thread";
    tries = 0;
    there = 1;
    CHECK_EQUAL(loading_open(&job, &loading, &why), 0);
    CHECK(loading != NULL && why.size == 0);
    return loading;
}

static void the_host_gets_a_pipe_and_the_arguments(void)
{
    int               before = test_count_open();
    struct loading   *loading = open_loading();
    struct spawn_plan plan = {.argv = words}, later = {.argv = words};
    struct pollfd     poll_fd = loading_poll(loading);

    CHECK_EQUAL(test_count_open(), before + 2);
    plan.extras[plan.extra_count++] = (struct spawn_descriptor){.from = 0, .to = 3};
    loading_extend(loading, &plan);
    CHECK_EQUAL(plan.extra_count, 2);
    CHECK_EQUAL(plan.extras[1].to, 4); /* the lowest number that is free */
    CHECK_TEXT(plan.argv[0], "/opt/k3thread-host");
    CHECK_TEXT(plan.argv[1], "4");
    CHECK_TEXT(plan.argv[2], "lib.so:run");
    CHECK_TEXT(plan.argv[3], "a");
    CHECK_TEXT(plan.argv[4], "b");
    CHECK(plan.argv[5] == NULL);
    CHECK_EQUAL(fcntl(plan.extras[1].from, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(fcntl(plan.extras[1].from, F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQUAL(fcntl(poll_fd.fd, F_GETFD), FD_CLOEXEC);
    CHECK(poll_fd.events == POLLIN && (fcntl(poll_fd.fd, F_GETFL) & O_NONBLOCK) != 0);
    loading_begin(loading);
    CHECK_EQUAL(test_count_open(), before + 1);
    loading_extend(loading, &later); /* for a probe */
    CHECK(later.extra_count == 0 && later.argv == words);
    loading_close(loading);
    loading_close(NULL);
    CHECK_EQUAL(test_count_open(), before);
}

static void check_news(const char *message, int result, const char *reason)
{
    struct loading   *loading = open_loading();
    struct spawn_plan plan = {.argv = words};
    struct text       why = {0};
    int               end;

    loading_extend(loading, &plan);
    CHECK_EQUAL(plan.extras[0].to, 3);
    end = dup(plan.extras[0].from);
    loading_begin(loading);
    CHECK_EQUAL(loading_check(loading, &why), LOADING_NOTHING);
    CHECK_EQUAL(write(end, message, strlen(message)), strlen(message));
    close(end);
    CHECK_EQUAL(loading_check(loading, &why), result);
    CHECK_EQUAL(why.size, strlen(reason));
    CHECK(why.size == 0 || memcmp(why.data, reason, why.size) == 0);
    CHECK_EQUAL(loading_check(loading, &why), LOADING_NEVER); /* the process has ended */
    text_release(&why);
    loading_close(loading);
}

static void the_host_says_whether_it_can_call(void)
{
    static char longest[PIPE_BUF + 1];

    check_news("0", LOADING_DONE, "");
    check_news("127 no such library", -ENOENT, "no such library");
    check_news("126 no function", -ENOEXEC, "no function");
    memset(longest, 'x', sizeof(longest) - 1);
    memcpy(longest, "126 ", 4);
    check_news(longest, -ENOEXEC, longest + 4);
}

static void without_the_host_nothing_is_loaded(void)
{
    struct loading *loading = NULL;
    struct text     why = {0};
    int             before = test_count_open();

    program = "/opt/k3thread";
    there = tries = 0;
    CHECK_EQUAL(loading_open(&job, &loading, &why), -ENOENT);
    CHECK(loading == NULL && why.size > 0);
    text_release(&why);
    CHECK_EQUAL(test_count_open(), before);
}

TEST_MAIN({"places", the_host_is_looked_for_in_three_places},
          {"begun", the_host_gets_a_pipe_and_the_arguments},
          {"news", the_host_says_whether_it_can_call},
          {"missing", without_the_host_nothing_is_loaded})
