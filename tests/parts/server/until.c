/*
 * Tests alone the joins that wait for a probe. The test is the prober, the clock, and the thread. See
 * tests/cli/until.bats for real probes.
 */
#include "tests/parts/server/sent.h"

#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/ready/ready.h"
#include "cli/server/call.h"
#include "cli/server/join_replies.h"
#include "cli/server/join_until.h"
#include "cli/server/param_strings.h"
#include "cli/server/shutdown.h"
#include "cli/server/store.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/prober.h"

static double           now = 1000;
static struct prober    prober; /* the one that looks */
static int              started, finished, stopped, freed, notified;
static int              starting; /* the result of prober_start() */
static unsigned         run;      /* at which it looks */
static bool             has_news, is_shutting_down, reads_output = true;
static enum prober_news news;

static struct peer   peer;
static struct record record = {
    .id = 7, .job.name = (char *) "a", .now = {.state = STATE_RUNNING, .pid = 5, .runs = 1}};

/* The functions that the part calls. */

double clock_monotonic(void)
{
    return now;
}

void connection_send(struct connection *connection, const struct text *line)
{
    (void) connection;
    sent_add(line);
}

void connection_settle(struct connection *connection)
{
    (void) connection;
}

void record_write(struct text *text, const struct record *given, uint64_t members)
{
    CHECK(given == &record && members == RECORD_ALL_MEMBERS);
    text_printf(text, "\"run %u\"", given->now.runs);
}

bool record_is_live(const struct record *given)
{
    return given->now.state != STATE_ENDED;
}

struct record *store_find_id(uint64_t id)
{
    return id == 7 ? &record : NULL;
}

void join_write_failure(struct text *data, const struct record *given)
{
    text_printf(data, ",\"failed\":%u", given->now.runs);
}

bool param_string_copy(struct call *call, const char *name, const json_t *value, char **ret)
{
    CHECK_TEXT(name, "until");
    if (!json_is_string(value))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "no string");
    *ret = strdup(json_string_value(value));
    return true;
}

bool ready_is_valid_later(const char *spec, struct text *why)
{
    if (strcmp(spec, "bad") != 0)
        return true;
    text_add(why, "it is bad");
    return false;
}

bool ready_outlives_command(const char *spec)
{
    CHECK_TEXT(spec, "line:x");
    return reads_output;
}

bool shutdown_has_begun(void)
{
    return is_shutting_down;
}

void file_watch_begin(void)
{
}

void mailbox_notify(struct mail *mail)
{
    CHECK(mail == &record.assignment.mail);
    notified++;
}

int prober_start(struct prober **ret, void *owner, const char *spec,
                 const struct assignment *assignment, const struct report *report)
{
    CHECK(assignment == &record.assignment && report == &record.now);
    CHECK_TEXT(spec, "line:x");
    if (starting != 0)
        return starting;
    started++;
    run = report->runs;
    prober = (struct prober){.owner = owner};
    *ret = &prober;
    return 0;
}

void prober_finish(struct prober *given)
{
    CHECK(given == &prober);
    finished++;
}

void prober_stop(struct prober *given)
{
    CHECK(given == &prober);
    stopped++;
}

struct prober *prober_take(enum prober_news *ret)
{
    if (!has_news)
        return NULL;
    has_news = false;
    *ret = news;
    return &prober;
}

void prober_free(struct prober *given)
{
    CHECK(given == &prober && given->why.data == NULL);
    freed++;
}

/* The steps of the cases. */

static void join(double timeout)
{
    struct call *call = call_new(&peer, json_integer(1));
    json_t      *spec = json_string("line:x");

    join_until_begin(call, &record, spec, timeout);
    json_decref(spec);
}

static void tells(enum prober_news given)
{
    news = given;
    has_news = true;
    join_until_take();
}

/* Checks that this is the reply, and that no call is left. */
static void replied(const char *words)
{
    if (strstr(sent, words) == NULL)
        fprintf(stderr, "sent: %s", sent);
    CHECK(strstr(sent, words) != NULL && LIST_EMPTY(&peer.calls));
    sent[0] = '\0';
}

static void waits(void)
{
    CHECK_TEXT(sent, "");
    CHECK(!LIST_EMPTY(&peer.calls));
}

/* The thread has news. */
static void wake(enum protocol_state state, pid_t pid, unsigned runs)
{
    record.now.state = state;
    record.now.pid = pid;
    record.now.runs = runs;
    call_wake(&record.calls, &record);
    CHECK(call_expire() < 0); /* no time is set */
    waits();
}

#define HOLDS "\"result\":\"run 1\"}"
#define LATE  "-32005,\"message\":\"thread 'a' (id 7): this does not hold: line:x\""
#define ENDED "-32010,\"message\":\"thread 'a' (id 7) ended before this held: line:x\""

static void holds(void)
{
    join(-1);
    waits();
    CHECK(started == 1 && notified == 1 && !join_until_is_idle());
    tells(PROBER_TRIED);
    waits();
    tells(PROBER_HOLDS);
    replied(HOLDS);
    CHECK(freed == 1 && join_until_is_idle() && stopped == 0);
}

static void late(void)
{
    join(5);
    now += 6;
    CHECK(call_expire() < 0);
    replied(LATE);
    CHECK(stopped == 1 && freed == 0 && !join_until_is_idle());
    tells(PROBER_HOLDS); /* too late: nobody waits */
    CHECK_TEXT(sent, "");
    CHECK(freed == 1 && join_until_is_idle());
    /* With the time 0 it looks once. */
    join(0);
    CHECK(call_expire() < 0);
    waits();
    tells(PROBER_TRIED);
    replied(LATE);
    tells(PROBER_IN_VAIN);
    join(0);
    CHECK(call_expire() < 0);
    tells(PROBER_HOLDS);
    replied(HOLDS);
    join(0);
    tells(PROBER_TRIED); /* the look was over before the time */
    waits();
    CHECK(call_expire() < 0);
    replied(LATE);
    tells(PROBER_IN_VAIN);
    record.now.pid = 0; /* there is nothing to look at */
    join(0);
    CHECK(started == 4);
    CHECK(call_expire() < 0);
    replied(LATE);
    /* The run at which it looks ends before it has looked. */
    record.now.pid = 5;
    join(0);
    CHECK(call_expire() < 0);
    tells(PROBER_IN_VAIN);
    replied(LATE);
    CHECK(join_until_is_idle());
}

/* It looks at one run after the other. */
static void next_run(void)
{
    record.now.pid = 0;
    record.now.runs = 0;
    join(-1);
    CHECK_EQUAL(started, 0);
    wake(STATE_RUNNING, 5, 1);
    CHECK(started == 1 && run == 1);
    wake(STATE_STOPPING, 5, 1);
    CHECK(started == 1 && finished == 0);
    wake(STATE_RUNNING, 0, 1); /* between two runs */
    wake(STATE_RUNNING, 0, 1);
    CHECK_EQUAL(finished, 1);
    wake(STATE_RUNNING, 6, 2);
    CHECK(finished == 1 && started == 1);
    tells(PROBER_IN_VAIN);
    CHECK(started == 2 && run == 2);
    wake(STATE_RUNNING, 6, 3); /* a run that began at once */
    CHECK_EQUAL(finished, 2);
    tells(PROBER_IN_VAIN);
    CHECK(started == 3 && run == 3);
    tells(PROBER_IN_VAIN); /* it gave up: not again at the same run */
    CHECK_EQUAL(started, 3);
    waits();
    wake(STATE_RUNNING, 7, 4);
    CHECK_EQUAL(started, 4);
    tells(PROBER_HOLDS);
    replied("\"result\":\"run 4\"}");
}

/* When the thread ends, its output is looked at to the end; the reply shows the thread as it was at its end. */
static void the_end(void)
{
    join(-1);
    wake(STATE_ENDED, 0, 1);
    CHECK_EQUAL(finished, 1);
    waits();
    record.now.runs = 9;
    tells(PROBER_HOLDS);
    replied(HOLDS);
    record.now = (struct report){.state = STATE_RUNNING, .pid = 5, .runs = 1};
    join(-1);
    wake(STATE_ENDED, 0, 1);
    record.now.runs = 9;
    tells(PROBER_IN_VAIN);
    replied(ENDED);
    CHECK(started == 2 && freed == 2 && join_until_is_idle());
}

/* A thread that has ended is looked at once, if it ran and its output can show something. */
static void after_the_end(void)
{
    record.now = (struct report){.state = STATE_ENDED, .runs = 1};
    join(-1);
    CHECK(started == 1 && finished == 1);
    tells(PROBER_IN_VAIN);
    replied(ENDED);
    CHECK_EQUAL(started, 1);
    join(5);
    now += 6;
    CHECK(call_expire() < 0);
    replied(LATE);
    tells(PROBER_IN_VAIN);
    reads_output = false;
    join(-1);
    CHECK(strstr(sent, "\"failed\":1") != NULL);
    replied(ENDED);
    reads_output = true;
    is_shutting_down = true;
    join(-1);
    replied(ENDED);
    is_shutting_down = false;
    record.now.runs = 0;
    join(-1);
    replied(ENDED);
    CHECK_EQUAL(started, 2);
    /* The run before the end was never looked at. */
    record.now = (struct report){.state = STATE_RUNNING, .runs = 0};
    join(-1);
    wake(STATE_ENDED, 0, 2);
    CHECK(started == 3 && finished == 3 && run == 2);
    tells(PROBER_HOLDS);
    replied("\"result\":\"run 2\"}");
}

static void failures(void)
{
    json_t *bad = json_string("bad"), *number = json_integer(1);

    join_until_begin(call_new(&peer, json_integer(1)), &record, bad, -1);
    replied("-32002,\"message\":\"--until 'bad': it is bad\"");
    join_until_begin(call_new(&peer, json_integer(1)), &record, number, -1);
    replied("no string");
    starting = -ENOMEM;
    join(-1);
    replied("\"message\":\"cannot look at the thread: Cannot allocate memory\"");
    CHECK(join_until_is_idle());
    record.now.state = STATE_ENDED;
    join(-1);
    replied("\"message\":\"cannot look at the thread: Cannot allocate memory\"");
    record.now.state = STATE_RUNNING;
    CHECK_EQUAL(finished, 0);
    starting = 0;
    join(-1);
    text_add(&prober.why, "it is no file");
    tells(PROBER_IMPOSSIBLE);
    replied("-32002,\"message\":\"it is no file\"");
    join(-1);
    text_add(&prober.why, "no memory");
    tells(PROBER_FAILED);
    replied("-32006,\"message\":\"cannot look: no memory\"");
    join(-1);
    call_free(LIST_FIRST(&peer.calls)); /* its client goes */
    CHECK(stopped == 1 && !join_until_is_idle());
    tells(PROBER_IN_VAIN);
    CHECK_TEXT(sent, "");
    CHECK(join_until_is_idle());
    json_decref(bad);
    json_decref(number);
}

TEST_MAIN({"holds", holds}, {"late", late}, {"next", next_run}, {"end", the_end},
          {"after", after_the_end}, {"failures", failures})
