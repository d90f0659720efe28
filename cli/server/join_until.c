#include "cli/server/join_until.h"

#include "cli/base/file_watch.h"
#include "cli/ready/ready.h"
#include "cli/server/join_replies.h"
#include "cli/server/param_strings.h"
#include "cli/server/shutdown.h"
#include "cli/server/store.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/prober.h"

#include <stdlib.h>
#include <string.h>

/*
 * One join that waits for a probe. It lives until its call and its prober have both ended. When the thread ends,
 * both possible replies are written at once, because the thread may be forgotten before the prober has looked at
 * the rest of the output.
 */
struct until {
    struct call   *call;   /* NULL: it was answered, or its client has gone */
    struct prober *prober; /* NULL: no prober looks at present */
    char          *spec;
    uint64_t       id;    /* the thread's */
    struct text    words; /* the thread, for messages */
    unsigned       run;   /* the run that the prober looks at, or that the last prober looked at */
    bool           is_told;         /* the prober knows that this run is over */
    bool           has_tried;       /* the first try of the prober has failed */
    bool           looks_once;      /* its time is up when the first look is over */
    bool           is_due;          /* its time is up */
    bool           has_ended;       /* the thread has ended */
    struct text    result, failure; /* the two possible replies, once the thread has ended */
};

/* The calls of threads that have ended, whose probers look for the last time. */
static struct call_list finishing = LIST_HEAD_INITIALIZER(finishing);

static size_t probers;

/* Life */

static void free_until(struct until *until)
{
    free(until->spec);
    text_release(&until->words);
    text_release(&until->result);
    text_release(&until->failure);
    free(until);
}

/* Notes that the call of the join in STATE has ended. */
static void release(void *state)
{
    struct until *until = state;

    until->call = NULL;
    if (until->prober != NULL)
        prober_stop(until->prober);
    else
        free_until(until);
}

/* Replies. After each of these the caller does not touch the join again. */

static void fail_time(struct until *until)
{
    call_fail(until->call, PROTOCOL_TIMEOUT_ERROR, "%.*s: this does not hold: %.500s",
              (int) until->words.size, until->words.data, until->spec);
}

static void fail_end(struct until *until)
{
    struct text message = {0}, data = until->failure;

    until->failure = (struct text){0};
    text_append(&message, until->words.data, until->words.size);
    text_printf(&message, " ended before this held: %.500s", until->spec);
    text_byte(&message, '\0', 1);
    call_fail_with(until->call, PROTOCOL_NOT_READY_ERROR,
                   message.failed ? "the thread has ended" : message.data, &data);
    text_release(&message);
}

static void succeed(struct until *until)
{
    struct text result = until->result;

    until->result = (struct text){0};
    if (until->has_ended)
        call_reply_written(until->call, &result);
    else
        call_reply_record(until->call, store_find_id(until->id));
}

/* The steps */

/* Starts to look at the last run of RECORD. Returns false if CALL has failed. */
static bool look(struct until *until, const struct record *record)
{
    int error;

    until->run = record->now.runs;
    until->is_told = false;
    error = prober_start(&until->prober, until, until->spec, &record->assignment, &record->now);
    if (error != 0)
        return call_fail(until->call, PROTOCOL_OS_ERROR, "cannot look at the thread: %s",
                         strerror(-error));
    probers++;
    return true;
}

/* Tells the prober that the run is over. */
static void finish(struct until *until)
{
    if (!until->is_told)
        prober_finish(until->prober);
    until->is_told = true;
}

/*
 * Looks at the new run of a live thread, if there is one, or tells the prober that its run is over. CALL may have its
 * reply afterwards.
 */
static void look_again(struct until *until, const struct record *record)
{
    bool runs = record->now.pid != 0;

    if (until->prober == NULL && runs && record->now.runs != until->run)
        (void) look(until, record);
    else if (until->prober != NULL && (!runs || record->now.runs != until->run))
        finish(until);
}

/* Writes the two possible replies for a thread that has ended. */
static void write_answers(struct until *until, const struct record *record)
{
    record_write(&until->result, record, until->call->members);
    join_write_failure(&until->failure, record);
    until->has_ended = true;
}

static void wake_finishing(struct call *call, struct record *record)
{
    (void) call, (void) record; /* no call of a thread that has ended is woken */
}

/* Makes the probe look at what is left of RECORD, which has ended, unless that was done before. */
static void look_back(struct until *until, const struct record *record)
{
    bool is_new =
        record->now.runs != until->run && /* a thread that never ran has no run to look at */
        ready_outlives_command(until->spec) && !shutdown_has_begun();

    write_answers(until, record);
    if (until->prober == NULL && is_new && !look(until, record))
        return;
    if (until->prober != NULL)
        finish(until);
    else
        fail_end(until);
}

static void wake_until(struct call *call, struct record *record)
{
    if (record_is_live(record)) {
        call_wait(call, &record->calls, -1, wake_until);
        look_again(call->state, record);
    } else {
        call_wait(call, &finishing, -1, wake_finishing);
        look_back(call->state, record);
    }
}

static void expire_until(struct call *call, const struct record *record)
{
    struct until *until = call->state;

    (void) record; /* it may have been forgotten */
    until->is_due = true;
    if (!until->looks_once || until->prober == NULL || until->has_tried)
        fail_time(until);
}

/* Goes on without a prober: the run that it looked at is over. */
static void go_on(struct until *until)
{
    if (until->has_ended)
        fail_end(until);
    else if (until->is_due)
        fail_time(until);
    else
        look_again(until, store_find_id(until->id));
}

/* Takes the last news of PROBER. */
static void take_last(struct prober *prober, enum prober_news news)
{
    struct until *until = prober->owner;
    struct text   why = prober->why;

    prober->why = (struct text){0};
    until->prober = NULL;
    prober_free(prober);
    probers--;
    if (until->call == NULL)
        free_until(until);
    else if (news == PROBER_HOLDS)
        succeed(until);
    else if (news == PROBER_IMPOSSIBLE)
        call_fail(until->call, PROTOCOL_VALUE_ERROR, "%.*s", (int) why.size, why.data);
    else if (news == PROBER_FAILED)
        call_fail(until->call, PROTOCOL_OS_ERROR, "cannot look: %.*s", (int) why.size, why.data);
    else
        go_on(until);
    text_release(&why);
}

void join_until_take(void)
{
    struct prober   *prober;
    enum prober_news news;

    while ((prober = prober_take(&news)) != NULL) {
        struct until *until = prober->owner;

        if (news != PROBER_TRIED) {
            take_last(prober, news);
            continue;
        }
        until->has_tried = true;
        if (until->call != NULL && until->is_due)
            fail_time(until);
    }
}

bool join_until_is_idle(void)
{
    return probers == 0;
}

/* The beginning */

/* Returns SPEC, to be freed. Returns NULL, with CALL failed, if it is no probe for a thread that runs. */
static char *parse_spec(struct call *call, const json_t *spec)
{
    struct text why = {0};
    char       *bytes = NULL;

    if (!param_string_copy(call, "until", spec, &bytes))
        return NULL;
    if (ready_is_valid_later(bytes, &why))
        return bytes;
    call_fail(call, PROTOCOL_VALUE_ERROR, "--until '%.200s': %.*s", bytes, (int) why.size,
              why.data != NULL ? why.data : "");
    text_release(&why);
    free(bytes);
    return NULL;
}

void join_until_begin(struct call *call, struct record *record, const json_t *spec, double timeout)
{
    char         *bytes = parse_spec(call, spec);
    struct until *until = bytes != NULL ? calloc(1, sizeof(*until)) : NULL;

    if (bytes == NULL)
        return;
    if (until == NULL) {
        free(bytes);
        call_fail_memory(call);
        return;
    }
    *until =
        (struct until){.call = call, .spec = bytes, .id = record->id, .looks_once = timeout == 0};
    text_printf(&until->words, "thread '%s' (id %llu)", record->job.name,
                (unsigned long long) record->id);
    call->state = until;
    call->release = release;
    call->expire = expire_until;
    file_watch_begin();
    mailbox_notify(&record->assignment.mail);
    if (record_is_live(record)) {
        call_wait(call, &record->calls, timeout, wake_until);
        look_again(until, record);
    } else {
        call_wait(call, &finishing, timeout, wake_finishing);
        look_back(until, record);
    }
}
