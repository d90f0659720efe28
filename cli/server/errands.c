#include "cli/server/errands.h"

#include "cli/base/clock.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/member.h"
#include "cli/rpc/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A process has this many seconds to take the permit, and then as many again to reply. */
#define TAKE_WITHIN 1
_Static_assert(TAKE_WITHIN == 1, "the message in expire() and the pages say: within a second");

/* An exception that is to be sent to a process, or was sent and has no reply yet. */
struct errand {
    struct errands *errands;
    uint64_t        id;     /* of its request; 0: not sent */
    struct text     params; /* of its request */
    double          deadline;
    bool            taken; /* the process has taken the permit, but has not replied in time */
    void (*done)(void *context, const struct arrival *arrival);
    void *context;
    TAILQ_ENTRY(errand) of_process;
    TAILQ_ENTRY(errand) by_deadline;
};

/* All errands in the order of their deadlines. A new errand has the latest deadline, and goes to the end. */
static TAILQ_HEAD(, errand) late_first = TAILQ_HEAD_INITIALIZER(late_first);

/* Sending */

/* Sends the first errand, unless it was sent before or the process owes a reply. */
static void send_next(struct errands *errands)
{
    struct errand *errand = TAILQ_FIRST(&errands->queue);
    struct text    line = {0};

    if (errand == NULL || errand->id != 0 || errands->owed != 0)
        return;
    errand->id = ++errands->last_id;
    envelope_begin_request(&line, (int64_t) errand->id, "raise");
    text_append(&line, errand->params.data, errand->params.size);
    envelope_end(&line);
    line.failed |= errand->params.failed || !permit_give(&errands->permit);
    connection_send(errands->connection, &line);
    text_release(&line);
}

/* Calls the errand's DONE with ARRIVAL, and frees ERRAND. */
static void finish(struct errand *errand, const struct arrival *arrival)
{
    TAILQ_REMOVE(&errand->errands->queue, errand, of_process);
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

void errands_add(struct errands *errands, const char *inner, const char *exception,
                 const char *message, void (*done)(void *context, const struct arrival *arrival),
                 void       *context)
{
    static const struct arrival no_memory = {.how = ARRIVAL_NOT_TAKEN, .why = "out of memory"};
    struct errand              *errand = malloc(sizeof(*errand));

    if (errand == NULL) {
        done(context, &no_memory);
        return;
    }
    *errand = (struct errand){.errands = errands,
                              .deadline = clock_monotonic() + TAKE_WITHIN,
                              .done = done,
                              .context = context};
    write_params(&errand->params, inner, exception, message);
    TAILQ_INSERT_TAIL(&errands->queue, errand, of_process);
    TAILQ_INSERT_TAIL(&late_first, errand, by_deadline);
    send_next(errands);
}

/* Replies */

/* Returns the error of the protocol for CODE, a number from a process's reply. */
static enum protocol_error code_of(enum protocol_error code)
{
    switch (code) {
    case PROTOCOL_TYPE_ERROR:
    case PROTOCOL_VALUE_ERROR:
    case PROTOCOL_INVALID_THREAD_ID_ERROR:
        return code;
    default:
        return PROTOCOL_SEND_RAISE_ERROR;
    }
}

/* Ends ERRAND by the reply of its process. */
static void take_result(struct errand *errand, const json_t *reply)
{
    struct arrival arrival = arrival_read(reply, "the process gives no reason");

    if (arrival.how == ARRIVAL_REFUSED)
        arrival.code = code_of(arrival.code);
    finish(errand, &arrival);
}

void errands_take_reply(struct errands *errands, const json_t *reply)
{
    struct errand *errand = TAILQ_FIRST(&errands->queue);
    uint64_t       id = (uint64_t) json_integer_value(json_object_get(reply, "id"));

    if (id != 0 && id == errands->owed) {
        errands->owed = 0;
    } else if (id != 0 && errand != NULL && errand->id == id) {
        (void) permit_take(&errands->permit); /* a process may reply without taking it */
        take_result(errand, reply);
    }
    send_next(errands);
}

/* Giving up */

/* Ends ERRAND as not taken, for the reason in FORMAT, which has a %d for the process's pid. */
__attribute__((format(printf, 2, 0))) static void give_up(struct errand *errand, const char *format)
{
    struct arrival arrival = {.how = ARRIVAL_NOT_TAKEN};
    char           why[160];

    (void) snprintf(why, sizeof(why), format, (int) errand->errands->pid);
    arrival.why = why;
    finish(errand, &arrival);
}

/*
 * Gives up ERRAND, which is late. But if the process has just taken the permit, it gets TAKE_WITHIN once more to
 * confirm the exception.
 */
static void expire(struct errand *errand)
{
    struct errands *errands = errand->errands;

    if (errand->id != 0 && !errand->taken && !permit_take(&errands->permit)) {
        errand->taken = true;
        errand->deadline = clock_monotonic() + TAKE_WITHIN;
        TAILQ_REMOVE(&late_first, errand, by_deadline);
        TAILQ_INSERT_TAIL(&late_first, errand, by_deadline);
        return;
    }
    if (errand->id != 0)
        errands->owed = errand->id;
    if (errand->taken)
        give_up(errand, "process %d has taken the exception, but does not confirm it");
    else
        give_up(errand, "process %d has not taken the exception within a second");
}

double errands_expire(void)
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

/* Makes the permit, and sends it to the process. Returns 0 or -errno. */
static int share_permit(struct errands *errands)
{
    struct text line = {0};
    int         error = permit_open(&errands->permit);

    if (error != 0)
        return error;
    envelope_begin_notification(&line, "permit");
    text_add(&line, "{}");
    envelope_end(&line);
    error = connection_send_descriptor(errands->connection, &line, errands->permit.process);
    text_release(&line);
    if (error != 0)
        permit_close(&errands->permit);
    return error;
}

int errands_open(struct errands *errands, struct connection *connection, pid_t pid)
{
    *errands = (struct errands){.connection = connection, .pid = pid};
    TAILQ_INIT(&errands->queue);
    return share_permit(errands);
}

/* Returns true if the exception may have arrived without a reply: the process has taken the permit. */
static bool may_have_arrived(const struct errand *errand)
{
    return errand->id != 0 && !permit_take(&errand->errands->permit);
}

void errands_close(struct errands *errands)
{
    struct errand *errand;

    while ((errand = TAILQ_FIRST(&errands->queue)) != NULL)
        if (may_have_arrived(errand))
            give_up(errand,
                    "process %d has ended its attachment before it confirmed the exception");
        else
            give_up(errand, "process %d has ended its attachment");
    permit_close(&errands->permit);
}
