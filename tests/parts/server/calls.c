/*
 * Tests alone the calls that wait, and the exceptions that wait for an attached process. The test sets the clock, and
 * is the connection: it has the lines that are sent.
 */
#include "tests/parts/server/sent.h"

#include "cli/base/clock.h"
#include "cli/server/call.h"
#include "cli/server/errands.h"

#include <fcntl.h>
#include <math.h>
#include <sys/socket.h>

static double now = 1000;
static int    settled;         /* how often a connection was settled */
static int    sending;         /* the result of connection_send_descriptor() */
static int    descriptor = -1; /* that was sent */

/* The functions that the part calls. */

double clock_monotonic(void)
{
    return now;
}

void connection_send(struct connection *connection, const struct text *line)
{
    connection->closing |= line->failed;
    if (!line->failed)
        sent_add(line);
}

int connection_send_descriptor(struct connection *connection, const struct text *line, int fd)
{
    if (sending == 0) {
        connection_send(connection, line);
        descriptor = fd;
    }
    return sending;
}

void connection_settle(struct connection *connection)
{
    (void) connection;
    settled++;
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    text_printf(text, "\"record %p %d\"", (const void *) record, members == RECORD_ALL_MEMBERS);
}

bool inner_is_name(const char *name)
{
    return strcmp(name, "bad") != 0;
}

/* Checks that something is due after SECONDS; negative: nothing is. */
#define CHECK_DUE(due, seconds) CHECK(fabs((due) - (seconds)) < 1e-6)

/* Calls */

static struct peer  peer;
static struct call *woken[8];
static int          wakes, releases;

static struct call *new_call(int id)
{
    struct call *call = call_new(&peer, id >= 0 ? json_integer(id) : NULL);

    CHECK(call != NULL && call->peer == &peer);
    return call;
}

static void note_wake(struct call *call, struct record *record)
{
    (void) record;
    CHECK(!call->waits);
    woken[wakes++] = call;
}

static void fail_late(struct call *call, const struct record *record)
{
    (void) record;
    CHECK(!call->timed);
    call_fail(call, PROTOCOL_TIMEOUT_ERROR, "late");
}

static void note_release(void *state)
{
    CHECK(state == &releases);
    releases++;
}

#define LATE(id)                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id                                                             \
    ",\"error\":{\"code\":-32005,\"message\":\"late\",\"data\":{\"type\":\"TimeoutError\"}}}\n"

static void replies(void)
{
    struct text  data = {0};
    struct call *call = new_call(1);

    CHECK_EQUAL(peer.connection.pending, 1);
    call->state = &releases;
    call->release = note_release;
    call_reply(call, json_pack("{s:i}", "a", 1));
    CHECK_SENT("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}\n");
    CHECK(peer.connection.pending == 0 && releases == 1 && settled == 1 && LIST_EMPTY(&peer.calls));
    CHECK(!call_fail(new_call(2), PROTOCOL_VALUE_ERROR, "bad %d", 7));
    CHECK_SENT("{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32002,\"message\":\"bad 7\","
               "\"data\":{\"type\":\"ValueError\"}}}\n");
    text_add(&data, "\"more\":1");
    call_fail_with(new_call(3), PROTOCOL_BUSY_ERROR, "\xff", &data);
    CHECK(strstr(sent, "\"message\":\"\\\\xff\"") != NULL &&
          strstr(sent, ",\"more\":1}}}\n") != NULL);
    sent[0] = '\0';
    CHECK(!call_fail(new_call(4), PROTOCOL_PARSE_ERROR, "x"));
    CHECK_SENT("{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32700,\"message\":\"x\"}}\n");
    call_reply_record(new_call(5), NULL);
    CHECK_SENT("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":\"record (nil) 1\"}\n");
    /* A notification has no reply, and its connection may have nothing left to do. */
    settled = 0;
    call_reply(new_call(-1), json_true());
    CHECK_SENT("");
    CHECK_EQUAL(settled, 1);
    /* Without memory there is an error, or the end of the connection. */
    call_reply(new_call(6), NULL);
    CHECK(strstr(sent, "\"message\":\"out of memory\"") != NULL && !peer.connection.closing);
    sent[0] = '\0';
    CHECK(!call_refuse(new_call(7), -EILSEQ, "a word"));
    CHECK(strstr(sent, "-32002,\"message\":\"a word without a NUL byte\"") != NULL);
    sent[0] = '\0';
    CHECK(!call_refuse(new_call(8), -EINVAL, "a word"));
    CHECK(strstr(sent, "-32001,\"message\":\"a word\"") != NULL);
    sent[0] = '\0';
    CHECK(!call_refuse(new_call(9), -ENOMEM, "a word"));
    CHECK(strstr(sent, "\"message\":\"out of memory\"") != NULL);
}

static void chains(void)
{
    struct call *first = new_call(1), *second = new_call(2), *third = new_call(3);

    call_chain(first);
    call_chain(second);
    call_hold(second);
    CHECK(peer.connection.chained == 2 && peer.connection.held);
    call_reply(first, json_true());
    CHECK(peer.connection.chained == 1 && peer.connection.held && !peer.chain_broken);
    call_fail(third, PROTOCOL_VALUE_ERROR, "x"); /* it is not in the chain */
    CHECK(peer.connection.chained == 1 && !peer.chain_broken);
    call_fail(second, PROTOCOL_VALUE_ERROR, "x");
    CHECK(peer.connection.chained == 0 && !peer.connection.held && peer.chain_broken);
}

/* Each call has its own deadline, in whatever order the calls come. */
static void deadlines(void)
{
    struct call_list list = LIST_HEAD_INITIALIZER(list);
    struct call     *calls[4];
    const double     seconds[] = {3, 1, 100, 2};

    CHECK_DUE(call_expire(), -1);
    for (int i = 0; i < 4; i++) {
        calls[i] = new_call(i);
        calls[i]->expire = fail_late;
        call_wait(calls[i], &list, seconds[i], note_wake);
    }
    call_wait(new_call(9), &list, -1, note_wake);
    CHECK_DUE(call_expire(), 1);
    now += 1.5;
    CHECK_DUE(call_expire(), 0.5);
    CHECK_SENT(LATE(1));
    now += 1.5;
    CHECK_DUE(call_expire(), 97);
    CHECK_SENT(LATE(3) LATE(0));
    /* A call that waits again keeps its deadline. */
    call_wake(&list, NULL);
    CHECK_EQUAL(wakes, 2);
    CHECK(LIST_EMPTY(&list));
    call_wait(calls[2], &list, 500, note_wake);
    CHECK_DUE(call_expire(), 97);
    call_free(calls[2]);
    CHECK_DUE(call_expire(), -1);
    CHECK(LIST_EMPTY(&list));
    calls[0] = new_call(0);
    calls[0]->expire = fail_late;
    call_wait(calls[0], &list, 0, note_wake);
    CHECK_DUE(call_expire(), -1);
    CHECK_SENT(LATE(0));
}

static struct call_list again = LIST_HEAD_INITIALIZER(again);

static void wait_again(struct call *call, struct record *record)
{
    (void) record;
    wakes++;
    call_wait(call, &again, -1, wait_again);
}

static void wake_all(struct call *call, struct record *record)
{
    (void) record;
    wakes++;
    while (!LIST_EMPTY(&peer.calls)) /* as a client that goes: this call too */
        call_free(LIST_FIRST(&peer.calls));
    (void) call;
}

/* A call that is woken may wait again, and may end the others that are woken with it. */
static void wakes_each_once(void)
{
    for (int i = 0; i < 3; i++)
        call_wait(new_call(i), &again, -1, wait_again);
    call_wake(&again, NULL);
    CHECK_EQUAL(wakes, 3);
    call_wake(&again, NULL);
    CHECK_EQUAL(wakes, 6);
    call_wait(new_call(3), &again, -1, wake_all);
    call_wake(&again, NULL);
    CHECK_EQUAL(wakes, 7);
    CHECK(LIST_EMPTY(&again));
}

/* Errands */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_malloc(size_t size)
{
    return lacks_memory ? NULL : __real_malloc(size);
}

static struct errands    errands;
static struct connection connection;
static char              fates[2000];

static void note_fate(void *context, const struct arrival *arrival)
{
    static const char *const hows[] = {"done", "refused", "not taken"};
    size_t                   used = strlen(fates);

    if (arrival->how == ARRIVAL_DONE)
        (void) snprintf(fates + used, sizeof(fates) - used, "%s: %d %s\n", (const char *) context,
                        (int) arrival->inner, arrival->name);
    else
        (void) snprintf(fates + used, sizeof(fates) - used, "%s: %s %d %s\n",
                        (const char *) context, hows[arrival->how],
                        arrival->how == ARRIVAL_REFUSED ? (int) arrival->code : 0, arrival->why);
}

#define CHECK_FATES(wanted)                                                                        \
    do {                                                                                           \
        if (strcmp(fates, wanted) != 0)                                                            \
            fprintf(stderr, "fates: %s", fates);                                                   \
        CHECK_TEXT(fates, wanted);                                                                 \
        fates[0] = '\0';                                                                           \
    } while (0)

#define REQUEST(id, params)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id ",\"method\":\"raise\",\"params\":{" params "}}\n"

static void open_errands(void)
{
    CHECK_EQUAL(errands_open(&errands, &connection, 77), 0);
    CHECK(descriptor == errands.permit.process);
    CHECK_SENT("{\"jsonrpc\":\"2.0\",\"method\":\"permit\",\"params\":{}}\n");
}

static void add(const char *context, const char *inner, const char *exception, const char *message)
{
    errands_add(&errands, inner, exception, message, note_fate, (void *) context);
}

static void process_replies(const char *reply)
{
    json_t *json = json_loads(reply, 0, NULL);

    CHECK(json != NULL);
    errands_take_reply(&errands, json);
    json_decref(json);
}

static void takes_permit(void)
{
    CHECK(permit_take(&errands.permit));
}

/* One exception is sent at a time, and the next one when the process has replied. */
static void errands_in_order(void)
{
    open_errands();
    add("a", NULL, "ValueError", "why");
    CHECK_SENT(REQUEST(1, "\"exception\":\"ValueError\",\"message\":\"why\""));
    add("b", "worker", "KeyError", NULL);
    add("c", "123", "KeyError", NULL);
    add("d", "1234567890123456789", "KeyError", NULL);
    CHECK_SENT("");
    takes_permit();
    process_replies("{\"id\":7,\"result\":{}}"); /* of no request */
    process_replies("{\"result\":{}}");
    CHECK_FATES("");
    process_replies("{\"id\":1,\"result\":{\"id\":1,\"name\":\"MainThread\"}}");
    CHECK_FATES("a: 1 MainThread\n");
    CHECK_SENT(REQUEST(2, "\"thread\":\"worker\",\"exception\":\"KeyError\""));
    process_replies(
        "{\"id\":2,\"result\":{\"id\":3,\"name\":\"bad\"}}"); /* also without taking the permit */
    CHECK_FATES("b: 3 ?\n");
    CHECK_SENT(REQUEST(3, "\"thread\":123,\"exception\":\"KeyError\""));
    takes_permit();
    CHECK(!permit_take(&errands.permit)); /* there is one for each exception */
    process_replies("{\"id\":3,\"error\":{\"code\":-32003,\"message\":\"none\"}}");
    CHECK_FATES("c: refused -32003 none\n");
    CHECK_SENT(REQUEST(4, "\"thread\":\"1234567890123456789\",\"exception\":\"KeyError\""));
    process_replies("{\"id\":4,\"error\":{\"code\":5}}");
    CHECK_FATES("d: refused -32004 the process gives no reason\n");
    CHECK_DUE(errands_expire(), -1);
    for (int code = -32001; code >= -32002; code--) {
        char reply[100];

        sent[0] = '\0';
        add("e", NULL, "KeyError", NULL);
        (void) snprintf(reply, sizeof(reply),
                        "{\"id\":%d,\"error\":{\"code\":%d,\"message\":\"m\"}}", 4 - code - 32000,
                        code);
        process_replies(reply);
        (void) snprintf(reply, sizeof(reply), "e: refused %d m\n", code);
        CHECK_FATES(reply);
    }
}

/* A process that takes the permit within a second has as long again; else the exception is withdrawn. */
static void errands_that_are_late(void)
{
    open_errands();
    add("a", NULL, "ValueError", NULL);
    now += 0.4;
    add("b", NULL, "KeyError", NULL);
    sent[0] = '\0';
    CHECK_DUE(errands_expire(), 0.6);
    now += 0.6;
    CHECK_DUE(errands_expire(), 0.4);
    CHECK_FATES("a: not taken 0 process 77 has not taken the exception within a second\n");
    CHECK(!permit_take(&errands.permit)); /* it is withdrawn */
    CHECK_SENT("");                       /* the process owes a reply */
    process_replies("{\"id\":1,\"error\":{\"code\":-32004,\"message\":\"withdrawn\"}}");
    CHECK_FATES("");
    CHECK_SENT(REQUEST(2, "\"exception\":\"KeyError\""));
    takes_permit();
    now += 0.4;
    CHECK_DUE(errands_expire(), 1);
    CHECK_FATES("");
    add("c", NULL, "OSError", NULL);
    now += 1;
    CHECK_DUE(errands_expire(), -1);
    CHECK_FATES("b: not taken 0 process 77 has taken the exception, but does not confirm it\n"
                "c: not taken 0 process 77 has not taken the exception within a second\n");
    add("d", NULL, "OSError", NULL);
    CHECK_SENT(""); /* the reply to b is still to come */
    process_replies("{\"id\":2,\"result\":{\"id\":1,\"name\":\"x\"}}"); /* too late */
    CHECK_FATES("");
    CHECK_SENT(REQUEST(3, "\"exception\":\"OSError\""));
    takes_permit();
    now += 1;
    CHECK_DUE(errands_expire(), 1);
    process_replies(
        "{\"id\":3,\"result\":{\"id\":1,\"name\":\"x\"}}"); /* confirmed in the second second */
    CHECK_FATES("d: 1 x\n");
    CHECK_DUE(errands_expire(), -1);
}

/* At the end it is known whether an exception may have arrived. */
static void errands_at_the_end(void)
{
    int before = test_count_open();

    open_errands();
    add("a", NULL, "ValueError", NULL);
    add("b", NULL, "ValueError", NULL);
    takes_permit();
    errands_close(&errands);
    CHECK_FATES(
        "a: not taken 0 process 77 has ended its attachment before it confirmed the exception\n"
        "b: not taken 0 process 77 has ended its attachment\n");
    CHECK_EQUAL(test_count_open(), before);
    sent[0] = '\0';
    open_errands();
    add("a", NULL, "ValueError", NULL);
    errands_close(&errands);
    CHECK_FATES("a: not taken 0 process 77 has ended its attachment\n");
    sending = -EAGAIN;
    CHECK_EQUAL(errands_open(&errands, &connection, 77), -EAGAIN);
    CHECK_EQUAL(test_count_open(), before);
    CHECK(!connection.closing);
}

static void errands_without_memory(void)
{
    open_errands();
    lacks_memory = true;
    add("a", NULL, "ValueError", NULL);
    lacks_memory = false;
    CHECK_FATES("a: not taken 0 out of memory\n");
    CHECK_SENT("");
}

/* A process whose permit cannot be given is hung up on. */
static void errands_without_a_permit(void)
{
    open_errands();
    CHECK_EQUAL(fcntl(errands.permit.server, F_GETFD), FD_CLOEXEC);
    CHECK_EQUAL(fcntl(errands.permit.process, F_GETFD), FD_CLOEXEC);
    /* The process would wait for a permit that was withdrawn. */
    CHECK((fcntl(errands.permit.process, F_GETFL) & O_NONBLOCK) != 0);
    CHECK_EQUAL(shutdown(errands.permit.process, SHUT_RDWR), 0);
    add("a", NULL, "ValueError", NULL);
    CHECK(connection.closing);
}

TEST_MAIN({"replies", replies}, {"chains", chains}, {"deadlines", deadlines},
          {"wakes", wakes_each_once}, {"errands", errands_in_order},
          {"late", errands_that_are_late}, {"end", errands_at_the_end},
          {"permit", errands_without_a_permit}, {"memory", errands_without_memory})
