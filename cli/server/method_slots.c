/* The method "slots": shows or changes how many commands may run at a time. */
#include "cli/server/jobserver.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/slots.h"
#include "cli/server/threads.h"

#include <string.h>

static bool is_none(const json_t *value)
{
    return json_is_string(value) && strcmp(json_string_value(value), PROTOCOL_SLOTS_NONE) == 0;
}

/* Reads VALUE, the parameter, into *RET. Returns false with CALL failed if it is no number of slots. */
static bool parse(struct call *call, const json_t *value, unsigned *ret)
{
    json_int_t number = json_integer_value(value);

    if (is_none(value)) {
        *ret = SLOTS_UNLIMITED;
        return true;
    }
    if (!json_is_integer(value))
        return call_fail(call, PROTOCOL_TYPE_ERROR,
                         "\"slots\" must be a whole number or \"" PROTOCOL_SLOTS_NONE "\"");
    if (number < 0 || number > PROTOCOL_SLOTS_MAX)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "\"slots\" must be a number from 0 to %d",
                         PROTOCOL_SLOTS_MAX);
    *ret = (unsigned) number;
    return true;
}

static json_t *describe_number(void)
{
    unsigned number = slots_number();

    return number == SLOTS_UNLIMITED ? json_null() : json_integer(number);
}

static void run(struct call *call, const json_t *params)
{
    const json_t      *value = NULL;
    unsigned           number = 0;
    const struct param wanted[] = {{"slots", PARAM_ANY, &value, false}, {0}};

    if (!params_take(call, params, wanted) || (value != NULL && !parse(call, value, &number)))
        return;
    if (value != NULL && number == SLOTS_UNLIMITED && jobserver_is_open()) {
        call_fail(call, PROTOCOL_VALUE_ERROR,
                  "with a jobserver the slots need a number, not \"" PROTOCOL_SLOTS_NONE "\"");
        return;
    }
    if (value != NULL)
        threads_set_slots(number);
    call_reply(call,
               json_pack("{s:o, s:I, s:I}", "slots", describe_number(), "running",
                         (json_int_t) slots_taken(), "queued", (json_int_t) threads_queued()));
}

const struct method method_slots = {.name = "slots", .run = run};
