/*
 * Tests parts of a worker alone: the environment of a command (cli/worker/environment.h, makeflags.h), the numbers of
 * the slots, the connections between two runs (remote_pool.h), the directories of logs (logs.h), and --log-limit
 * (log_limit.h). Each case makes its files in the current directory.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/place/journal.h"
#include "cli/place/times.h"
#include "cli/process/limits.h"
#include "cli/worker/environment.h"
#include "cli/worker/log_limit.h"
#include "cli/worker/logs.h"
#include "cli/worker/makeflags.h"
#include "cli/worker/remote_pool.h"
#include "cli/worker/slot_numbers.h"

#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>

#define BLOCK 4096

/* The environment */

/* Checks that LIST has the words of WANTED, in order, and frees LIST. */
static void check_list(char **list, const char *const *wanted)
{
    CHECK(list != NULL);
    for (size_t i = 0; wanted[i] != NULL; i++) {
        CHECK(list[i] != NULL);
        CHECK_TEXT(list[i], wanted[i]);
        CHECK((list[i + 1] == NULL) == (wanted[i + 1] == NULL));
    }
    CHECK(wanted[0] != NULL || list[0] == NULL);
    free(list);
}

static struct environment *make(const char *const *strings, int nice)
{
    const struct limits limits = {.of[0] = {5, 6}, .nice = nice};

    return environment_new((char *const *) strings, &limits);
}

static void a_command_gets_its_own_variables(void)
{
    static const char *const strings[] = {"A=1",
                                          "K3THREAD_ID=7",
                                          "K3THREAD_NAME=x",
                                          "K3THREAD_SOCKET=/x",
                                          "K3THREAD_SLOT=3",
                                          "K3THREAD_HOSTNAME=h",
                                          "K3THREAD_HOST=there",
                                          "NOTIFY_SOCKET=/n",
                                          "K3THREAD_IDS=kept",
                                          "MAKEFLAGS=k",
                                          "no assignment",
                                          NULL};
    static const char *const kept[] = {"A=1", "K3THREAD_IDS=kept", "MAKEFLAGS=k", "no assignment",
                                       NULL};
    static const char *const few[] = {
        "A=1",           "K3THREAD_IDS=kept", "MAKEFLAGS=k",           "no assignment",
        "K3THREAD_ID=9", "K3THREAD_NAME=web", "K3THREAD_SOCKET=/sock", NULL};
    static const char *const all[] = {"A=1",
                                      "K3THREAD_IDS=kept",
                                      "no assignment",
                                      "K3THREAD_ID=18446744073709551615",
                                      "K3THREAD_NAME=web",
                                      "K3THREAD_SOCKET=/sock",
                                      "K3THREAD_SLOT=0",
                                      "K3THREAD_HOSTNAME=m",
                                      "NOTIFY_SOCKET=/own",
                                      "MAKEFLAGS=new",
                                      NULL};
    struct own_variables     own = {.id = 9, .name = "web", .slot = SLOT_NUMBER_NONE};
    struct environment      *environment = make(strings, 0);

    environment_set_socket("/sock");
    check_list(environment_strings(environment), kept);
    check_list(environment_list(environment, &own), few);
    own = (struct own_variables){UINT64_MAX, "web", 0, "m", "/own", "new"};
    check_list(environment_list(environment, &own), all);
    CHECK_TEXT(environment_value(environment, "A"), "1");
    CHECK_TEXT(environment_value(environment, "MAKEFLAGS"), "k");
    CHECK(environment_value(environment, "MAKE") == NULL);
    CHECK(environment_value(environment, "K3THREAD_ID") == NULL);
    environment_unref(environment);
    environment_unref(NULL);
    CHECK(environment_ref(NULL) == NULL);
}

static void equal_environments_are_shared(void)
{
    static const char *const one[] = {"A=1", "B=2", NULL}, *const other[] = {"A=1", "B=3", NULL},
                             *const fewer[] = {"A=1B=2", NULL},
                             *const same_size[] = {"A=1B=3", NULL}, *const none[] = {NULL};
    struct environment *first = make(one, 0), *second = make(one, 0), *third;

    CHECK(first == second);
    CHECK_EQUAL(environment_limits(first)->of[0].rlim_max, 6);
    third = make(one, 1);
    CHECK(third != first && environment_limits(third)->nice == 1);
    environment_unref(third);
    environment_unref(second);
    second = make(other, 1);
    CHECK_TEXT(environment_value(second, "B"), "3");
    environment_unref(second);
    second = make(fewer, 1);
    CHECK_TEXT(environment_value(second, "A"), "1B=2");
    third = make(same_size, 1);
    CHECK_TEXT(environment_value(third, "A"), "1B=3");
    environment_unref(third);
    CHECK_TEXT(environment_value(first, "B"), "2"); /* the first one is still in use */
    environment_unref(first);
    environment_unref(second);
    first = make(none, 0);
    second = make(none, 0);
    CHECK(first == second);
    check_list(environment_strings(first), none);
    environment_unref(first);
    environment_unref(second);
}

static const void *watched; /* a block, and how often it was freed; and all frees */
static int         watched_frees, frees;

void __real_free(void *block);
void __wrap_free(void *block);

void __wrap_free(void *block)
{
    watched_frees += block != NULL && block == watched;
    frees += block != NULL;
    __real_free(block);
}

static void an_environment_is_freed_with_its_last_reference(void)
{
    static const char *const one[] = {"A=1", NULL}, *const other[] = {"A=2", NULL};
    struct environment *first = make(one, 0), *second;

    watched = first;
    frees = 0;
    CHECK(make(one, 0) == first);
    CHECK_EQUAL(frees, 1); /* the second one, which is the same */
    environment_unref(first);
    second = make(other, 0); /* it is the newest now, which is kept */
    CHECK(environment_ref(first) == first);
    environment_unref(first);
    CHECK_EQUAL(watched_frees, 0);
    environment_unref(first);
    CHECK_EQUAL(watched_frees, 1);
    watched = second;
    environment_unref(second);
    CHECK_EQUAL(watched_frees, 1);
    environment_unref(make(one, 0));
    CHECK_EQUAL(watched_frees, 2);
}

static void variables_are_replaced_and_added(void)
{
    static const char *const        strings[] = {"AB=2", "A=1", "C=3", NULL},
                             *const changes[] = {"A=4", "D=5", NULL},
                             *const wanted[] = {"AB=2", "C=3", "A=4", "D=5", NULL};
    struct environment             *base = make(strings, 2),
                       *made = environment_new_with(base, (char *const *) changes);

    check_list(environment_strings(made), wanted);
    check_list(environment_strings(base), strings);
    CHECK_EQUAL(environment_limits(made)->nice, 2);
    environment_unref(made);
    environment_unref(base);
}

static void the_programs_directory_ends_the_path(void)
{
    static const char *const        strings[] = {"PATHS=/x", "PATH=/bin", "Z=", NULL},
                             *const wanted[] = {"PATHS=/x", "PATH=/bin:/sent", "Z=", NULL};
    struct environment             *environment;

    environment_set_path_end("/sent");
    environment = make(strings, 0);
    check_list(environment_strings(environment), wanted);
    environment_unref(environment);
}

static void makeflags_name_one_jobserver(void)
{
    static const struct {
        const char *old, *joined;
    } flags[] = {
        {NULL, " -j4 --jobserver-auth=5,6"},
        {"", " -j4 --jobserver-auth=5,6"},
        {"-k", "-k -j4 --jobserver-auth=5,6"},
        {"-jobs -j4x -j12 -j", "-jobs -j4x -j4 --jobserver-auth=5,6"},
        {"-n --jobs --jobserver-fds=3,4 --just", "-n --just -j4 --jobserver-auth=5,6"},
        {"w --no -- -j3", "w --no -j4 --jobserver-auth=5,6 -- -j3"},
        {"-- A=1", " -j4 --jobserver-auth=5,6 -- A=1"},
        {"k ", "k  -j4 --jobserver-auth=5,6"},
        {"a\\  -j3", "a\\  -j4 --jobserver-auth=5,6"},
        {"a\\ -j3 \\", "a\\ -j3 \\ -j4 --jobserver-auth=5,6"},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        char *joined = makeflags_join(flags[i].old, 4, 5, 6);

        CHECK(joined != NULL);
        CHECK_TEXT(joined, flags[i].joined);
        free(joined);
    }
}

/* Numbers and connections */

static int take_number(void)
{
    int number = -2;

    CHECK_EQUAL(slot_numbers_take(&number), 0);
    return number;
}

static void a_run_gets_the_lowest_free_number(void)
{
    CHECK_EQUAL(take_number(), SLOT_NUMBER_NONE);
    slot_numbers_set_limited(true);
    for (int i = 0; i < 200; i++)
        CHECK_EQUAL(take_number(), i);
    slot_numbers_give_back(SLOT_NUMBER_NONE);
    slot_numbers_give_back(130);
    slot_numbers_give_back(64);
    slot_numbers_give_back(63);
    slot_numbers_give_back(0);
    CHECK_EQUAL(take_number(), 0);
    CHECK_EQUAL(take_number(), 63);
    CHECK_EQUAL(take_number(), 64);
    CHECK_EQUAL(take_number(), 130);
    CHECK_EQUAL(take_number(), 200);
    slot_numbers_give_back(5);
    slot_numbers_set_limited(false);
    CHECK_EQUAL(take_number(), SLOT_NUMBER_NONE);
}

static void connections_are_kept_for_the_next_run(void)
{
    static const char *const strings[] = {"A=1", NULL};
    struct environment      *environment = make(strings, 0);
    struct remote_pool      *pool = remote_pool_new();
    struct idle_remote       idle;
    int                      before = test_count_open();

    CHECK(!remote_pool_take(pool, &idle));
    for (int i = 0; i < 66; i++) { /* 64 are kept, and further ones are closed */
        idle = (struct idle_remote){dup(STDERR_FILENO), i, environment_ref(environment)};
        remote_pool_leave(pool, &idle);
        CHECK_EQUAL(test_count_open(), before + (i < 64 ? i + 1 : 64));
    }
    CHECK(remote_pool_take(pool, &idle));
    CHECK_EQUAL(idle.last_id, 63); /* the one that was left last */
    CHECK(idle.environment == environment);
    remote_pool_leave(pool, &idle);
    remote_pool_free(pool);
    remote_pool_free(NULL);
    CHECK_EQUAL(test_count_open(), before);
    environment_unref(environment);
}

/* The directories of logs */

static void put(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void the_logs_of_three_earlier_runs_are_kept(void)
{
    static const char *const runs[] = {"8-b", "9-a", "9-b", "10-a", "11-a"};
    struct stat              info;
    char                     path[64];
    int                      before;

    CHECK(mkdir("logs", 0700) == 0 && mkdir("logs/.hidden", 0700) == 0);
    CHECK(mkdir("outside", 0700) == 0 && symlink("../outside", "logs/7-link") == 0);
    put("outside/1.log");
    for (size_t i = 0; i < 5; i++) {
        (void) snprintf(path, sizeof(path), "logs/%s", runs[i]);
        CHECK(mkdir(path, 0700) == 0);
    }
    put("logs/8-b/1.log");
    put("logs/8-b/1.runs");
    put("logs/9-a/1.log");
    put("logs/9-a/1.runs");
    CHECK(mkdir("logs/9-a/" TIMES_DIRECTORY, 0700) == 0);
    put("logs/9-a/" TIMES_DIRECTORY "/1.log");
    put("logs/8-b/notes"); /* of the user */
    before = test_count_open();
    CHECK_EQUAL(logs_open("logs"), 0);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(is_there("outside/1.log"));
    CHECK_EQUAL(strncmp(logs_directory(), "logs/12-20", strlen("logs/12-20")), 0);
    CHECK_EQUAL(atoi(strrchr(logs_directory(), '-') + 1), getpid());
    CHECK(stat(logs_directory(), &info) == 0 && (info.st_mode & 0777) == 0700);
    CHECK(is_there("logs/8-b/notes") && !is_there("logs/8-b/1.log") &&
          !is_there("logs/8-b/1.runs"));
    CHECK(!is_there("logs/9-a"));
    CHECK(is_there("logs/9-b") && is_there("logs/10-a") && is_there("logs/11-a") &&
          is_there("logs/.hidden"));
}

static void the_directory_of_logs_is_made_again(void)
{
    static const char *opened[4]; /* what earlier calls of logs_open() returned, to be no leak */
    char              *path;
    int                before;

    CHECK_EQUAL(logs_open("above/logs"), -ENOENT);
    CHECK(mkdir("above", 0700) == 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[0] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/logs/1-", strlen("above/logs/1-")), 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[1] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/logs/2-", strlen("above/logs/2-")), 0);
    CHECK(mkdir("above/empty", 0700) == 0);
    CHECK_EQUAL(logs_open("above/empty"), 0);
    opened[2] = logs_directory();
    CHECK_EQUAL(strncmp(logs_directory(), "above/empty/1-", strlen("above/empty/1-")), 0);
    CHECK_EQUAL(logs_open("above/logs"), 0);
    opened[3] = logs_directory();
    for (int i = 0; i < 3; i++)
        CHECK(strcmp(opened[i], opened[3]) != 0);
    path = logs_run_marks(15);
    CHECK_EQUAL(strncmp(path, logs_directory(), strlen(logs_directory())), 0);
    CHECK_TEXT(path + strlen(logs_directory()), "/15.runs");
    free(path);
    CHECK_EQUAL(logs_restore(), -EEXIST);
    CHECK(rename("above", "moved") == 0);
    CHECK_EQUAL(logs_restore(), 0);
    CHECK(is_there(logs_directory()));
    CHECK(chmod("above/logs", 0750) == 0);
    before = test_count_open();
    CHECK_EQUAL(logs_restore(), -EPERM);
    CHECK_EQUAL(test_count_open(), before);
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
    CHECK(rename("above/logs", "other") == 0 && chmod("other", 0700) == 0 &&
          symlink("../other", "above/logs") == 0);
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
    CHECK(unlink("above/logs") == 0);
    put("above/logs");
    CHECK_EQUAL(logs_open("above/logs"), -EPERM);
}

/* --log-limit: the watch is not the kernel's, but this file's */

static bool is_armed; /* what file_watch_arm() returns */
static int  watches;  /* how many are open */

void file_watch_open(struct file_watch *watch)
{
    watch->fd = STDERR_FILENO;
    watches++;
}

bool file_watch_arm(struct file_watch *watch, int file)
{
    CHECK(watch->fd == STDERR_FILENO && file >= 0);
    return is_armed;
}

void file_watch_close(struct file_watch *watch)
{
    watches -= watch->fd >= 0;
}

static int complaints;

void journal_write(const char *format, ...)
{
    CHECK_TEXT(format, "%s grows beyond its limit: the file system gives no blocks back");
    complaints++;
}

int __real_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size);

static int refusal; /* the errno of fallocate(); 0: it works */

int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
    errno = refusal;
    return refusal != 0 ? -1 : __real_fallocate(fd, mode, offset, size);
}

/* Makes the log SIZE bytes long, and checks that LOG (unless it is NULL) then frees the bytes before HOLE. */
static void grow(struct log_limit *log, off_t size, off_t hole)
{
    static char bytes[64 * BLOCK];
    int         fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat info;

    memset(bytes, 'x', sizeof(bytes));
    CHECK(fstat(fd, &info) == 0 && size >= info.st_size);
    CHECK_EQUAL(write(fd, bytes, (size_t) (size - info.st_size)), size - info.st_size);
    close(fd);
    if (log != NULL)
        log_limit_check(log);
    fd = open("log", O_RDONLY | O_CLOEXEC);
    CHECK_EQUAL(lseek(fd, 0, SEEK_DATA), hole);
    close(fd);
}

static void the_oldest_blocks_of_a_log_are_freed(void)
{
    const off_t      limit = 32 * BLOCK;
    struct log_limit log;
    struct stat      info;
    int              before = test_count_open();

    put("log");
    CHECK(stat("log", &info) == 0);
    if (info.st_blksize != BLOCK)
        return;
    log_limit_open(&log, "log", limit);
    grow(&log, limit + 8 * BLOCK - 1, 0); /* a quarter of the limit is freed at a time */
    grow(&log, limit + 8 * BLOCK, 8 * BLOCK);
    grow(&log, limit + 16 * BLOCK - 1, 8 * BLOCK);
    grow(&log, limit + 17 * BLOCK + 5, 17 * BLOCK);
    grow(&log, limit + 18 * BLOCK + 5, 17 * BLOCK);
    log_limit_close(&log); /* at the end each whole block */
    grow(NULL, limit + 18 * BLOCK + 5, 18 * BLOCK);
    CHECK(truncate("log", 0) == 0);
    log_limit_open(&log, "log", 1000); /* of less than a block: a block at a time */
    grow(&log, 1000 + BLOCK - 1, 0);
    grow(&log, 1000 + BLOCK, BLOCK);
    grow(&log, 1000 + 4 * BLOCK, 4 * BLOCK);
    CHECK(truncate("log", 4 * BLOCK - 1) == 0); /* emptied */
    CHECK(truncate("log", 0) == 0);
    grow(&log, 500, 0);
    grow(&log, 1000 + BLOCK, BLOCK);
    log_limit_close(&log);
    CHECK_EQUAL(watches, 0);
    CHECK_EQUAL(test_count_open(), before);
}

static void a_limited_log_is_looked_at_when_it_grows(void)
{
    struct log_limit log;
    double           now = clock_monotonic();

    log_limit_init(&log);
    log_limit_close(&log); /* it was not opened */
    put("other");
    CHECK(symlink("other", "log") == 0);
    log_limit_open(&log, "log", BLOCK);
    CHECK_EQUAL(log.file, -1); /* a link is not followed */
    CHECK(unlink("log") == 0);
    log_limit_check(&log);
    CHECK_EQUAL(log.file, -1); /* there is no file yet, so it looks at intervals */
    CHECK(log.next >= now + FILE_WATCH_PAUSE && log.next <= clock_monotonic() + FILE_WATCH_PAUSE);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    is_armed = true;
    grow(&log, BLOCK, 0);
    CHECK(log.file >= 0);
    CHECK_EQUAL(fcntl(log.file, F_GETFD), FD_CLOEXEC);
    CHECK(log.next == (double) INFINITY);
    CHECK_EQUAL(log_limit_poll(&log).fd, STDERR_FILENO);
    CHECK_EQUAL(log_limit_poll(&log).events, POLLIN);
    now = clock_monotonic();
    grow(&log, 3 * BLOCK, 2 * BLOCK); /* the watch has told; after a pause it is armed again */
    CHECK(log.next >= now + 0.05 && log.next <= clock_monotonic() + 0.05);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    grow(&log, 5 * BLOCK, 4 * BLOCK);
    CHECK_EQUAL(log_limit_poll(&log).fd, STDERR_FILENO);
    CHECK_EQUAL(watches, 1);
    log_limit_close(&log);
    CHECK_EQUAL(log_limit_poll(&log).fd, -1);
    CHECK_EQUAL(watches, 0);
}

static void a_file_system_may_give_no_blocks_back(void)
{
    static const int refusals[] = {EOPNOTSUPP, ENOSYS, EPERM, EINTR};
    struct log_limit log;
    int              before = test_count_open();

    for (int i = 0; i < 4; i++) {
        bool goes_on = refusals[i] == EINTR;

        (void) unlink("log");
        grow(NULL, 8 * BLOCK, 0);
        refusal = refusals[i];
        complaints = 0;
        log_limit_open(&log, "log", BLOCK);
        CHECK_EQUAL(complaints, !goes_on);
        CHECK((log.file >= 0) == goes_on && watches == goes_on);
        refusal = 0;
        if (!goes_on) /* nothing is tried again */
            CHECK(log_limit_poll(&log).fd == -1 && log.next == (double) INFINITY);
        log_limit_close(&log);
        CHECK(watches == 0 && test_count_open() == before);
    }
}

/* A log that was long before, and one that has never been too long. */
static void a_log_is_looked_at_when_it_is_opened(void)
{
    struct log_limit log;
    char             bytes[8] = "";
    struct stat      info;
    int              fd;

    put("log");
    CHECK(stat("log", &info) == 0);
    if (info.st_blksize != BLOCK)
        return;
    grow(NULL, 8 * BLOCK, 0);
    log_limit_open(&log, "log", 4 * BLOCK);
    grow(NULL, 8 * BLOCK, 4 * BLOCK);
    is_armed = true;
    log_limit_check(&log);
    grow(&log, 9 * BLOCK + 1, 5 * BLOCK);
    log_limit_close(&log);
    CHECK(truncate("log", 0) == 0);
    grow(NULL, 5, 0);
    log_limit_open(&log, "log", 4 * BLOCK);
    log_limit_close(&log);
    fd = open("log", O_RDONLY | O_CLOEXEC);
    CHECK(read(fd, bytes, sizeof(bytes)) == 5 && memcmp(bytes, "xxxxx", 5) == 0);
    close(fd);
}

TEST_MAIN({"variables", a_command_gets_its_own_variables},
          {"shared", equal_environments_are_shared},
          {"freed", an_environment_is_freed_with_its_last_reference},
          {"replaced", variables_are_replaced_and_added},
          {"path", the_programs_directory_ends_the_path},
          {"makeflags", makeflags_name_one_jobserver},
          {"numbers", a_run_gets_the_lowest_free_number},
          {"connections", connections_are_kept_for_the_next_run},
          {"kept", the_logs_of_three_earlier_runs_are_kept},
          {"restored", the_directory_of_logs_is_made_again},
          {"limit", the_oldest_blocks_of_a_log_are_freed},
          {"growth", a_limited_log_is_looked_at_when_it_grows},
          {"refused", a_file_system_may_give_no_blocks_back},
          {"opened", a_log_is_looked_at_when_it_is_opened})
