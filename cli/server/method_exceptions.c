/* The method "exceptions": lists the exceptions that can be raised in any thread, or in one. */
#include "cli/base/exceptions.h"
#include "cli/server/attachment.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"

static json_t *exception_to_json(const k3thread_exctype *type)
{
    int signal = exceptions_signal(type);

    return json_pack("{s:s, s:s?, s:o}", "name", type->name, "base",
                     type->base != NULL ? type->base->name : NULL, "signal",
                     signal != 0 ? json_integer(signal) : json_null());
}

static void run(struct call *call, const json_t *params)
{
    const json_t           *thread = NULL;
    const struct record    *record;
    const k3thread_exctype *type;
    json_t                 *array;
    const struct param      wanted[] = {{"thread", PARAM_ANY, &thread, false}, {0}};

    if (!params_take(call, params, wanted))
        return;
    record = thread != NULL ? select_for_call(call, thread) : NULL;
    if (thread != NULL && record == NULL)
        return;
    array = json_array();
    for (size_t i = 0; (type = exceptions_at(i)) != NULL; i++)
        json_array_append_new(array, exception_to_json(type));
    for (size_t i = 0; record != NULL && (type = attachment_type_at(record->attachment, i)) != NULL;
         i++)
        json_array_append_new(array, exception_to_json(type));
    call_reply(call, array);
}

const struct method method_exceptions = {.name = "exceptions", .run = run, .only_answers = true};
