/* Tests a thread that does jobs for its owner (cli/base/helper.h). */
#include "tests/lib/test.h"

#include "cli/base/helper.h"

#include <poll.h>
#include <sys/eventfd.h>

static int eventfd_error, thread_error; /* errors that the next calls fail with; 0: none */

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags)
{
    errno = eventfd_error;
    return eventfd_error != 0 ? -1 : __real_eventfd(count, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*work)(void *), void             *context)
{
    return thread_error != 0 ? thread_error
                             : __real_pthread_create(thread, attributes, work, context);
}

/* A job that waits for a byte. */
struct job {
    int       ends[2];
    int       number; /* of the times that it was done */
    pthread_t thread; /* that did it last */
};

static void work(void *context)
{
    struct job *job = context;
    char        byte;

    CHECK_EQUAL(read(job->ends[0], &byte, 1), 1);
    job->thread = pthread_self();
    job->number++;
}

static void let_go(const struct job *job)
{
    CHECK_EQUAL(write(job->ends[1], "", 1), 1);
}

static int poll_done(const struct helper *helper, int timeout)
{
    struct pollfd done = {.fd = helper->done, .events = POLLIN};

    return poll(&done, 1, timeout);
}

static void jobs_are_done_one_after_the_other(void)
{
    struct helper helper;
    struct job    job = {.number = 0};

    CHECK(pipe(job.ends) == 0 && helper_open(&helper) == 0);
    helper_finish(&helper); /* there is none */
    CHECK(!helper.busy);
    for (int i = 1; i <= 3; i++) {
        helper_begin(&helper, work, &job);
        CHECK(helper.busy && poll_done(&helper, 0) == 0);
        let_go(&job);
        CHECK_EQUAL(poll_done(&helper, -1), 1);
        CHECK(helper.busy);
        helper_finish(&helper);
        CHECK(!helper.busy && poll_done(&helper, 0) == 0);
        CHECK_EQUAL(job.number, i);
        CHECK(pthread_equal(job.thread, helper.thread));
    }
    helper_close(&helper);
}

/* The end of a helper waits for its job. */
static void the_last_job_is_done(void)
{
    int           before = test_count_open();
    struct helper helper;
    struct job    job = {.number = 0};

    CHECK(pipe(job.ends) == 0 && helper_open(&helper) == 0);
    helper_begin(&helper, work, &job);
    let_go(&job);
    helper_close(&helper);
    CHECK_EQUAL(job.number, 1);
    CHECK_EQUAL(test_count_open(), before + 2);
}

static void a_helper_may_be_refused(void)
{
    int           before = test_count_open();
    struct helper helper;

    eventfd_error = EMFILE;
    CHECK_EQUAL(helper_open(&helper), -EMFILE);
    eventfd_error = 0;
    thread_error = EAGAIN;
    CHECK_EQUAL(helper_open(&helper), -EAGAIN);
    CHECK_EQUAL(test_count_open(), before);
}

TEST_MAIN({"jobs", jobs_are_done_one_after_the_other}, {"last", the_last_job_is_done},
          {"refused", a_helper_may_be_refused})
