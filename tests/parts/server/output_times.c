/* Tests the notes of when logs grow, with a clock and a loop of its own, and with real logs. */
#include "tests/lib/test.h"

#include "cli/base/background_close.h"
#include "cli/base/clock.h"
#include "cli/base/loop.h"
#include "cli/place/journal.h"
#include "cli/server/events.h"
#include "cli/server/output_times.h"
#include "cli/server/store.h"
#include "cli/worker/logs.h"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define EPOCH 1e9 /* the wall's clock begins here */

static double             now;
static char               directory[64];
static struct record_list all = TAILQ_HEAD_INITIALIZER(all);
static struct source     *watched; /* NULL: the loop watches nothing */
static int                loop_error, complaints, closed = -1;
static size_t             told; /* how many events were posted */

double clock_monotonic(void)
{
    return now;
}

double clock_wall(void)
{
    return EPOCH + now;
}

const char *logs_directory(void)
{
    return directory;
}

const struct record_list *store_all(void)
{
    return &all;
}

struct record *store_find_id(uint64_t id)
{
    struct record *record;

    TAILQ_FOREACH(record, &all, order)
        if (record->id == id)
            return record;
    return NULL;
}

bool record_is_live(const struct record *record)
{
    return record->now.state != STATE_ENDED;
}

void events_post_output(struct record *record)
{
    (void) record;
    told++;
}

void journal_write(const char *format, ...)
{
    (void) format;
    complaints++;
}

int loop_add(struct source *source, uint32_t events)
{
    CHECK_EQUAL(events, POLLIN);
    CHECK(watched == NULL);
    if (loop_error == 0)
        watched = source;
    return loop_error;
}

void loop_remove(struct source *source)
{
    CHECK(watched == source);
    watched = NULL;
}

void background_close(int fd)
{
    closed = fd;
}

/* Calls the function of the source that the loop watches, if it is ready. Returns false if not. */
static bool serve(void)
{
    struct pollfd pollfd = {.fd = watched != NULL ? watched->fd : -1, .events = POLLIN};

    if (poll(&pollfd, 1, 0) != 1)
        return false;
    watched->ready(watched, POLLIN);
    return true;
}

/* Returns the number that the next descriptor gets. */
static int next_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static void open_directory(void)
{
    (void) snprintf(directory, sizeof(directory), "/tmp/k3t-output-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    now = 1000;
    (void) mallopt(M_PERTURB, 0x5A); /* new memory is not 0 */
    output_times_prepare();
    output_times_open();
}

static void close_directory(void)
{
    struct record *record;

    TAILQ_FOREACH(record, &all, order)
        (void) unlink(record->job.output);
    CHECK_EQUAL(rmdir(directory), 0);
}

/* Makes RECORD the thread ID, with a log. */
static void add_thread(struct record *record, uint64_t id)
{
    char *path;

    CHECK(asprintf(&path, "%s/%llu.log", directory, (unsigned long long) id) > 0);
    record->id = id;
    record->now.state = STATE_RUNNING;
    record->job.output = path;
    record->job.has_own_log = true;
    TAILQ_INSERT_TAIL(&all, record, order);
}

/* Makes the log of RECORD SIZE bytes long, at the present moment of the clock. */
static void grow(const struct record *record, off_t size)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t) (EPOCH + now)}};
    int             fd = open(record->job.output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat     info;

    times[1].tv_nsec = (long) ((EPOCH + now - (double) times[1].tv_sec) * 1e9);
    CHECK(fd >= 0 && fstat(fd, &info) == 0);
    if (size > info.st_size)
        CHECK_EQUAL(pwrite(fd, "x", 1, size - 1), 1);
    else
        CHECK_EQUAL(ftruncate(fd, size), 0);
    CHECK_EQUAL(futimens(fd, times), 0);
    close(fd);
}

static void is_near(double value, double wanted)
{
    CHECK(value > wanted - 1e-6 && value < wanted + 1e-6);
}

/* The log grows at TIME, and that is noted. */
static void grow_at(const struct record *record, double time, off_t size)
{
    now = time;
    grow(record, size);
    (void) serve();
    (void) output_times_do_due();
}

static void logs_are_looked_at(void)
{
    static struct record record, other;

    open_directory();
    add_thread(&record, 7);
    add_thread(&other, 8);
    other.job.has_own_log = false;
    CHECK(watched != NULL && !serve());
    CHECK(output_times_do_due() < 0);
    CHECK_EQUAL(fcntl(watched->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK_EQUAL(fcntl(watched->fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);

    /* The first output is noted at once; then the loop rests for a tenth of a second. */
    grow(&record, 4);
    grow(&record, 6);
    CHECK(serve());
    CHECK(watched == NULL);
    CHECK_EQUAL(told, 1);
    is_near(output_times_do_due(), 0.1);
    now += 0.04;
    grow(&record, 8);
    is_near(output_times_do_due(), 0.06);
    CHECK_EQUAL(told, 1);
    now += 0.16; /* a late look: the next one is due a tenth of a second after it */
    is_near(output_times_do_due(), 0.1);
    CHECK_EQUAL(told, 2);
    now += 0.03;
    is_near(output_times_do_due(), 0.07);
    now += 0.07;
    CHECK(output_times_do_due() < 0);
    CHECK_EQUAL(told, 2);
    CHECK(watched != NULL && !serve());
    CHECK(output_times_do_due() < 0);

    /* Files of start --output, other files and missing files are not noted. */
    grow(&other, 5);
    (void) snprintf(directory + strlen(directory), 5, "/log");
    other.job.output = directory;
    grow(&other, 5);
    CHECK(serve());
    CHECK_EQUAL(unlink(directory), 0);
    *strrchr(directory, '/') = '\0';
    other.job.output = strcpy(malloc(strlen(record.job.output) + 1), record.job.output);
    other.job.output[strlen(directory) + 1] = '8';
    now += 1;
    CHECK(output_times_do_due() < 0);
    grow(&record, 9);
    CHECK_EQUAL(unlink(record.job.output), 0);
    CHECK(serve());
    CHECK_EQUAL(told, 2);
    CHECK_EQUAL(complaints, 0);
    close_directory();
}

/* Returns the offset for the output after TIME. */
static off_t find(const struct record *record, off_t size, double time)
{
    return output_times_find(record, size, now - time);
}

static void output_is_found_by_its_time(void)
{
    static struct record record;

    open_directory();
    add_thread(&record, 7);
    record.now.run_begin = 1000;
    grow_at(&record, 1001, 10);
    grow_at(&record, 1002, 20);
    grow_at(&record, 1002, 21); /* counted with what came before at that time */
    grow_at(&record, 1003, 30);
    grow_at(&record, 1004, 40);
    grow_at(&record, 1005, 50);
    grow_at(&record, 1006, 60);
    now = 1007;
    CHECK_EQUAL(find(&record, 60, 1000.5), 0);
    CHECK_EQUAL(find(&record, 60, 1001), 10);
    CHECK_EQUAL(find(&record, 60, 1001.5), 10);
    CHECK_EQUAL(find(&record, 60, 1002.5), 20);
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);
    CHECK_EQUAL(find(&record, 60, 1005.75), 50);
    CHECK_EQUAL(find(&record, 60, 1006.25), 60);
    CHECK_EQUAL(find(&record, 64, 1006.25), 64); /* nothing was written since */
    CHECK_EQUAL(find(&record, 40, 1005.75), 0);  /* it was emptied since */

    /* The run and the thread's part of the output begin where they begin. */
    record.now.output_start = 15;
    CHECK_EQUAL(find(&record, 60, 1001.5), 15);
    CHECK_EQUAL(find(&record, 60, 1002.5), 20);
    CHECK_EQUAL(find(&record, 14, 1001.5), 10);
    record.now.output_start = 60;
    CHECK_EQUAL(find(&record, 60, 1001.5), 60);
    record.now.output_start = 0;
    record.now.run_begin = 1002.25;
    record.now.run_start = 25;
    CHECK_EQUAL(find(&record, 60, 1002.25), 25);
    CHECK_EQUAL(find(&record, 60, 1002.125), 20);
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);
    CHECK_EQUAL(find(&record, 25, 1002.5), 25);
    CHECK_EQUAL(find(&record, 24, 1002.5), 20);
    record.now.run_begin = 0;
    CHECK_EQUAL(find(&record, 60, 1002.5), 20);

    /* An ended thread has written nothing since its end, whatever the time of the file. */
    record.now.run_end = 1003;
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);
    record.now.state = STATE_ENDED;
    CHECK_EQUAL(find(&record, 60, 1003.5), 60);
    CHECK_EQUAL(find(&record, 60, 1003), 30);
    CHECK_EQUAL(find(&record, 60, 1002.5), 20);
    record.now.run_end = 0;
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);

    /* A log that is written to and does not grow was not emptied. One that was removed may still be shown. */
    record.now.state = STATE_RUNNING;
    grow_at(&record, 1007.5, 60);
    now = 1007.75;
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);
    CHECK_EQUAL(unlink(record.job.output), 0);
    CHECK_EQUAL(find(&record, 60, 1003.5), 30);

    /* A log that becomes shorter was emptied. */
    grow_at(&record, 1008, 5);
    grow_at(&record, 1009, 7);
    now = 1010;
    CHECK_EQUAL(find(&record, 7, 1001.5), 0);
    CHECK_EQUAL(find(&record, 7, 1007), 0);
    grow_at(&record, 1009.5, 70);
    now = 1010;
    CHECK_EQUAL(find(&record, 70, 1001.5), 0); /* it had ten bytes then, and other ones later */
    CHECK_EQUAL(find(&record, 70, 1009), 7);
    grow_at(&record, 1010, 7);
    now = 1011;
    CHECK_EQUAL(find(&record, 7, 1008.5), 0);
    CHECK_EQUAL(find(&record, 7, 1010.5), 7);
    close_directory();
    CHECK_EQUAL(find(&record, 7, 1010), 7);
}

/* The time between two writes. */
#define STEP 0.125

static void marks_of_long_ago_are_thinned(void)
{
    enum { COUNT = 5000, FIRST = 2049, BEFORE = 100000 };
    static struct record record;

    open_directory();
    add_thread(&record, 7);
    for (int i = 1; i <= COUNT; i++) {
        grow_at(&record, 1000 + i * STEP, BEFORE + i);
        for (int old = 1; old < i && (i == FIRST || i == COUNT); old++) {
            double seconds = (i - old) * STEP;
            off_t  missing = old - (output_times_find(&record, BEFORE + i, seconds) - BEFORE);

            CHECK(missing >= 0 && (double) missing * STEP <= seconds / 100);
        }
    }
    CHECK(malloc_usable_size(record.output_marks) < 34000);
    free(record.output_marks);
    close_directory();
}

static void marks_of_an_emptied_log_are_kept(void)
{
    enum { COUNT = 5000, HALF = COUNT / 2 };
    static struct record record;

    open_directory();
    add_thread(&record, 7);
    grow_at(&record, 1000 + STEP, 10);
    for (int i = 2; i < HALF; i++)
        grow_at(&record, 1000 + i * STEP, i);
    now += STEP / 2;
    CHECK_EQUAL(find(&record, HALF - 1, 1000 + STEP), 0);
    CHECK_EQUAL(find(&record, HALF - 1, now - STEP), HALF - 2);
    grow_at(&record, 1000 + HALF * STEP, HALF + 105);
    for (int i = HALF + 1; i <= COUNT; i++)
        grow_at(&record, 1000 + i * STEP, i + 100);
    now += STEP / 2;
    CHECK_EQUAL(find(&record, COUNT + 100, 1000 + 2 * STEP), 0);
    CHECK_EQUAL(find(&record, COUNT + 100, 1000 + (HALF - 1) * STEP), 0);
    CHECK_EQUAL(find(&record, COUNT + 100, now - STEP), COUNT + 99);
    for (int i = 1; i <= COUNT; i++)
        grow_at(&record, 2000 + i * STEP, COUNT - i);
    now += STEP / 2;
    CHECK_EQUAL(find(&record, COUNT, now - STEP), 0);
    CHECK(malloc_usable_size(record.output_marks) < 34000);
    free(record.output_marks);
    close_directory();
}

/* Returns how many events the system keeps. */
static long most_events(void)
{
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    char  number[32];

    CHECK(file != NULL && fgets(number, sizeof(number), file) != NULL);
    fclose(file);
    return strtol(number, NULL, 10);
}

static void watching_goes_on(void)
{
    static struct record record, other, ended, late;

    open_directory();
    add_thread(&record, 7);
    add_thread(&other, 8);
    add_thread(&ended, 9);
    add_thread(&late, 10);
    grow_at(&record, 1001, 10);

    /* The directory is removed and made again. */
    now = 1002;
    close_directory();
    (void) output_times_do_due();
    CHECK_EQUAL(mkdir(directory, 0700), 0);
    now = 1002.5;
    CHECK(output_times_do_due() < 0);
    grow_at(&record, 1003, 20);
    grow_at(&record, 1004, 25);
    now = 1005;
    CHECK_EQUAL(find(&record, 25, 1003.5), 20);
    CHECK_EQUAL(find(&record, 25, 1004.5), 25);

    /* More events than the system keeps: the logs of all live threads are noted. */
    grow(&ended, 3);
    (void) output_times_do_due();
    (void) serve();
    ended.now.state = STATE_ENDED;
    now = 1007;
    (void) output_times_do_due();
    told = 0;
    for (off_t i = 0; i < most_events() + 100; i++)
        grow(i % 2 == 0 ? &record : &other, 100 + i);
    grow(&late, 30);
    grow(&ended, 30);
    CHECK(serve());
    CHECK_EQUAL(told, 3);
    CHECK_EQUAL(find(&late, 40, 1007), 30);
    now = 1008;
    CHECK(output_times_do_due() < 0);
    CHECK_EQUAL(complaints, 0);
    output_times_close();
    CHECK_EQUAL(closed, watched->fd);
    close_directory();
}

static void logs_that_cannot_be_watched_are_shown(void)
{
    static struct record record;
    struct rlimit        limit, none;
    int                  next;

    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){0, limit.rlim_max};
    open_directory();
    add_thread(&record, 7);
    watched = NULL;

    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    output_times_prepare();
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    output_times_open();
    CHECK_EQUAL(complaints, 1);
    CHECK(watched == NULL && output_times_do_due() < 0);
    grow_at(&record, 1001, 10);
    now = 1003;
    CHECK_EQUAL(find(&record, 10, 1000.5), 0);
    CHECK_EQUAL(find(&record, 10, 1002), 10);

    loop_error = -ENOSPC; /* of a second watch: none is left */
    next = next_descriptor();
    output_times_prepare();
    output_times_open();
    CHECK_EQUAL(complaints, 2);
    CHECK_EQUAL(next_descriptor(), next);
    CHECK(watched == NULL && output_times_do_due() < 0);
    close_directory();

    output_times_prepare();
    output_times_open();
    CHECK_EQUAL(complaints, 3);
    CHECK(watched == NULL);
    loop_error = 0;
    CHECK_EQUAL(mkdir(directory, 0700), 0);
    CHECK(output_times_do_due() < 0);
    CHECK(watched == NULL);
    close_directory();
}

TEST_MAIN({"looks", logs_are_looked_at}, {"found", output_is_found_by_its_time},
          {"thinned", marks_of_long_ago_are_thinned}, {"emptied", marks_of_an_emptied_log_are_kept},
          {"goes-on", watching_goes_on}, {"unwatched", logs_that_cannot_be_watched_are_shown})
