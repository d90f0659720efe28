/*
 * The mailbox alone, in one thread: which reports wake the server is a matter of instants between the
 * threads of a supervisor.
 */
#include "tests/lib/test.h"

#include "cli/worker/mailbox.h"

#include <poll.h>

static int           wake;
static struct record first = {.id = 1}, second = {.id = 2};

static void open_mailbox(void)
{
    wake = mailbox_open();
    CHECK(wake >= 0);
}

/* Whether the server was woken since it last looked; it has looked then. */
static bool has_woken(void)
{
    struct pollfd pollfd = {.fd = wake, .events = POLLIN};
    const int     ready = poll(&pollfd, 1, 0);

    CHECK(ready >= 0);
    if (ready == 1)
        mailbox_clear();
    return ready == 1;
}

static void post(struct record *record, enum protocol_state state)
{
    mailbox_post(record, &(struct report){.state = state, .runs = 1});
}

/* Takes all; returns how many records had news. */
static int take_all(void)
{
    struct report old;
    int           count = 0;

    while (mailbox_take(&old) != NULL)
        count++;
    return count;
}

static void wakes_for_what_is_heeded(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    CHECK(!has_woken());
    post(&first, STATE_STOPPING);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 1);
    CHECK_EQUAL(first.now.state, STATE_STOPPING);

    mailbox_heed(&first);
    CHECK(!has_woken());
    post(&first, STATE_RUNNING);
    CHECK(has_woken());
    post(&second, STATE_RUNNING);
    CHECK(!has_woken());
    CHECK_EQUAL(take_all(), 2);
}

/* A report that came unheeded, and was not taken since, must not wait for the next one. */
static void wakes_for_what_was_missed(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    mailbox_heed(&second);
    CHECK(!has_woken());
    mailbox_heed(&first);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 1);
    mailbox_heed(NULL);
    CHECK(!has_woken());
}

static void wakes_for_what_all_missed(void)
{
    open_mailbox();
    post(&first, STATE_RUNNING);
    mailbox_heed(NULL);
    CHECK(has_woken());
    post(&second, STATE_RUNNING);
    CHECK(has_woken());
    CHECK_EQUAL(take_all(), 2);
}

TEST_MAIN({"heeded", wakes_for_what_is_heeded}, {"missed", wakes_for_what_was_missed},
          {"missed-by-all", wakes_for_what_all_missed})
