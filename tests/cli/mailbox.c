/*
 * Tests the mailbox alone, in one thread: in a supervisor, the timing of the threads decides which reports
 * wake the server.
 */
#include "tests/lib/test.h"

#include "cli/worker/mailbox.h"

#include <poll.h>

static int         wake;
static struct mail first, second;

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

TEST_MAIN({"notify", wakes_if_a_client_waits}, {"missed", wakes_for_a_report_posted_before},
          {"missed-by-all", wakes_for_all_reports_posted_before})
