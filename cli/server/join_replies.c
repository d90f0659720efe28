#include "cli/server/join_replies.h"

#include "cli/rpc/write.h"
#include "cli/server/store.h"
#include "cli/server/tail.h"

void join_reply(struct call *call, struct record *record)
{
    store_let_go(record, &call->peer->kept);
    call_reply_record(call, record);
    store_joined(record);
}

void join_write_failure(struct text *data, const struct record *record)
{
    json_t *tail = tail_of(record, 10);

    write_name(data, "thread");
    record_write(data, record, RECORD_ALL_MEMBERS);
    write_name(data, "tail");
    write_json(data, tail);
    json_decref(tail);
}
