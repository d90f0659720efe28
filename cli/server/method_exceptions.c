/* The method "exceptions": lists the exceptions that can be raised. */
#include "cli/base/exceptions.h"
#include "cli/server/method.h"
#include "cli/server/params.h"

static json_t *exception_to_json(const k3thread_exctype *type)
{
    int signal = exceptions_signal(type);

    return json_pack("{s:s, s:s?, s:o}", "name", type->name, "base",
                     type->base != NULL ? type->base->name : NULL, "signal",
                     signal != 0 ? json_integer(signal) : json_null());
}

static void run(struct call *call, const json_t *params)
{
    json_t *array;

    if (!params_take(call, params, NULL))
        return;
    array = json_array();
    for (size_t i = 0; exceptions_at(i) != NULL; i++)
        json_array_append_new(array, exception_to_json(exceptions_at(i)));
    call_reply(call, array);
}

const struct method method_exceptions = {"exceptions", run};
