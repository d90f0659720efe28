/* Tests the logs that come through a connection (cli/client/log_feed.h). */
#include "tests/parts/pair.h"

#include "cli/base/status.h"
#include "cli/client/log_feed.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"

#include <limits.h>

/* Checks that the supervisor got a "read" with the number ID and the PARAMS, with ' in place of ". */
static void check_read(const struct pair *pair, int id, const char *params)
{
    char line[512];

    (void) snprintf(line, sizeof(line), "{'jsonrpc':'2.0','id':%d,'method':'read','params':%s}\n",
                    id, params);
    check_requests(pair, line);
}

/* Gives the feed the reply to the request ID, with RESULT. Returns what log_feed_take() returns. */
static int feed_reply(struct pair *pair, struct log_feed *feed, int id, const char *result)
{
    struct reply reply;
    char         line[512];
    int          error;

    (void) snprintf(line, sizeof(line), "{'id':%d,%s}\n", id, result);
    answer(pair, line);
    CHECK_EQUAL(client_receive(&pair->client, &reply), 0);
    error = log_feed_take(feed, &reply);
    reply_release(&reply);
    return error;
}

/* Checks that the feed has got the bytes WANTED behind *POSITION. */
static void check_bytes(struct log_feed *feed, off_t *position, bool gap, const char *wanted)
{
    char   block[64];
    bool   has_gap = false;
    size_t size = log_buffer_read(&feed->buffer, position, &has_gap, block, sizeof(block) - 1);

    block[size] = '\0';
    CHECK_TEXT(block, wanted);
    CHECK_EQUAL(has_gap, gap);
}

static void feeds_follow_a_log(void)
{
    static const struct log_feed_wish wish = {
        .thread = 5, .follow = true, .since = -1, .begin = -1};
    struct pair    *pair = open_pair();
    struct log_feed feed = {0};
    off_t           position = 10;
    int64_t         time;

    const struct run_mark *mark;

    CHECK_EQUAL(log_feed_ask(&feed), 0); /* a feed that is not open does nothing */
    CHECK_EQUAL(log_feed_open(&feed, &pair->client, &wish), 0);
    check_requests(pair, "");
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    CHECK_EQUAL(client_send(&pair->client, "list", no_params(), NULL), 0);
    check_requests(
        pair,
        "{'jsonrpc':'2.0','id':1,'method':'read','params':{'reader':1,'open':true,'follow':true,"
        "'times':false,'thread':5}}\n"
        "{'jsonrpc':'2.0','id':2,'method':'list','params':{}}\n");
    CHECK_EQUAL(feed_reply(pair, &feed, 2, "'result':1"), 0); /* it is not the feed's */
    CHECK_EQUAL(feed_reply(pair, &feed, 1,
                           "'result':{'offset':10,'data':'abc','runs':[{'offset':10,'run':2,'how':'"
                           "exit 1','time':99}],"
                           "'times':[[11,77],[13,88]]}"),
                1);
    CHECK_EQUAL(feed_reply(pair, &feed, 1, "'result':{'data':''}"), 0); /* it was answered */
    check_bytes(&feed, &position, false, "abc");
    mark = run_marks_find(feed.buffer.marks, 0, 100);
    CHECK(mark != NULL && mark->offset == 10 && mark->run == 2 && mark->time == 99);
    CHECK_TEXT(mark->how, "exit 1");
    CHECK(log_buffer_find_time(&feed.buffer, 10, &time) && time == 77);
    CHECK(log_buffer_find_time(&feed.buffer, 12, &time) && time == 88);
    CHECK(!log_feed_has_ended(&feed) && !feed.buffer.is_disk_full);
    /* One request waits at the supervisor, and no more. */
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    check_read(pair, 3, "{'reader':1}");
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    check_requests(pair, "");
    CHECK_EQUAL(
        feed_reply(pair, &feed, 3, "'result':{'offset':20,'data':'x','gap':true,'disk_full':true}"),
        1);
    CHECK_EQUAL(feed.end, 21);
    log_buffer_drop(&feed.buffer, position);
    check_bytes(&feed, &position, true, "x");
    CHECK(feed.buffer.is_disk_full);
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    check_read(pair, 4, "{'reader':1}");
    CHECK_EQUAL(feed_reply(pair, &feed, 4, "'result':{'data':'','end':true}"), 1);
    CHECK(log_feed_has_ended(&feed) && feed.failure.status == STATUS_DONE &&
          feed.buffer.is_disk_full);
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    check_requests(pair, "");
    CHECK_EQUAL(feed.end, 21);
    /* The thread runs again. */
    CHECK_EQUAL(log_feed_reopen(&feed, 5, true), 0);
    CHECK_EQUAL(client_send(&pair->client, "list", no_params(), NULL), 0);
    check_requests(
        pair,
        "{'jsonrpc':'2.0','id':5,'method':'read','params':{'reader':2,'open':true,'follow':true,"
        "'times':true,'thread':5,'offset':21}}\n"
        "{'jsonrpc':'2.0','id':6,'method':'list','params':{}}\n");
    log_feed_close(&feed);
    check_read(pair, 7, "{'reader':2,'close':true}");
    CHECK(feed.client == NULL);
    log_feed_close(&feed);
    close_pair(pair);
}

static void feeds_open_as_wished(void)
{
    static const struct log_feed_wish wishes[] = {
        {.some_lines = true, .lines = 0, .since = 0, .begin = 0, .times = true},
        {.thread = 1, .some_lines = true, .lines = ULLONG_MAX, .since = 1.5, .begin = 7},
        {.lines = 3, .since = -1, .begin = -1},
    };
    static const char *const params[] = {
        "'follow':false,'times':true,'lines':0,'since':0.0,'offset':0",
        ("'follow':false,'times':false,'thread':1,'lines':9223372036854775807,"
         "'since':1.5,'offset':7"),
        "'follow':false,'times':false",
    };
    struct pair *pair = open_pair();

    for (int i = 0; i < 3; i++) {
        struct log_feed feed = {0};
        char            line[512];

        CHECK_EQUAL(log_feed_open(&feed, &pair->client, &wishes[i]), 0);
        feed.buffer.has_ended = true;
        log_feed_close(&feed); /* the supervisor has closed its reader already */
        CHECK_EQUAL(client_send(&pair->client, "a", no_params(), NULL), 0);
        (void) snprintf(
            line, sizeof(line),
            "{'jsonrpc':'2.0','id':%d,'method':'read','params':{'reader':%d,'open':true,%s}}\n"
            "{'jsonrpc':'2.0','id':%d,'method':'a','params':{}}\n",
            2 * i + 1, i + 1, params[i], 2 * i + 2);
        check_requests(pair, line);
    }
    close_pair(pair);
}

static void feeds_that_are_behind_ask_for_more(void)
{
    static const struct log_feed_wish wish = {.since = -1, .begin = -1};
    struct pair                      *pair = open_pair();
    struct log_feed                   feed = {0};
    struct text                       result = {0};
    struct reply                      reply;
    char                              requests[4096] = "";

    CHECK_EQUAL(log_feed_open(&feed, &pair->client, &wish), 0);
    CHECK_EQUAL(client_send(&pair->client, "a", no_params(), NULL), 0);
    for (size_t size = 32767; size <= 32768; size++) {
        reply = (struct reply){.id = feed.requests[0]};
        text_byte(&result, 'x', size);
        reply.message = json_pack("{s:i, s:s%}", "offset", 0, "data", result.data, size);
        reply.result = reply.message;
        CHECK_EQUAL(log_feed_take(&feed, &reply), 1);
        reply_release(&reply);
        text_release(&result);
        check_requests(
            pair, size == 32767
                      ? "{'jsonrpc':'2.0','id':1,'method':'read','params':{'reader':1,'open':true,"
                        "'follow':false,'times':false}}\n"
                        "{'jsonrpc':'2.0','id':2,'method':'a','params':{}}\n"
                      : "{'jsonrpc':'2.0','id':3,'method':'read','params':{'reader':1}}\n");
        CHECK_EQUAL(log_feed_ask(&feed), 0);
    }
    CHECK_EQUAL(feed.under_way, LOG_FEED_REQUESTS);
    for (int i = 0; i < LOG_FEED_REQUESTS; i++)
        (void) snprintf(requests + strlen(requests), 200,
                        "{'jsonrpc':'2.0','id':%d,'method':'read','params':{'reader':1}}\n", 4 + i);
    check_requests(pair, requests);
    /* Replies are taken in any order, each once. */
    CHECK_EQUAL(feed_reply(pair, &feed, 5, "'result':{'data':''}"), 1);
    CHECK_EQUAL(feed_reply(pair, &feed, 5, "'result':{'data':''}"), 0);
    CHECK_EQUAL(feed_reply(pair, &feed, 11, "'result':{'data':''}"), 1);
    CHECK_EQUAL(feed.under_way, LOG_FEED_REQUESTS - 2);
    /* The first failure ends the feed, and what comes behind it is dropped. */
    CHECK_EQUAL(feed_reply(pair, &feed, 4,
                           "'error':{'code':-32602,'message':'bad','data':{'type':'ValueError'}}"),
                1);
    CHECK(log_feed_has_ended(&feed));
    CHECK_EQUAL(
        feed_reply(pair, &feed, 6, "'error':{'code':-32601,'message':'worse','data':{'type':'X'}}"),
        1);
    CHECK_EQUAL(feed_reply(pair, &feed, 7, "'result':{'offset':5,'data':'late'}"), 1);
    CHECK_EQUAL(feed.failure.status, STATUS_USAGE);
    CHECK_TEXT(feed.failure.type, "ValueError");
    CHECK(feed.end == 32768);
    check_written(&feed.failure.message, "bad");
    CHECK_EQUAL(log_feed_ask(&feed), 0);
    check_requests(pair, "");
    /* A feed that is opened again waits for no reply from before. */
    CHECK_EQUAL(log_feed_reopen(&feed, 5, false), 0);
    CHECK_EQUAL(feed.under_way, 1);
    CHECK_EQUAL(feed_reply(pair, &feed, 8, "'result':{'data':''}"), 0);
    log_feed_close(&feed);
    close_pair(pair);
}

/* The feed tells of data that it cannot keep, and does not look at the rest of the reply. */
static void replies_that_cannot_be_kept_are_told(void)
{
    static const struct log_feed_wish wish = {.since = -1, .begin = -1};
    static const struct {
        const char *result;
        int         error;
    } replies[] = {
        {"'result':{'offset':0,'data':7,'runs':[{'offset':0,'run':2,'how':'x','time':9}]}",
         -EINVAL},
        {"'result':{'offset':0,'data':'','runs':[{'offset':0,'run':2,'how':7,'time':9}],'times':[["
         "1,"
         "2]]}",
         -EINVAL},
        {"'result':{'offset':0,'data':'','runs':[{'offset':0,'run':2,'how':{'base64':'AA=='},'time'"
         ":"
         "9}]}",
         -EILSEQ},
    };
    struct pair    *pair = open_pair();
    struct log_feed feed = {0};

    CHECK_EQUAL(log_feed_open(&feed, &pair->client, &wish), 0);
    CHECK_EQUAL(client_send(&pair->client, "a", no_params(), NULL), 0);
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        CHECK_EQUAL(feed_reply(pair, &feed, (int) feed.requests[0], replies[i].result),
                    replies[i].error);
        CHECK(run_marks_find(feed.buffer.marks, 0, 100) == NULL);
        CHECK_EQUAL(feed.under_way, 0);
        CHECK_EQUAL(log_feed_ask(&feed), 0);
    }
    log_feed_close(&feed);
    CHECK(recv(pair->supervisor, (char[4096]){0}, 4096, MSG_DONTWAIT) > 0);
    close_pair(pair);
}

/* A feed without a connection asks for nothing, and a reader at a lost supervisor needs no end. */
static void a_feed_may_lose_its_connection(void)
{
    static const struct log_feed_wish wish = {.since = -1, .begin = -1};
    struct pair                      *pair = open_pair();
    struct log_feed                   feed = {0};
    struct reply                      reply;

    CHECK_EQUAL(log_feed_open(&feed, &pair->client, &wish), 0);
    close(pair->supervisor);
    CHECK_EQUAL(client_call(&pair->client, "a", no_params(), &reply), -ENOENT);
    feed.under_way = 0;
    log_feed_close(&feed);
    CHECK(feed.client == NULL && pair->client.wire.unsent.size == 0);
    client_close(&pair->client);
}

TEST_MAIN({"follow", feeds_follow_a_log}, {"unkept", replies_that_cannot_be_kept_are_told},
          {"lost", a_feed_may_lose_its_connection}, {"wishes", feeds_open_as_wished},
          {"behind", feeds_that_are_behind_ask_for_more})
