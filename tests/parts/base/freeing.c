/* Tests how large files are let go of (cli/base/freeing.h), and that a directory's are (cli/base/directory.h). */
#include "tests/lib/test.h"

#include "cli/base/directory.h"
#include "cli/base/freeing.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define SIZE (4 << 20) /* of a file that is large */

static pthread_t  owner;
static sem_t      pass;      /* for each close of a helper, if `holds` */
static bool       holds;     /* set before a helper begins */
static atomic_int by_helper; /* closes of descriptors from `first` on */
static int        by_owner, first = 1000;
static int        threads, thread_error;

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    if (fd >= first && pthread_equal(pthread_self(), owner)) {
        by_owner++;
    } else if (fd >= first) {
        CHECK(!holds || sem_wait(&pass) == 0);
        atomic_fetch_add(&by_helper, 1);
    }
    return __real_close(fd);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context)
{
    threads++;
    return thread_error != 0 ? thread_error
                             : __real_pthread_create(thread, attributes, work, context);
}

/* Returns a descriptor that counts. */
static int counted(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, first);

    CHECK(moved >= first && __real_close(fd) == 0);
    return moved;
}

/* While a helper closes one file, the caller closes others, but for one that the helper can close next. */
static void two_threads_close_files(void)
{
    struct freeing freeing = {.has_helper = false};
    int            fd = counted(), kept = counted();

    owner = pthread_self();
    holds = true;
    CHECK_EQUAL(sem_init(&pass, 0, 0), 0);
    freeing_close(&freeing, fd);
    CHECK(threads == 0 && by_owner == 0);
    freeing_close(&freeing, counted());
    CHECK(threads == 1 && by_owner == 1);
    freeing_close(&freeing, kept);
    freeing_close(&freeing, counted());
    freeing_close(&freeing, counted());
    CHECK(by_owner == 3 && by_helper == 0);
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(kept, F_GETFD) == FD_CLOEXEC);
    CHECK_EQUAL(sem_post(&pass), 0);
    WAIT_FOR(helper_is_done(&freeing.helper));
    CHECK(fcntl(fd, F_GETFD) == -1 && fcntl(kept, F_GETFD) == FD_CLOEXEC);
    for (int i = 4; i <= 5; i++) {
        freeing_close(&freeing, counted());
        CHECK(by_owner == 4 && by_helper == 1);
    }
    freeing_close(&freeing, counted());
    CHECK(by_owner == 5 && freeing.has_kept);
    CHECK_EQUAL(sem_post(&pass), 0);
    freeing_end(&freeing);
    CHECK(by_owner == 6 && by_helper == 2 && threads == 1);
    CHECK(fcntl(kept, F_GETFD) == -1 && !freeing.has_helper && !freeing.has_kept);
    freeing_end(&freeing); /* nothing is left */
}

static void a_single_file_needs_one_thread(void)
{
    struct freeing freeing = {.has_helper = false};

    owner = pthread_self();
    freeing_close(&freeing, counted());
    freeing_end(&freeing);
    CHECK(by_owner == 1 && threads == 0);
}

static void one_thread_closes_all_if_there_is_no_other(void)
{
    struct freeing freeing = {.has_helper = false};

    owner = pthread_self();
    thread_error = EAGAIN;
    for (int i = 0; i < 3; i++) {
        freeing_close(&freeing, counted());
        CHECK_EQUAL(by_owner, i);
    }
    CHECK_EQUAL(threads, 1); /* it is asked for once */
    freeing_end(&freeing);
    CHECK(by_owner == 3 && !freeing.is_refused);
}

/* Makes a file of SIZE bytes, with a hole of them at the beginning. */
static void make_file(const char *path, off_t size, off_t hole)
{
    static char block[65536];
    int         fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (size_t i = 0; i < sizeof(block); i++) /* which a file system cannot make smaller */
        block[i] = (char) random();
    CHECK(fd >= 0 && ftruncate(fd, size) == 0);
    for (off_t at = hole; at < size; at += (off_t) sizeof(block))
        CHECK(pwrite(fd, block, sizeof(block), at) == sizeof(block));
    CHECK(fsync(fd) == 0); /* now it is known how many blocks it takes */
    close(fd);
}

/* A directory goes with its large files, for which a helper is started, and without a descriptor that stays open. */
static void a_directory_goes_with_its_large_files(void)
{
    int         before = test_count_open();
    struct stat info;

    CHECK_EQUAL(mkdir("d", 0700), 0);
    make_file("d/holes", (off_t) 3 * SIZE, (off_t) 3 * SIZE - 65536);
    make_file("d/more", (off_t) 3 * SIZE, (off_t) 3 * SIZE - 65536);
    make_file("d/small", SIZE / 2, 0);
    directory_remove("d");
    CHECK(stat("d", &info) < 0 && threads == 0);
    CHECK_EQUAL(mkdir("d", 0700), 0);
    CHECK_EQUAL(mkdir("d/e", 0700), 0);
    make_file("d/one", 2 * SIZE, 0);
    make_file("d/e/two", 2 * SIZE, 0);
    CHECK_EQUAL(symlink("one", "d/three"), 0);
    directory_remove("d");
    CHECK(stat("d", &info) < 0 && threads == 1);
    CHECK_EQUAL(test_count_open(), before);
}

TEST_MAIN({"closed", two_threads_close_files}, {"single", a_single_file_needs_one_thread},

          {"alone", one_thread_closes_all_if_there_is_no_other},
          {"directory", a_directory_goes_with_its_large_files})
