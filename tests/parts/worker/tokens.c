/* Tests a worker's part of a jobserver (cli/worker/job_tokens.h). Its files are in the current directory. */
#include "tests/lib/test.h"

#include "cli/worker/job_tokens.h"
#include "cli/worker/logs.h"
#include "cli/worker/mailbox.h"

#include <dirent.h>
#include <stdbool.h>
#include <sys/inotify.h>
#include <sys/stat.h>

int __real_inotify_add_watch(int inotify, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int inotify, const char *path, uint32_t mask);
int __real_mkfifo(const char *path, mode_t mode);
int __wrap_mkfifo(const char *path, mode_t mode);
int __real_pipe2(int *ends, int flags);
int __wrap_pipe2(int *ends, int flags);

static int inotify = -1, restores, restored_at, wakes;
static int watch_error, fifo_error, pipe_error; /* errno of the next calls; 0: they work */

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    errno = watch_error;
    return watch_error != 0 ? -1 : __real_inotify_add_watch(fd, path, mask);
}

int __wrap_mkfifo(const char *path, mode_t mode)
{
    int result = fifo_error != 0 ? -1 : __real_mkfifo(path, mode);

    CHECK_EQUAL(mode, 0600);
    errno = fifo_error != 0 ? fifo_error
            : result == 0   ? EIO
                            : errno; /* after success it means nothing */
    return result;
}

int __wrap_pipe2(int *ends, int flags)
{
    int result = pipe_error != 0 ? -1 : __real_pipe2(ends, flags);

    errno = pipe_error != 0 ? pipe_error : result == 0 ? EIO : errno;
    return result;
}

const char *logs_directory(void)
{
    return "logs";
}

int logs_restore(void)
{
    if (++restores == restored_at)
        CHECK_EQUAL(mkdir("logs", 0700), 0);
    return -ENOENT;
}

void mailbox_wake(void)
{
    wakes++;
}

static void enable(void)
{
    inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    CHECK(inotify >= 0);
    job_tokens_enable(inotify);
}

/* Opens the tokens of a command that has the descriptors 3 and 5. */
static struct job_tokens *open_tokens(void)
{
    const struct spawn_plan plan = {.extras = {{0, 3}, {0, 5}}, .extra_count = 2};
    struct job_tokens      *tokens = NULL;
    struct text             why = {0};

    CHECK_EQUAL(job_tokens_open(&tokens, 7, &plan, &why), 0);
    CHECK_EQUAL(why.size, 0);
    return tokens;
}

static int flags_of(int fd)
{
    CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC);
    return fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK);
}

/* Reads the next event of inotify into RET. Returns its mask, or 0. */
static uint32_t next_event(int *ret_watch)
{
    char    bytes[sizeof(struct inotify_event) + 256] __attribute__((aligned(8)));
    ssize_t n = read(inotify, bytes, sizeof(struct inotify_event));

    *ret_watch = n > 0 ? ((struct inotify_event *) (void *) bytes)->wd : -1;
    return n > 0 ? ((struct inotify_event *) (void *) bytes)->mask : 0;
}

static bool is_empty(const char *path)
{
    DIR           *directory = opendir(path);
    struct dirent *entry;
    int            count = 0;

    CHECK(directory != NULL);
    while ((entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count == 0;
}

static void without_a_jobserver_there_are_none(void)
{
    struct spawn_plan  plan = {.extra_count = 1};
    struct job_tokens *tokens = (struct job_tokens *) &plan;
    struct text        why = {0};

    CHECK_EQUAL(job_tokens_open(&tokens, 7, &plan, &why), 0);
    CHECK(tokens == NULL);
    job_tokens_extend(NULL, &plan);
    CHECK_EQUAL(plan.extra_count, 1);
    job_tokens_begin(NULL);
    job_tokens_end(NULL);
    CHECK_EQUAL(wakes, 0);
}

static void a_command_gets_a_fifo_and_a_pipe(void)
{
    struct spawn_plan  plan = {.extra_count = 1};
    struct job_tokens *tokens;
    char              *flags, byte;
    int                before, watch, kept;

    enable();
    CHECK_EQUAL(mkdir("logs", 0700), 0);
    before = test_count_open();
    tokens = open_tokens();
    CHECK_EQUAL(test_count_open(), before + 4);
    CHECK(is_empty("logs") && tokens->thread == 7);
    CHECK(tokens->ends[JOB_TOKENS_TAKE].to == 4 && tokens->ends[JOB_TOKENS_RETURN].to == 6);
    CHECK_EQUAL(flags_of(tokens->fifo), O_RDWR | O_NONBLOCK);
    CHECK_EQUAL(flags_of(tokens->ends[JOB_TOKENS_TAKE].from), O_RDONLY);
    CHECK_EQUAL(flags_of(tokens->returns), O_RDONLY | O_NONBLOCK);
    CHECK_EQUAL(flags_of(tokens->ends[JOB_TOKENS_RETURN].from), O_WRONLY);
    while (next_event(&watch) != 0)
        continue;
    CHECK_EQUAL(write(tokens->fifo, "+", 1), 1);
    CHECK_EQUAL(next_event(&watch), 0);
    CHECK_EQUAL(read(tokens->ends[JOB_TOKENS_TAKE].from, &byte, 1), 1);
    CHECK_EQUAL(next_event(&watch), IN_ACCESS);
    CHECK_EQUAL(watch, tokens->watch);
    CHECK_EQUAL(write(tokens->ends[JOB_TOKENS_RETURN].from, "-", 1), 1);
    CHECK(read(tokens->returns, &byte, 1) == 1 && byte == '-');
    flags = job_tokens_makeflags(tokens, "k");
    CHECK_TEXT(flags, "k -j1 --jobserver-auth=4,6");
    free(flags);
    job_tokens_set_number(3);
    flags = job_tokens_makeflags(tokens, NULL);
    CHECK_TEXT(flags, " -j3 --jobserver-auth=4,6");
    free(flags);
    job_tokens_extend(tokens, &plan);
    CHECK_EQUAL(plan.extra_count, 3);
    CHECK(plan.extras[1].from == tokens->ends[0].from && plan.extras[1].to == 4);
    CHECK(plan.extras[2].from == tokens->ends[1].from && plan.extras[2].to == 6);
    kept = dup(tokens->fifo); /* so the fifo stays, and with it a watch that is not removed */
    job_tokens_end(tokens);   /* the command has not begun, and the server does not know of it */
    CHECK(wakes == 0 && test_count_open() == before + 1);
    CHECK_EQUAL(next_event(&watch), IN_IGNORED);
    close(kept);
}

static void the_server_is_told_of_each_change(void)
{
    struct job_tokens *first, *second;
    bool               ended;
    int                before;

    enable();
    CHECK_EQUAL(mkdir("logs", 0700), 0);
    before = test_count_open();
    first = open_tokens();
    CHECK_EQUAL(mkfifo("logs/tokens.0", 0600), 0); /* of another worker, at the same time */
    second = open_tokens();                        /* its fifo has another name */
    CHECK(job_tokens_next(&ended) == NULL);
    job_tokens_begin(first);
    CHECK_EQUAL(test_count_open(), before + 6); /* the command has its ends */
    CHECK(first->ends[0].from == -1 && first->ends[1].from == -1 && wakes == 1);
    job_tokens_begin(second);
    CHECK(job_tokens_next(&ended) == first && !ended);
    job_tokens_end(first);
    job_tokens_end(second); /* it is told once, with its end */
    CHECK_EQUAL(wakes, 4);
    CHECK(job_tokens_next(&ended) == second && ended);
    CHECK(job_tokens_next(&ended) == first && ended);
    CHECK(job_tokens_next(&ended) == NULL);
    job_tokens_free(first);
    job_tokens_free(second);
    CHECK_EQUAL(test_count_open(), before);
}

static void check_failure(int error, const char *words, bool is_whole)
{
    const struct spawn_plan plan = {.extra_count = 0};
    struct job_tokens      *tokens = (struct job_tokens *) &error;
    struct text             why = {0};
    int                     before = test_count_open();

    CHECK_EQUAL(job_tokens_open(&tokens, 7, &plan, &why), -error);
    CHECK(tokens == NULL && test_count_open() == before);
    text_byte(&why, '\0', 1);
    if (strncmp(why.data, words, strlen(words)) != 0)
        fprintf(stderr, "why: %s\n", why.data);
    CHECK_EQUAL(strncmp(why.data, words, strlen(words)), 0);
    CHECK((strlen(why.data) == strlen(words)) == is_whole);
    text_release(&why);
    watch_error = fifo_error = pipe_error = 0;
}

static void what_cannot_be_opened_is_explained(void)
{
    enable();
    check_failure(ENOENT, "cannot open a jobserver in logs: No such file or directory", true);
    CHECK_EQUAL(restores, LOGS_RESTORES_MAX);
    restores = 0;
    restored_at = 3;
    job_tokens_end(open_tokens());
    CHECK_EQUAL(restores, 3);
    fifo_error = ENOSPC;
    check_failure(ENOSPC, "cannot open a jobserver in logs: No space left on device", true);
    CHECK_EQUAL(restores, 3);
    watch_error = ENOSPC;
    check_failure(ENOSPC,
                  "cannot open a jobserver: the user has as many inotify watches as "
                  "/proc/sys/fs/inotify/max_user_watches allows",
                  true);
    watch_error = EACCES;
    check_failure(EACCES, "cannot open a jobserver in logs: Permission denied", true);
    pipe_error = EMFILE;
    check_failure(EMFILE,
                  "cannot open a jobserver in logs: Too many open files; the supervisor's own "
                  "limit is ",
                  false);
    CHECK(is_empty("logs"));
}

TEST_MAIN({"none", without_a_jobserver_there_are_none},
          {"opened", a_command_gets_a_fifo_and_a_pipe}, {"told", the_server_is_told_of_each_change},
          {"failures", what_cannot_be_opened_is_explained})
