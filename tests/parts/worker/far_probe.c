/*
 * Tests the question to an agent whether something holds for a command on its machine (cli/worker/far_probe.h). The
 * agent is this file: in each wait it does one step.
 */
#include "tests/lib/test.h"

#include "cli/rpc/protocol.h"
#include "cli/worker/environment.h"
#include "cli/worker/far_probe.h"
#include "cli/worker/remote_pool.h"
#include "cli/worker/seat.h"

#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

int __real_k3thread_poll(struct pollfd *polls, size_t count, double seconds);
int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds);

static struct seat seat = {.name = (char *) "far", .socket = (char *) "/nowhere/socket"};
static int         agent = -1, tries, context, orders;
static const char *const *
    steps; /* what the agent says in each wait; "": it closes; "!": an order comes; NULL: no more */
static bool order_ends;
static char asked[1024];

bool ready_reads_log(const char *spec)
{
    return strncmp(spec, "line:", 5) == 0;
}

int __wrap_k3thread_poll(struct pollfd *polls, size_t count, double seconds)
{
    size_t  used = strlen(asked);
    ssize_t n;

    CHECK(count == 1 && isinf(seconds) && (polls->events & POLLIN) != 0 && *steps != NULL);
    n = recv(agent, asked + used, sizeof(asked) - used - 1, MSG_DONTWAIT);
    asked[used + (n > 0 ? (size_t) n : 0)] = '\0';
    if (strcmp(*steps, "!") == 0) {
        steps++;
        return -ECANCELED;
    }
    if (**steps != '\0') {
        CHECK(send(agent, *steps, strlen(*steps), 0) > 0 && send(agent, "\n", 1, 0) == 1);
    } else {
        close(agent);
        agent = -1;
    }
    steps++;
    return __real_k3thread_poll(polls, count, 0);
}

static bool goes_on(void)
{
    orders++;
    return !order_ends;
}

static void note_tried(void *of)
{
    CHECK(of == &context);
    tries++;
}

/* Asks an agent that answers as ANSWERS. Checks the news, their reason, and how often the first look was in vain. */
static void check(const char *const *answers, enum prober_news wanted, const char *reason,
                  int wanted_tries)
{
    struct far_probe   probe = {.seat = &seat,
                                .id = 5,
                                .spec = "tcp:1",
                                .goes_on = goes_on,
                                .tried = note_tried,
                                .context = &context};
    struct text        why = {0};
    struct idle_remote idle;
    int                ends[2], before;

    (void) signal(SIGPIPE, SIG_IGN); /* as a supervisor does */
    seat.pool = remote_pool_new();
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    agent = ends[1];
    before = test_count_open();
    idle = (struct idle_remote){.fd = ends[0], .last_id = 20};
    remote_pool_leave(seat.pool, &idle);
    steps = answers;
    asked[0] = '\0';
    tries = orders = 0;
    CHECK_EQUAL(far_probe_try(&probe, &why), wanted);
    CHECK(*steps == NULL);
    CHECK_EQUAL(tries, wanted_tries);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, reason);
    text_release(&why);
    CHECK(!remote_pool_take(seat.pool,
                            &idle)); /* the agent may still answer, so nobody takes it over */
    remote_pool_free(seat.pool);
    CHECK_EQUAL(test_count_open(), before - 1 - (agent < 0));
    if (agent >= 0)
        close(agent);
}

#define ANSWERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void an_agent_is_asked_until_it_answers(void)
{
    check(ANSWERS("{\"id\":21,\"result\":null}"), PROBER_HOLDS, "", 0);
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32005}}", "{\"id\":7,\"result\":null}",
                  "{\"id\":22,\"error\":{\"code\":-32005}}", "{\"id\":23,\"result\":1}"),
          PROBER_HOLDS, "", 2);
    CHECK_TEXT(asked, "{\"jsonrpc\":\"2.0\",\"id\":21,\"method\":\"join\",\"params\":{\"thread\":5,"
                      "\"until\":\"tcp:1\",\"timeout\":0}}\n"
                      "{\"jsonrpc\":\"2.0\",\"id\":22,\"method\":\"join\",\"params\":{\"thread\":5,"
                      "\"until\":\"tcp:1\"}}\n");
}

static void the_errors_of_an_agent_are_news(void)
{
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32010}}"), PROBER_IN_VAIN, "", 0);
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32003}}"), PROBER_IN_VAIN, "", 0);
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32002,\"message\":\"no port\"}}"),
          PROBER_IMPOSSIBLE, "no port", 0);
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32002}}"), PROBER_IMPOSSIBLE,
          "the probe is impossible there", 0);
    check(ANSWERS("{\"id\":21,\"error\":{\"code\":-32006,\"message\":\"no memory\"}}"),
          PROBER_FAILED, "no memory", 0);
    check(ANSWERS("{\"id\":21,\"error\":{}}"), PROBER_FAILED, "the agent gives no reason", 0);
}

static void a_probe_ends_with_the_connection_or_by_an_order(void)
{
    check(ANSWERS(""), PROBER_IN_VAIN, "", 0);
    check(ANSWERS("no JSON"), PROBER_IN_VAIN, "", 0);
    check(ANSWERS("!", "{\"id\":21,\"result\":null}"), PROBER_HOLDS, "", 0);
    CHECK_EQUAL(orders, 1);
    order_ends = true;
    check(ANSWERS("!"), PROBER_IN_VAIN, "", 0);
    seat.pool = remote_pool_new();
    CHECK_EQUAL(far_probe_try(&(struct far_probe){.seat = &seat}, NULL),
                PROBER_IN_VAIN); /* nobody is there */
    remote_pool_free(seat.pool);
}

static void the_log_is_looked_at_here(void)
{
    CHECK(far_probe_is_wanted(&seat, "tcp:1"));
    CHECK(!far_probe_is_wanted(&seat, "line:x"));
    CHECK(!far_probe_is_wanted(NULL, "tcp:1"));
}

TEST_MAIN({"asked", an_agent_is_asked_until_it_answers},
          {"errors", the_errors_of_an_agent_are_news},
          {"ends", a_probe_ends_with_the_connection_or_by_an_order},
          {"log", the_log_is_looked_at_here})
