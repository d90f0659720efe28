/* Tests how the supervisor of an agent lets the supervisor of a run follow the attachment of a process. */
#include "tests/parts/server/inside.h"

#include "cli/server/following.h"
#include "cli/server/peer.h"

static struct peer peers[2];
static struct call process_call = {.peer = &peers[0]}, run_call = {.peer = &peers[1]};
static bool        has_peers;

void connection_send(struct connection *to, const struct text *line)
{
    CHECK(to == &peers[1].connection && !line->failed);
    note("%.*s", (int) line->size, line->data);
}

void call_wait(struct call *call, struct call_list *list, double seconds,
               void (*wake)(struct call *call, struct record *record))
{
    CHECK(seconds < 0 && list != &threads[0].calls);
    LIST_INSERT_HEAD(list, call, waiting);
    call->wake = wake;
}

void call_wake(struct call_list *list, struct record *record)
{
    if (list == &threads[0].calls)
        note("report:%d", (int) record->id);
    while (!LIST_EMPTY(list)) {
        struct call *call = LIST_FIRST(list);

        LIST_REMOVE(call, waiting);
        call->wake(call, record);
    }
}

void call_reply(struct call *call, json_t *result)
{
    char *text = json_dumps(result, JSON_COMPACT);

    CHECK(call == &process_call || call->release == NULL); /* the follower is lost already */
    note("%s:%s", call == &run_call ? "run" : "process", text);
    free(text);
    json_decref(result);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_calloc(count, size);
}

/* Attaches a process to the first thread, which waits for a follower. */
static void attach_and_wait(void)
{
    if (!has_peers)
        add_threads();
    has_peers = true;
    (void) attach(0, 70);
    CHECK(following_find(1) == holders[0]);
    CHECK(following_find(2) == NULL && following_find(9) == NULL);
    text_release(&calls);
    following_await(holders[0], &process_call);
}

static void a_process_waits_for_its_follower(void)
{
    json_t *news = json("{'ended':[3]}");

    attach_and_wait();
    CHECK_CALLS("report:1");          /* so the run learns of it */
    following_tell(holders[0], news); /* nobody hears it */
    CHECK_CALLS("");
    following_begin(holders[0], &run_call);
    CHECK_CALLS("{\"jsonrpc\":\"2.0\",\"method\":\"following\",\"params\":{\"pid\":70}} "
                "process:{\"attached\":true}");
    following_tell(holders[0], news);
    CHECK_CALLS("{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"ended\":[3]}}");
    following_begin(holders[0], &run_call);
    CHECK_TEXT(failure, "-32011 this attachment takes no follower");
    attachment_close(holders[0]);
    CHECK_CALLS("detached:1 close:70 run:{} report:1");
    (void) attach(0, 71);
    following_tell(holders[0], news);
    following_begin(holders[0], &run_call); /* it waits for none */
    CHECK_TEXT(failure, "-32011 this attachment takes no follower");
    CHECK_CALLS("open:71 attached:1");
    json_decref(news);
}

static void a_process_learns_that_its_attachment_has_ended(void)
{
    attach_and_wait();
    attachment_close(holders[0]);
    CHECK_CALLS("report:1 detached:1 close:70 report:1");
    CHECK_TEXT(failure, "-32003 the attachment to 'web' has ended");
    attach_and_wait();
    threads[0].now.state = STATE_ENDED;
    text_release(&calls);
    attachment_close(holders[0]);
    CHECK_CALLS("detached:1 close:70"); /* the run learns of the end by itself */
}

static void without_memory_nobody_follows(void)
{
    add_threads();
    (void) attach(0, 70);
    lacks_memory = true;
    following_await(holders[0], &process_call);
    CHECK_TEXT(failure, "-32603 out of memory");
    CHECK(attachment_follower(holders[0]) == NULL);
}

static void a_lost_follower_makes_room_for_another(void)
{
    json_t *news = json("{}");

    attach_and_wait();
    following_begin(holders[0], &run_call);
    text_release(&calls);
    run_call.release(run_call.state); /* its connection is closed */
    following_tell(holders[0], news);
    CHECK_CALLS("");
    following_begin(holders[0], &run_call);
    CHECK_CALLS("{\"jsonrpc\":\"2.0\",\"method\":\"following\",\"params\":{\"pid\":70}}");
    run_call.release(run_call.state);
    run_call.release = NULL;
    attachment_close(holders[0]);
    CHECK_CALLS("detached:1 close:70 report:1");
    json_decref(news);
}

TEST_MAIN({"follower", a_process_waits_for_its_follower},
          {"ended", a_process_learns_that_its_attachment_has_ended},
          {"memory", without_memory_nobody_follows},
          {"lost", a_lost_follower_makes_room_for_another})
