/* The method "arrive" of an agent: sends an exception from a run's supervisor to a process that is attached here. */
#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/server/agent_check.h"
#include "cli/server/arrive.h"
#include "cli/server/attachment.h"
#include "cli/server/following.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/threads_raise.h"

#include <stdlib.h>

/* One exception on its way to the process. */
struct passing {
    struct call            *call; /* NULL: its client has gone */
    struct record          *record;
    pid_t                   pid;    /* of the process */
    const k3thread_exctype *ending; /* its type, if it begins the grace; else NULL */
    char                   *inner, *message;
};

static void free_passing(struct passing *passing)
{
    free(passing->inner);
    free(passing->message);
    free(passing);
}

/* Replies to CALL with ARRIVAL, as far_process.c of the run reads it. */
static void answer(struct call *call, const struct arrival *arrival)
{
    if (arrival->how == ARRIVAL_REFUSED)
        call_fail(call, arrival->code, "%s", arrival->why);
    else if (arrival->how == ARRIVAL_NOT_TAKEN)
        call_reply(call, json_pack("{s:s}", "not_taken", arrival->why));
    else
        call_reply(call, json_pack("{s:I, s:s}", "id", (json_int_t) arrival->inner, "name",
                                   arrival->name));
}

static void end_passing(void *context, const struct arrival *arrival)
{
    struct passing *passing = context;

    if (arrival->how == ARRIVAL_DONE && passing->ending != NULL)
        (void) threads_arrived(passing->record, passing->ending, passing->message, passing->pid);
    if (passing->call != NULL) {
        passing->call->release = NULL;
        answer(passing->call, arrival);
    }
    free_passing(passing);
}

static void lose_call(void *state)
{
    ((struct passing *) state)->call = NULL;
}

/* Reads a string that may be missing. Returns false with CALL failed. */
static bool read_word(struct call *call, const json_t *json, char **ret)
{
    int error = json != NULL ? bytes_from_json(json, ret) : 0;

    return error == 0 || call_refuse(call, error, "\"inner\" and \"message\" must be strings");
}

/* Returns the type EXCEPTION if its arrival begins the grace of the thread, or else NULL. */
static const k3thread_exctype *find_ending(const struct attachment *attachment,
                                           const char              *exception)
{
    const k3thread_exctype *type = exceptions_find(exception);

    if (type == NULL)
        type = attachment_find_type(attachment, exception);
    return type != NULL && arrive_begins_grace(type) ? type : NULL;
}

static void pass(struct call *call, struct attachment *attachment, const char *exception,
                 const json_t *inner, const json_t *message)
{
    struct passing *passing = calloc(1, sizeof(*passing));

    if (passing == NULL) {
        call_fail_memory(call);
        return;
    }
    if (!read_word(call, inner, &passing->inner) || !read_word(call, message, &passing->message)) {
        free_passing(passing);
        return;
    }
    passing->call = call;
    passing->record = attachment_record(attachment);
    passing->pid = attachment_pid(attachment);
    passing->ending = inner == NULL ? find_ending(attachment, exception) : NULL;
    if (passing->ending != NULL)
        attachment_begin_end(attachment);
    call->state = passing;
    call->release = lose_call;
    attachment_raise(attachment, passing->inner, exception, passing->message, end_passing, passing);
}

static void run_arrive(struct call *call, const json_t *params)
{
    struct attachment *attachment;
    const json_t      *inner = NULL, *message = NULL;
    const char        *exception = NULL;
    json_int_t         id = 0;
    const struct param wanted[] = {
        {"thread", PARAM_INTEGER, &id, true},
        {"inner", PARAM_ANY, &inner, false},
        {"exception", PARAM_STRING, &exception, true},
        {"message", PARAM_ANY, &message, false},
        {0},
    };

    static const struct arrival ended = {.how = ARRIVAL_NOT_TAKEN,
                                         .why = "the process has ended its attachment"};

    if (!agent_check(call) || !params_take(call, params, wanted))
        return;
    attachment = following_find(id);
    if (attachment == NULL)
        answer(call, &ended);
    else
        pass(call, attachment, exception, inner, message);
}

const struct method method_arrive = {.name = "arrive", .run = run_arrive};
