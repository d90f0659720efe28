/*
 * Tests the mailbox alone, in one thread: in a supervisor, the timing of the threads decides which reports
 * wake the server.
 */
#include "tests/lib/test.h"
#include "tests/parts/worker/references.h"

#include "cli/worker/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

static int         wake;
static struct mail first, second;
static int         locks; /* that are held */

/* The server and the workers use the mailbox at the same time: each call of it takes the lock once. */
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    CHECK_EQUAL(locks++, 0);
    return __real_pthread_mutex_lock(mutex);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    CHECK_EQUAL(--locks, 0);
    return __real_pthread_mutex_unlock(mutex);
}

static void open_mailbox(void)
{
    wake = mailbox_open();
    CHECK(wake >= 0);
}

/* Returns true if the server was woken since the last call. */
static bool has_woken(void)
{
    struct pollfd pollfd = {.fd = wake, .events = POLLIN};
    const int     ready = poll(&pollfd, 1, 0);

    CHECK(ready >= 0);
    if (ready == 1)
        mailbox_clear();
    return ready == 1;
}

static void post(struct mail *mail, enum protocol_state state)
{
    mailbox_post(mail, &(struct report){.state = state, .runs = 1});
}

static struct report last; /* the report that was taken last */

/* Takes all reports; returns their number. */
static int take_all(void)
{
    int count = 0;

    while (mailbox_take(&last) != NULL)
        count++;
    return count;
}

static void wakes_if_a_client_waits(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    CHECK(!has_woken());
    post(&first, STATE_STOPPING);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 1);
    CHECK_EQUAL(last.state, STATE_STOPPING);

    mailbox_notify(&first);
    CHECK(!has_woken());
    post(&first, STATE_RUNNING);
    CHECK(has_woken());
    post(&second, STATE_RUNNING);
    CHECK(!has_woken());
    CHECK_EQUAL(take_all(), 2);
}

/* Checks that mailbox_notify() wakes the server for a report that was posted before, and did not wake it. */
static void wakes_for_a_report_posted_before(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    mailbox_notify(&second);
    CHECK(!has_woken());
    mailbox_notify(&first);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 1);
    mailbox_notify_all();
    CHECK(!has_woken());
}

static void wakes_for_all_reports_posted_before(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    mailbox_notify_all();
    CHECK(has_woken());
    post(&second, STATE_RUNNING);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 2);
}

/* Posts that follow each other wake the server once. A look at an empty mailbox does not wait. */
static void wakes_once_until_the_server_has_looked(void)
{
    eventfd_t count;

    open_mailbox();
    mailbox_clear();
    mailbox_notify_all();
    post(&first, STATE_RUNNING);
    post(&second, STATE_RUNNING);
    post(&first, STATE_ENDED);
    CHECK_EQUAL(eventfd_read(wake, &count), 0);
    CHECK_EQUAL(count, 1);
    mailbox_clear();
    CHECK_EQUAL(take_all(), 2);
    post(&second, STATE_ENDED);
    CHECK(has_woken());
    for (int i = 0; i < 2; i++) /* a full counter is readable, and holds nobody up */
        CHECK_EQUAL(eventfd_write(wake, i == 0 ? UINT64_MAX - 1 : 0), 0);
    mailbox_wake();
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 1);
}

/* Posts a report with MESSAGE. */
static void post_message(const char *message)
{
    mailbox_post(&first,
                 &(struct report){.state = STATE_ENDED, .message = message, .left = message});
}

/* A report that is replaced gives its strings up; a report that is taken has them. */
static void carries_the_strings_of_a_report(void)
{
    const char *early = shared_string_new("early"), *late = shared_string_new("late");

    open_mailbox();
    post_message(early);
    post_message(late);
    CHECK_EQUAL(references, 4);
    CHECK(mailbox_take(&last) == &first && mailbox_take(&last) == NULL);
    CHECK(last.message == late && last.left == late);
    post_message(early); /* while the server has the report before */
    CHECK_EQUAL(references, 6);
    report_release(&last);
    CHECK_EQUAL(references, 4);
    CHECK(mailbox_take(&last) == &first && last.message == early);
    report_release(&last);
    shared_string_unref(early);
    shared_string_unref(late);
    CHECK_EQUAL(references, 0);
}

TEST_MAIN({"notify", wakes_if_a_client_waits}, {"missed", wakes_for_a_report_posted_before},
          {"missed-by-all", wakes_for_all_reports_posted_before},
          {"once", wakes_once_until_the_server_has_looked},
          {"strings", carries_the_strings_of_a_report})
