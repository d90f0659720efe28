#include "cli/server/following.h"

#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/store.h"

#include <stdlib.h>

/* One attachment at an agent: the call of its follower, and the calls that wait for a follower. */
struct following {
    struct attachment_follower hooks;    /* the first member */
    struct call               *follower; /* the call of the run; NULL: none */
    struct call_list           waiting;  /* calls of the process that wait for a follower */
};

/* Tells the run, for which this supervisor runs RECORD, that a process is attached now, or no longer. */
static void report(struct record *record)
{
    if (record_is_live(record))
        call_wake(&record->calls, record);
}

struct attachment *following_find(json_int_t id)
{
    const struct record *record = store_find_id((uint64_t) id);

    return record != NULL ? record->attachment : NULL;
}

static struct following *following_of(const struct attachment *attachment)
{
    return (struct following *) attachment_follower(attachment);
}

/* Answers the "attach" of a process, whose attachment either has a follower now, or has ended. */
static void wake_attach(struct call *call, struct record *record)
{
    const struct following *following = call->state;

    if (following->follower != NULL)
        call_reply(call, json_pack("{s:b}", "attached", 1));
    else
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "the attachment to '%s' has ended",
                  record->job.name);
}

/* Tells the follower, and the process if it still waits for one, that the attachment has ended. */
static void end(struct attachment_follower *hooks, struct record *record)
{
    struct following *following = (struct following *) hooks;
    struct call      *follower = following->follower;

    if (follower != NULL) {
        follower->release = NULL;
        call_reply(follower, json_object());
    }
    call_wake(&following->waiting, record);
    free(following);
    report(record);
}

void following_await(struct attachment *attachment, struct call *call)
{
    struct following *following = calloc(1, sizeof(*following));

    if (following == NULL) {
        call_fail_memory(call);
        return;
    }
    following->hooks.end = end;
    attachment_set_follower(attachment, &following->hooks);
    call->state = following;
    call_wait(call, &following->waiting, -1, wake_attach);
    report(attachment_record(attachment));
}

/* Forgets the call of the follower, which has ended. */
static void lose_follower(void *state)
{
    ((struct following *) state)->follower = NULL;
}

static void greet(struct call *call, pid_t pid)
{
    struct text line = {0};

    envelope_begin_notification(&line, "following");
    text_byte(&line, '{', 1);
    member_write_integer(&line, "pid", pid);
    text_byte(&line, '}', 1);
    envelope_end(&line);
    connection_send(&call->peer->connection, &line);
    text_release(&line);
}

void following_begin(struct attachment *attachment, struct call *call)
{
    struct following *following = following_of(attachment);

    if (following == NULL || following->follower != NULL) {
        call_fail(call, PROTOCOL_BUSY_ERROR, "this attachment takes no follower");
        return;
    }
    following->follower = call;
    call->state = following;
    call->release = lose_follower;
    greet(call, attachment_pid(attachment));
    call_wake(&following->waiting, attachment_record(attachment));
}

void following_tell(const struct attachment *attachment, const json_t *news)
{
    const struct following *following = following_of(attachment);
    struct text             line = {0};

    if (following == NULL || following->follower == NULL)
        return;
    envelope_begin_notification(&line, "tell");
    write_json(&line, news);
    envelope_end(&line);
    connection_send(&following->follower->peer->connection, &line);
    text_release(&line);
}
