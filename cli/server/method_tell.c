/* The method "tell": what an attached process says of its threads, its exceptions and its end. */
#include "cli/base/exceptions.h"
#include "cli/rpc/bytes.h"
#include "cli/server/attachment.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/threads_raise.h"

#include <stdlib.h>
#include <string.h>

static bool refuse(struct call *call, const char *what)
{
    return call_fail(call, PROTOCOL_VALUE_ERROR, "tell: %s", what);
}

/* Reads one thread that has started. Returns false, with CALL failed, if it is not one. */
static bool take_started(struct call *call, const json_t *value)
{
    const char  *name = json_string_value(json_object_get(value, "name"));
    const char  *state = json_string_value(json_object_get(value, "state"));
    json_int_t   id = json_integer_value(json_object_get(value, "id"));
    struct inner thread = {
        .id = (uint64_t) id,
        .tid = (pid_t) json_integer_value(json_object_get(value, "tid")),
        .daemon = json_is_true(json_object_get(value, "daemon")),
        .delayed = state != NULL && strcmp(state, "delayed") == 0,
    };

    if (id <= 0)
        return refuse(call, "a thread that has started needs an \"id\", a positive number");
    if (name == NULL || !inner_is_name(name))
        return refuse(call, "a thread that has started needs a \"name\", escaped for a shell");
    attachment_thread_started(call->peer->attachment, &thread, name);
    return true;
}

static bool take_ended(struct call *call, const json_t *value)
{
    if (!json_is_integer(value))
        return refuse(call, "\"ended\" must be a list of ids");
    attachment_thread_ended(call->peer->attachment, (uint64_t) json_integer_value(value));
    return true;
}

/* Returns the type NAME that is known everywhere, or that the process has published; or NULL. */
static const k3thread_exctype *find_type(const struct call *call, const char *name)
{
    const k3thread_exctype *type = attachment_find_type(call->peer->attachment, name);

    return type != NULL ? type : exceptions_find(name);
}

/* Returns the type NAME, which the process has defined now or before; or NULL. */
static const k3thread_exctype *learn(const struct call *call, const char *name,
                                     const k3thread_exctype *base)
{
    return exceptions_learn(name, base, &attachment_record(call->peer->attachment)->types);
}

static bool take_published(struct call *call, const json_t *value)
{
    const char             *name = json_string_value(json_object_get(value, "name"));
    const char             *base_name = json_string_value(json_object_get(value, "base"));
    const k3thread_exctype *base = base_name != NULL ? find_type(call, base_name) : NULL;
    const k3thread_exctype *type;

    if (name == NULL || base == NULL || exceptions_signal(base) != 0)
        return refuse(call, "a published exception needs a \"name\" and a known \"base\"");
    type = learn(call, name, base);
    if (type == NULL || exceptions_signal(type) != 0)
        return refuse(call, "no exception can be published under this name");
    return attachment_publish(call->peer->attachment, type) ||
           refuse(call, "too many exceptions are published");
}

/* Calls TAKE for each element of LIST, which may be NULL. Returns false with CALL failed. */
static bool take_all(struct call *call, const json_t *list, const char *what,
                     bool (*take)(struct call *call, const json_t *value))
{
    const json_t *value;
    size_t        i;

    if (list != NULL && !json_is_array(list))
        return refuse(call, what);
    json_array_foreach((json_t *) list, i, value)
        if (!take(call, value))
            return false;
    return true;
}

/* Takes the exception that ends the process. */
static bool take_exception(struct call *call, const char *name, const json_t *message)
{
    const k3thread_exctype *type = find_type(call, name);
    char                   *bytes = NULL;
    int                     error = message != NULL ? bytes_from_json(message, &bytes) : 0;

    if (error != 0)
        return call_refuse(call, error, "\"message\" must be a string");
    if (type == NULL)
        type = learn(call, name, &k3thread_Exception);
    if (type != NULL)
        threads_told(attachment_record(call->peer->attachment), type, bytes);
    free(bytes);
    return type != NULL || refuse(call, "no exception has this name");
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *started = NULL, *ended = NULL, *published = NULL, *message = NULL;
    const char        *exception = NULL;
    const struct param wanted[] = {
        {"started", PARAM_ANY, &started, false},     {"ended", PARAM_ANY, &ended, false},
        {"published", PARAM_ANY, &published, false}, {"exception", PARAM_STRING, &exception, false},
        {"message", PARAM_ANY, &message, false},     {0},
    };

    if (!params_take(call, params, wanted))
        return;
    if (call->peer->attachment == NULL)
        call_fail(call, PROTOCOL_RUNTIME_ERROR, "only an attached process has something to tell");
    else if (take_all(call, started, "\"started\" must be a list of threads", take_started) &&
             take_all(call, ended, "\"ended\" must be a list of ids", take_ended) &&
             take_all(call, published, "\"published\" must be a list of exceptions",
                      take_published) &&
             (exception == NULL || take_exception(call, exception, message)))
        call_reply(call, json_object());
}

const struct method method_tell = {"tell", run};
