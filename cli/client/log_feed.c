#include "cli/client/log_feed.h"

#include "cli/base/status.h"
#include "cli/rpc/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After a piece of this many bytes there is probably more, so several requests are sent at a time. */
#define LARGE_PIECE (32U * 1024)

/* Notes that REQUEST has no reply yet. */
static void note(struct log_feed *feed, json_int_t request)
{
    feed->requests[feed->under_way++] = request;
}

static json_t *write_open(const struct log_feed *feed, const struct log_feed_wish *wish)
{
    json_t *params = json_pack("{s:I, s:b, s:b, s:b}", "reader", feed->reader, "open", 1, "follow",
                               wish->follow, "times", wish->times);

    if (params == NULL)
        return NULL;
    if (wish->thread > 0)
        (void) json_object_set_new(params, "thread", json_integer(wish->thread));
    if (wish->some_lines)
        (void) json_object_set_new(
            params, "lines",
            json_integer(wish->lines < INT64_MAX ? (json_int_t) wish->lines : INT64_MAX));
    if (wish->since >= 0)
        (void) json_object_set_new(params, "since", json_real(wish->since));
    if (wish->begin >= 0)
        (void) json_object_set_new(params, "offset", json_integer((json_int_t) wish->begin));
    return params;
}

/* Opens a reader at the supervisor. */
static int open_reader(struct log_feed *feed, const struct log_feed_wish *wish)
{
    static json_int_t last_reader;
    json_int_t        id;
    int               error;

    feed->reader = ++last_reader;
    feed->buffer.has_ended = false;
    feed->under_way = 0;
    error = client_queue(feed->client, "read", write_open(feed, wish), &id);
    if (error == 0)
        note(feed, id);
    return error;
}

int log_feed_open(struct log_feed *feed, struct client *client, const struct log_feed_wish *wish)
{
    int error = log_buffer_open(&feed->buffer);

    feed->client = client;
    return error == 0 ? open_reader(feed, wish) : error;
}

int log_feed_reopen(struct log_feed *feed, json_int_t thread, bool times)
{
    const struct log_feed_wish wish = {
        .thread = thread, .follow = true, .times = times, .since = -1, .begin = feed->end};

    return open_reader(feed, &wish);
}

int log_feed_ask(struct log_feed *feed)
{
    size_t wanted = feed->is_behind ? LOG_FEED_REQUESTS : 1;
    int    error = 0;

    if (feed->client == NULL || feed->buffer.has_ended || log_buffer_is_full(&feed->buffer))
        return 0;
    while (error == 0 && feed->under_way < wanted) {
        json_int_t id;

        error = client_send(feed->client, "read", json_pack("{s:I}", "reader", feed->reader), &id);
        if (error == 0)
            note(feed, id);
    }
    return error;
}

/* Returns true if the feed has waited for REPLY, and notes that it has come. */
static bool is_awaited(struct log_feed *feed, const struct reply *reply)
{
    for (size_t i = 0; i < feed->under_way; i++)
        if (feed->requests[i] == reply->id) {
            feed->requests[i] = feed->requests[--feed->under_way];
            return true;
        }
    return false;
}

static int add_runs(struct log_feed *feed, const json_t *runs)
{
    const json_t *run;
    size_t        i;

    json_array_foreach((json_t *) runs, i, run) {
        struct run_mark mark = {
            .offset = (off_t) json_integer_value(json_object_get(run, "offset")),
            .run = (unsigned) json_integer_value(json_object_get(run, "run")),
            .time = json_integer_value(json_object_get(run, "time")),
        };
        char *how;
        int   error = bytes_from_json(json_object_get(run, "how"), &how);

        if (error != 0)
            return error;
        (void) snprintf(mark.how, sizeof(mark.how), "%s", how);
        free(how);
        if (!run_marks_append(feed->buffer.marks, &mark))
            return -ENOMEM;
    }
    return 0;
}

static int add_times(struct log_feed *feed, const json_t *times)
{
    const json_t *pair;
    size_t        i;
    int           error = 0;

    json_array_foreach((json_t *) times, i, pair) {
        struct times_mark mark = {.end = json_integer_value(json_array_get(pair, 0)),
                                  .time = json_integer_value(json_array_get(pair, 1))};

        if (error == 0)
            error = log_buffer_add_time(&feed->buffer, &mark);
    }
    return error;
}

static int add_data(struct log_feed *feed, const json_t *result)
{
    off_t  offset = (off_t) json_integer_value(json_object_get(result, "offset"));
    char  *data;
    size_t size = 0;
    int    error = bytes_any_from_json(json_object_get(result, "data"), &data, &size);

    if (error != 0)
        return error;
    feed->is_behind = size >= LARGE_PIECE;
    if (json_object_get(result, "offset") != NULL) {
        error = log_buffer_add(&feed->buffer, offset, data, size,
                               json_is_true(json_object_get(result, "gap")));
        feed->end = offset + (off_t) size;
    }
    free(data);
    return error;
}

/* Adds the piece in RESULT to the buffer. */
static int add(struct log_feed *feed, const json_t *result)
{
    int error = add_data(feed, result);

    if (error == 0)
        error = add_runs(feed, json_object_get(result, "runs"));
    if (error == 0)
        error = add_times(feed, json_object_get(result, "times"));
    feed->buffer.has_ended |= json_is_true(json_object_get(result, "end"));
    feed->buffer.is_disk_full |= json_is_true(json_object_get(result, "disk_full"));
    return error;
}

/* Ends the feed because REPLY has no result, and keeps the first failure. */
static void keep_failure(struct log_feed *feed, const struct reply *reply)
{
    struct failure *from = &feed->client->failure;

    feed->buffer.has_ended = true;
    if (client_check(feed->client, reply) == 0 || feed->failure.status != STATUS_DONE)
        return;
    feed->failure.status = from->status;
    memcpy(feed->failure.type, from->type, sizeof(from->type));
    text_append(&feed->failure.message, from->message.data, from->message.size);
}

int log_feed_take(struct log_feed *feed, const struct reply *reply)
{
    int error = 0;

    if (feed->client == NULL || !is_awaited(feed, reply))
        return 0;
    if (reply->result == NULL)
        keep_failure(feed, reply);
    else if (!feed->buffer.has_ended)
        error = add(feed, reply->result);
    return error == 0 ? 1 : error;
}

bool log_feed_has_ended(const struct log_feed *feed)
{
    return feed->buffer.has_ended;
}

void log_feed_close(struct log_feed *feed)
{
    struct client *client = feed->client;

    if (client == NULL)
        return;
    if (client->open && !feed->buffer.has_ended)
        (void) client_send(client, "read",
                           json_pack("{s:I, s:b}", "reader", feed->reader, "close", 1), NULL);
    log_buffer_close(&feed->buffer);
    text_release(&feed->failure.message);
    *feed = (struct log_feed){0};
}
