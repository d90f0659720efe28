#include "cli/server/leash_param.h"

#include "cli/base/refused_call.h"
#include "cli/base/text.h"
#include "cli/process/limits.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Fails CALL because the process NUMBER cannot be watched, for the reason ERROR. */
static bool fail(struct call *call, json_int_t number, int error)
{
    struct text words = {0};

    text_add(&words, strerror(-error));
    limits_explain(&words, -error);
    refused_call_explain(&words, error);
    call_fail(call, PROTOCOL_OS_ERROR,
              "--leash: cannot watch process %" JSON_INTEGER_FORMAT ": %.*s", number,
              (int) words.size, words.data);
    text_release(&words);
    return false;
}

bool leash_param_read(struct call *call, const json_t *pid, struct leash **ret)
{
    json_int_t number = json_integer_value(pid);
    int        error;

    if (pid == NULL || json_is_null(pid))
        return true;
    if (!json_is_integer(pid))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"leash\" must be the id of a process");
    error = number > 0 && number <= INT_MAX ? leash_open((pid_t) number, ret) : -ERANGE;
    if (error == 0)
        return true;
    if (error == -ERANGE)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "--leash: %" JSON_INTEGER_FORMAT " is no id of a process", number);
    if (error == -EINVAL)
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "--leash: %" JSON_INTEGER_FORMAT " is a thread of a process; give the "
                         "process",
                         number);
    return fail(call, number, error);
}
