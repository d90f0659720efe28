#include "cli/server/attachment.h"

#include "cli/base/clock.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"
#include "cli/server/events.h"
#include "cli/server/permit.h"
#include "cli/server/published.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A process has this many seconds to take the permit, and then as many again to reply. */
#define TAKE_WITHIN 1
_Static_assert(TAKE_WITHIN == 1, "the message in expire() and the pages say: within a second");

/* An exception that is to be sent to a process, or was sent and has no reply yet. */
struct errand {
    struct attachment *attachment;
    uint64_t           id;     /* of its request; 0: not sent */
    struct text        params; /* of its request */
    double             deadline;
    bool               taken; /* the process has taken the permit, but has not replied in time */
    void (*done)(void *context, const struct arrival *arrival);
    void *context;
    TAILQ_ENTRY(errand) of_attachment;
    TAILQ_ENTRY(errand) by_deadline;
};

/* One attached process. */
struct attachment {
    struct source          end; /* the pidfd */
    pid_t                  pid;
    struct permit          permit;
    struct record         *record;
    struct connection     *connection;
    struct attachment_far *far;    /* the process is on another machine; NULL: on this one */
    struct attachment    **holder; /* where the owner of the connection keeps the attachment */
    struct inner_list      threads;
    TAILQ_HEAD(, errand) errands; /* only the first one may have been sent */
    uint64_t         last_id;
    bool             ending; /* an exception that ends the thread was sent */
    uint64_t         owed;   /* a request that was given up, whose reply may still come; or 0 */
    struct published published;
    struct attachment_follower *follower; /* NULL: none */
};

/* All errands in the order of their deadlines. A new errand has the latest deadline, and goes to the end. */
static TAILQ_HEAD(, errand) late_first = TAILQ_HEAD_INITIALIZER(late_first);

pid_t attachment_pid(const struct attachment *attachment)
{
    return attachment->pid;
}

struct record *attachment_record(const struct attachment *attachment)
{
    return attachment->record;
}

const struct inner_list *attachment_threads(const struct attachment *attachment)
{
    return &attachment->threads;
}

void attachment_set_follower(struct attachment *attachment, struct attachment_follower *follower)
{
    attachment->follower = follower;
}

struct attachment_follower *attachment_follower(const struct attachment *attachment)
{
    return attachment->follower;
}

void attachment_begin_end(struct attachment *attachment)
{
    attachment->ending = true;
}

bool attachment_is_ending(const struct attachment *attachment)
{
    return attachment->ending;
}

/* Sending */

/* Sends the first errand, unless it was sent before or the process owes a reply. */
static void send_next(struct attachment *attachment)
{
    struct errand *errand = TAILQ_FIRST(&attachment->errands);
    struct text    line = {0};

    if (errand == NULL || errand->id != 0 || attachment->owed != 0)
        return;
    errand->id = ++attachment->last_id;
    envelope_begin_request(&line, (int64_t) errand->id, "raise");
    text_append(&line, errand->params.data, errand->params.size);
    envelope_end(&line);
    line.failed |= errand->params.failed || !permit_give(&attachment->permit);
    connection_send(attachment->connection, &line);
    text_release(&line);
}

/* Calls the errand's DONE with ARRIVAL, and frees ERRAND. */
static void finish(struct errand *errand, const struct arrival *arrival)
{
    TAILQ_REMOVE(&errand->attachment->errands, errand, of_attachment);
    TAILQ_REMOVE(&late_first, errand, by_deadline);
    errand->done(errand->context, arrival);
    text_release(&errand->params);
    free(errand);
}

static void write_params(struct text *params, const char *inner, const char *exception,
                         const char *message)
{
    text_byte(params, '{', 1);
    if (inner != NULL)
        write_name(params, "thread");
    if (inner != NULL && strspn(inner, "0123456789") == strlen(inner) && strlen(inner) < 19)
        write_integer(params, (int64_t) strtoull(inner, NULL, 10));
    else if (inner != NULL)
        write_bytes(params, inner);
    member_write_exception(params, exception, message);
    text_byte(params, '}', 1);
}

void attachment_raise(struct attachment *attachment, const char *inner, const char *exception,
                      const char *message,
                      void (*done)(void *context, const struct arrival *arrival), void *context)
{
    static const struct arrival no_memory = {.how = ARRIVAL_NOT_TAKEN, .why = "out of memory"};
    struct errand              *errand;

    if (attachment->far != NULL) {
        attachment->far->raise(attachment->far, inner, exception, message, done, context);
        return;
    }
    errand = malloc(sizeof(*errand));
    if (errand == NULL) {
        done(context, &no_memory);
        return;
    }
    *errand = (struct errand){.attachment = attachment,
                              .deadline = clock_monotonic() + TAKE_WITHIN,
                              .done = done,
                              .context = context};
    write_params(&errand->params, inner, exception, message);
    TAILQ_INSERT_TAIL(&attachment->errands, errand, of_attachment);
    TAILQ_INSERT_TAIL(&late_first, errand, by_deadline);
    send_next(attachment);
}

/* Replies */

/* Returns the error of the protocol for CODE, a number from a process's reply. */
static enum protocol_error code_of(json_int_t code)
{
    switch (code) {
    case PROTOCOL_TYPE_ERROR:
    case PROTOCOL_VALUE_ERROR:
    case PROTOCOL_INVALID_THREAD_ID_ERROR:
        return (enum protocol_error) code;
    default:
        return PROTOCOL_SEND_RAISE_ERROR;
    }
}

/* Ends ERRAND by the reply of its process. */
static void take_result(struct errand *errand, const json_t *reply)
{
    const json_t  *error = json_object_get(reply, "error");
    const json_t  *result = json_object_get(reply, "result");
    const char    *message = json_string_value(json_object_get(error, "message"));
    const char    *name = json_string_value(json_object_get(result, "name"));
    struct arrival arrival = {.how = ARRIVAL_DONE};

    if (error != NULL) {
        arrival.how = ARRIVAL_REFUSED;
        arrival.code = code_of(json_integer_value(json_object_get(error, "code")));
        arrival.why = message != NULL ? message : "the process gives no reason";
    } else {
        arrival.inner = (uint64_t) json_integer_value(json_object_get(result, "id"));
        arrival.name = name != NULL && inner_is_name(name) ? name : "?";
    }
    finish(errand, &arrival);
}

void attachment_take_reply(struct attachment *attachment, const json_t *reply)
{
    struct errand *errand = TAILQ_FIRST(&attachment->errands);
    uint64_t       id = (uint64_t) json_integer_value(json_object_get(reply, "id"));

    if (id != 0 && id == attachment->owed) {
        attachment->owed = 0;
    } else if (id != 0 && errand != NULL && errand->id == id) {
        (void) permit_take(&attachment->permit); /* a process may reply without taking it */
        take_result(errand, reply);
    }
    send_next(attachment);
}

/* Giving up */

/* Ends ERRAND as not taken, for the reason in FORMAT, which has a %d for the process's pid. */
__attribute__((format(printf, 2, 0))) static void give_up(struct errand *errand, const char *format)
{
    struct arrival arrival = {.how = ARRIVAL_NOT_TAKEN};
    char           why[160];

    (void) snprintf(why, sizeof(why), format, (int) errand->attachment->pid);
    arrival.why = why;
    finish(errand, &arrival);
}

/*
 * Gives up ERRAND, which is late. But if the process has just taken the permit, it gets TAKE_WITHIN once more to
 * confirm the exception.
 */
static void expire(struct errand *errand)
{
    struct attachment *attachment = errand->attachment;

    if (errand->id != 0 && !errand->taken && !permit_take(&attachment->permit)) {
        errand->taken = true;
        errand->deadline = clock_monotonic() + TAKE_WITHIN;
        TAILQ_REMOVE(&late_first, errand, by_deadline);
        TAILQ_INSERT_TAIL(&late_first, errand, by_deadline);
        return;
    }
    if (errand->id != 0)
        attachment->owed = errand->id;
    if (errand->taken)
        give_up(errand, "process %d has taken the exception, but does not confirm it");
    else
        give_up(errand, "process %d has not taken the exception within a second");
}

double attachment_expire(void)
{
    struct errand *errand;

    while ((errand = TAILQ_FIRST(&late_first)) != NULL) {
        double left = errand->deadline - clock_monotonic();

        if (left > 0)
            return left;
        expire(errand);
    }
    return -1;
}

/* Beginning and end */

bool attachment_read_last(struct attachment *attachment)
{
    if (attachment != NULL && attachment->far != NULL)
        return !attachment->far->awaits(attachment->far);
    if (attachment != NULL)
        connection_read_arrived(attachment->connection);
    return true;
}

/* Ends an attachment whose process has ended, after reading all that the process has sent. */
static void process_ended(struct source *source, uint32_t events)
{
    struct attachment  *attachment = (struct attachment *) source;
    struct attachment **holder = attachment->holder;

    (void) events;
    (void) attachment_read_last(attachment);
    if (*holder == attachment) /* a message of the process may have ended the attachment */
        attachment_close(attachment);
}

/* Returns true if the exception may have arrived without a reply: the process has taken the permit. */
static bool may_have_arrived(const struct errand *errand)
{
    return errand->id != 0 && !permit_take(&errand->attachment->permit);
}

static void detach_record(struct attachment *attachment)
{
    struct record *record = attachment->record;

    record->attachment = NULL;
    atomic_store(&record->assignment.attached, 0);
    *attachment->holder = NULL;
}

static void give_up_all(struct attachment *attachment)
{
    struct errand *errand;

    while ((errand = TAILQ_FIRST(&attachment->errands)) != NULL)
        if (may_have_arrived(errand))
            give_up(errand,
                    "process %d has ended its attachment before it confirmed the exception");
        else
            give_up(errand, "process %d has ended its attachment");
}

/* Closes the way to the process, and gives up the exceptions that are not done yet. */
static void disconnect(struct attachment *attachment)
{
    if (attachment->far != NULL) {
        attachment->far->close(attachment->far);
        return;
    }
    loop_close(&attachment->end);
    give_up_all(attachment);
    permit_close(&attachment->permit);
    if (attachment->follower != NULL)
        attachment->follower->end(attachment->follower, attachment->record);
}

void attachment_close(struct attachment *attachment)
{
    if (attachment == NULL)
        return;
    detach_record(attachment);
    events_post(EVENT_DETACHED, attachment->record);
    disconnect(attachment);
    inner_release(&attachment->threads);
    published_release(&attachment->published);
    free(attachment);
}

/* Makes the permit, and sends it to the process. Returns 0 or -errno. */
static int share_permit(struct attachment *attachment)
{
    struct text line = {0};
    int         error = permit_open(&attachment->permit);

    if (error != 0)
        return error;
    envelope_begin_notification(&line, "permit");
    text_add(&line, "{}");
    envelope_end(&line);
    error = connection_send_descriptor(attachment->connection, &line, attachment->permit.process);
    text_release(&line);
    if (error != 0)
        permit_close(&attachment->permit);
    return error;
}

static int begin(struct attachment *attachment)
{
    int error = share_permit(attachment);

    if (error != 0)
        return error;
    error = loop_add(&attachment->end, EPOLLIN);
    if (error != 0)
        permit_close(&attachment->permit);
    return error;
}

/* Returns true if ATTACHMENT, which may be NULL, belongs to a living process other than PROCESS. */
static bool is_taken(const struct attachment *attachment, const struct client_process *process)
{
    struct pollfd end;

    if (attachment == NULL || attachment->pid == process->pid)
        return false;
    end = (struct pollfd){.fd = attachment->end.fd, .events = POLLIN};
    return poll(&end, 1, 0) == 0;
}

/* Returns an attachment of the process PID to RECORD that has no way to the process yet, or NULL without memory. */
static struct attachment *make(struct record *record, pid_t pid, struct attachment **holder)
{
    struct attachment *attachment = calloc(1, sizeof(*attachment));

    if (attachment == NULL)
        return NULL;
    attachment->end.fd = -1;
    attachment->pid = pid;
    attachment->record = record;
    attachment->holder = holder;
    TAILQ_INIT(&attachment->errands);
    return attachment;
}

/* Gives ATTACHMENT to its record and its holder, and tells the clients. Returns it. */
static struct attachment *attach_record(struct attachment *attachment)
{
    struct record *record = attachment->record;

    record->attachment = *attachment->holder = attachment;
    atomic_store(&record->assignment.attached, attachment->pid);
    events_post(EVENT_ATTACHED, record);
    return attachment;
}

struct attachment *attachment_open(struct record *record, struct connection *connection,
                                   struct attachment **holder, const struct client_process *process,
                                   int *ret_error)
{
    struct attachment *attachment;
    int                error = -ENOMEM;

    if (is_taken(record->attachment, process)) {
        *ret_error = -EBUSY;
        close(process->fd);
        return NULL;
    }
    attachment_close(record->attachment);
    attachment_close(*holder);
    attachment = make(record, process->pid, holder);
    if (attachment != NULL) {
        attachment->end = (struct source){.fd = process->fd, .ready = process_ended};
        attachment->connection = connection;
        error = begin(attachment);
    }
    if (error != 0) {
        *ret_error = error;
        close(process->fd);
        free(attachment);
        return NULL;
    }
    return attach_record(attachment);
}

struct attachment *attachment_open_far(struct record *record, pid_t pid, struct attachment_far *far,
                                       struct attachment **holder)
{
    struct attachment *attachment = make(record, pid, holder);

    if (attachment == NULL)
        return NULL;
    attachment->far = far;
    return attach_record(attachment);
}

/* Messages of the process */

void attachment_thread_started(struct attachment *attachment, const struct inner *thread,
                               const char *name)
{
    bool                is_new = false;
    const struct inner *added = inner_add(&attachment->threads, thread, name, &is_new);

    if (added != NULL && is_new)
        events_post_inner(EVENT_INNER_STARTED, attachment->record, added);
}

void attachment_thread_ended(struct attachment *attachment, uint64_t id)
{
    struct inner *thread = inner_remove(&attachment->threads, id);

    if (thread != NULL)
        events_post_inner(EVENT_INNER_ENDED, attachment->record, thread);
    free(thread);
}

const k3thread_exctype *attachment_type_at(const struct attachment *attachment, size_t index)
{
    return attachment != NULL && index < attachment->published.count
               ? attachment->published.types[index]
               : NULL;
}

const k3thread_exctype *attachment_find_type(const struct attachment *attachment, const char *name)
{
    return attachment != NULL ? published_find(&attachment->published, name) : NULL;
}

bool attachment_publish(struct attachment *attachment, const k3thread_exctype *type)
{
    return published_add(&attachment->published, type);
}
