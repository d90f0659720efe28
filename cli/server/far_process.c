#include "cli/server/far_process.h"

#include "cli/rpc/member.h"
#include "cli/server/attachment.h"
#include "cli/server/far.h"
#include "cli/server/news.h"
#include "cli/worker/mailbox.h"

#include <stdlib.h>
#include <string.h>

/* An exception that was sent and has no reply yet. */
struct sent {
    int64_t request;
    void (*done)(void *context, const struct arrival *arrival);
    void *context;
    TAILQ_ENTRY(sent) link;
};

/* One process. */
struct far_process {
    struct far            far; /* the first member */
    struct attachment_far way; /* of the attachment */
    uint64_t              id;  /* of the thread, at the agent */
    struct record        *record;
    struct attachment    *attachment; /* NULL: the agent has not said yet that it is followed */
    TAILQ_HEAD(, sent) sent;
};

/* The end */

static void finish(struct far_process *process, struct sent *sent, const struct arrival *arrival)
{
    TAILQ_REMOVE(&process->sent, sent, link);
    sent->done(sent->context, arrival);
    free(sent);
    if (TAILQ_EMPTY(&process->sent))
        mailbox_wake(); /* the report of the thread's end may have waited for this */
}

static void give_up_all(struct far_process *process)
{
    static const struct arrival given_up = {.how = ARRIVAL_NOT_TAKEN,
                                            .why = "its process has ended its attachment"};
    struct sent                *sent;

    while ((sent = TAILQ_FIRST(&process->sent)) != NULL)
        finish(process, sent, &given_up);
}

static void free_process(struct far_process *process)
{
    far_close(&process->far);
    process->record->far_process = NULL;
    give_up_all(process);
    free(process);
}

static struct far_process *process_of(struct attachment_far *way)
{
    return (struct far_process *) ((char *) way - offsetof(struct far_process, way));
}

static void way_close(struct attachment_far *way)
{
    free_process(process_of(way));
}

/* Ends the attachment, if there is one, and with it PROCESS. */
static void end(struct far_process *process)
{
    if (process->attachment != NULL)
        attachment_close(process->attachment);
    else
        free_process(process);
}

void far_process_end(struct record *record)
{
    if (record->far_process != NULL)
        end(record->far_process);
}

/* Sending */

static void write_arrive(struct text *params, uint64_t id, const char *inner, const char *exception,
                         const char *message)
{
    text_byte(params, '{', 1);
    member_write_integer(params, "thread", (int64_t) id);
    member_write_string(params, "inner", inner);
    member_write_exception(params, exception, message);
    text_byte(params, '}', 1);
}

static void way_raise(struct attachment_far *way, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    static const struct arrival no_memory = {.how = ARRIVAL_NOT_TAKEN, .why = "out of memory"};
    struct far_process         *process = process_of(way);
    struct sent                *sent = malloc(sizeof(*sent));
    struct text                 params = {0};

    if (sent == NULL) {
        done(context, &no_memory);
        return;
    }
    write_arrive(&params, process->id, inner, exception, message);
    *sent = (struct sent){
        .request = far_request(&process->far, "arrive", &params), .done = done, .context = context};
    TAILQ_INSERT_TAIL(&process->sent, sent, link);
}

static bool way_awaits(const struct attachment_far *way)
{
    return !TAILQ_EMPTY(&process_of((struct attachment_far *) way)->sent);
}

/* Messages of the agent */

/* Ends SENT by the agent's reply; see method_arrive.c. */
static void take_fate(struct far_process *process, struct sent *sent, const json_t *reply)
{
    const json_t  *result = json_object_get(reply, "result");
    const char    *not_taken = json_string_value(json_object_get(result, "not_taken"));
    struct arrival arrival = {.how = ARRIVAL_NOT_TAKEN, .why = not_taken};

    if (not_taken == NULL)
        arrival = arrival_read(reply, "the agent gives no reason");
    finish(process, sent, &arrival);
}

static void take_reply(struct far_process *process, const json_t *reply)
{
    json_int_t   id = json_integer_value(json_object_get(reply, "id"));
    struct sent *sent;

    TAILQ_FOREACH(sent, &process->sent, link)
        if (sent->request == id) {
            take_fate(process, sent, reply);
            return;
        }
    end(process); /* the reply to "follow" */
}

/* Makes the thread's attachment: the agent has said that this supervisor follows the process. */
static void attach(struct far_process *process, const json_t *params)
{
    json_int_t pid = json_integer_value(json_object_get(params, "pid"));

    if (process->attachment == NULL && pid > 0 && pid <= INT32_MAX)
        (void) attachment_open_far(process->record, (pid_t) pid, &process->way,
                                   &process->attachment);
}

/* Takes the news of the process. Leaves out an exception that ends the process: the worker's report brings it. */
static void take_news(struct far_process *process, const json_t *params)
{
    const char       *why;
    const struct news news = {
        .started = json_object_get(params, "started"),
        .ended = json_object_get(params, "ended"),
        .published = json_object_get(params, "published"),
    };

    if (process->attachment != NULL)
        (void) news_take(process->attachment, &news, &why);
}

static void take(struct far *far, const json_t *message)
{
    struct far_process *process = (struct far_process *) far;
    const char         *method = json_string_value(json_object_get(message, "method"));
    const json_t       *params = json_object_get(message, "params");

    if (method == NULL)
        take_reply(process, message);
    else if (strcmp(method, "following") == 0)
        attach(process, params);
    else if (strcmp(method, "tell") == 0)
        take_news(process, params);
}

static void lost(struct far *far)
{
    end((struct far_process *) far);
}

/* The beginning */

static const struct far_user user = {.take = take, .lost = lost};

static void follow(struct record *record)
{
    struct far_process *process = malloc(sizeof(*process));
    struct text         params = {0};

    if (process == NULL)
        return;
    *process = (struct far_process){
        .way = {.raise = way_raise, .awaits = way_awaits, .close = way_close},
        .id = record->now.far_id,
        .record = record,
    };
    TAILQ_INIT(&process->sent);
    if (far_open(&process->far, record->assignment.seat, &user) != 0) {
        free(process);
        return;
    }
    record->far_process = process;
    text_byte(&params, '{', 1);
    member_write_integer(&params, "thread", (int64_t) process->id);
    text_byte(&params, '}', 1);
    (void) far_request(&process->far, "follow", &params);
}

void far_process_look(struct record *record)
{
    if (record->far_process != NULL && record->far_process->id != record->now.far_id)
        end(record->far_process); /* the process of the run before */
    if (record->far_process == NULL && record->now.attached != 0)
        follow(record);
}
