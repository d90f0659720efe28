/*
 * The method "read": the bytes of a thread's log, piece by piece, for a client that cannot open the file because it is
 * on another machine.
 */
#include "cli/server/log_reader.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"

/* The most readers of one client. Each reader has an open file. */
#define READERS_MAX 4096

/* The parameters. */
struct wanted {
    json_int_t             number, size;
    const json_t          *thread;
    bool                   opens, closes;
    struct log_reader_wish wish;
};

static bool take_params(struct call *call, const json_t *params, struct wanted *ret)
{
    json_int_t         offset = -1;
    const struct param table[] = {
        {"reader", PARAM_INTEGER, &ret->number, true},
        {"open", PARAM_BOOLEAN, &ret->opens, false},
        {"close", PARAM_BOOLEAN, &ret->closes, false},
        {"size", PARAM_INTEGER, &ret->size, false},
        {"thread", PARAM_ANY, &ret->thread, false},
        {"follow", PARAM_BOOLEAN, &ret->wish.follow, false},
        {"times", PARAM_BOOLEAN, &ret->wish.times, false},
        {"offset", PARAM_COUNT, &offset, false},
        {"lines", PARAM_COUNT, &ret->wish.lines, false},
        {"since", PARAM_SECONDS, &ret->wish.since, false},
        {0},
    };

    if (!params_take(call, params, table))
        return false;
    ret->wish.offset = (off_t) offset;
    if (ret->size < 1 || ret->size > LOG_READER_PIECE_MAX)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"size\" must be a number from 1 to %d",
                         LOG_READER_PIECE_MAX);
    return true;
}

/* Returns true if PEER can have another reader. */
static bool has_room(const struct peer *peer)
{
    return peer->reader_count < READERS_MAX;
}

/* Returns a new reader, or NULL with CALL failed. */
static struct log_reader *open_reader(struct call *call, const struct wanted *wanted)
{
    struct record     *record;
    struct log_reader *reader;

    if (log_reader_find(call->peer, wanted->number) != NULL) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "the reader %" JSON_INTEGER_FORMAT " is open already",
                  wanted->number);
        return NULL;
    }
    if (!has_room(call->peer)) {
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "too many readers are open on this connection");
        return NULL;
    }
    record = select_for_call(call, wanted->thread);
    if (record == NULL)
        return NULL;
    reader = log_reader_open(call->peer, wanted->number, record, &wanted->wish);
    if (reader == NULL)
        call_fail_memory(call);
    return reader;
}

static void run(struct call *call, const json_t *params)
{
    struct wanted wanted = {.size = LOG_READER_PIECE_DEFAULT, .wish = {.lines = -1, .since = -1}};
    struct log_reader *reader;

    if (!take_params(call, params, &wanted))
        return;
    if (wanted.opens) {
        reader = open_reader(call, &wanted);
        if (reader == NULL)
            return;
    } else {
        reader = log_reader_find(call->peer, wanted.number);
    }
    if (reader != NULL && !wanted.closes) {
        log_reader_read(reader, call, (size_t) wanted.size);
        return;
    }
    if (reader != NULL)
        log_reader_close(reader);
    log_reader_reply_end(call, wanted.number);
}

const struct method method_read = {.name = "read", .run = run, .only_answers = true};
