#include "cli/server/params.h"

#include "cli/base/suggest.h"
#include "cli/server/record.h"

#include <stddef.h>
#include <string.h>

static const struct param *find(const struct param *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static bool fail_unknown(struct call *call, const char *name, const struct param *table)
{
    struct suggestion suggestion = {.word = name};

    for (; table->name != NULL; table++)
        suggest_consider(&suggestion, table->name);
    if (suggestion.nearest != NULL)
        return call_fail(call, PROTOCOL_INVALID_PARAMS,
                         "%s: unknown parameter '%.64s'; did you mean '%s'?", call->method, name,
                         suggestion.nearest);
    return call_fail(call, PROTOCOL_INVALID_PARAMS, "%s: unknown parameter '%.64s'", call->method,
                     name);
}

static bool check_names(struct call *call, const json_t *params, const struct param *table)
{
    const char *name;
    json_t     *value;

    json_object_foreach((json_t *) params, name, value)
        if (find(table, name) == NULL)
            return fail_unknown(call, name, table);
    return true;
}

/*
 * Puts VALUE into PARAM's variable. Returns NULL, or the kind of value that PARAM takes if VALUE is
 * of another kind.
 */
static const char *put(const struct param *param, const json_t *value)
{
    switch (param->kind) {
    case PARAM_ANY:
        *(const json_t **) param->ret = value;
        return NULL;
    case PARAM_STRING:
        *(const char **) param->ret = json_string_value(value);
        return json_is_string(value) ? NULL : "a string";
    case PARAM_SECONDS:
        *(double *) param->ret = json_number_value(value);
        return json_is_number(value) ? NULL : "a number";
    case PARAM_INTEGER:
    case PARAM_COUNT:
    case PARAM_UMASK:
        *(json_int_t *) param->ret = json_integer_value(value);
        return json_is_integer(value) ? NULL : "a whole number";
    case PARAM_BOOLEAN:
        *(bool *) param->ret = json_is_true(value);
        return json_is_boolean(value) ? NULL : "true or false";
    }
    return NULL;
}

/* Checks that VALUE, which is of PARAM's kind, is in the range of that kind. */
static bool check_range(struct call *call, const struct param *param, const json_t *value)
{
    bool is_seconds = param->kind == PARAM_SECONDS;

    if (param->kind == PARAM_UMASK && (json_integer_value(value) & ~0777) != 0)
        return call_fail(call, PROTOCOL_VALUE_ERROR, "%s must be a number from 0 to 511 (0777)",
                         param->name);
    if ((!is_seconds && param->kind != PARAM_COUNT) || json_number_value(value) >= 0)
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "%s must be 0 %sor more, not %g", param->name,
                     is_seconds ? "seconds " : "", json_number_value(value));
}

static bool take(struct call *call, const struct param *param, const json_t *value)
{
    const char *kind;

    if (value == NULL || json_is_null(value)) {
        if (!param->required)
            return true;
        return call_fail(call, PROTOCOL_INVALID_PARAMS, "%s: missing parameter '%s'", call->method,
                         param->name);
    }
    kind = put(param, value);
    if (kind == NULL)
        return check_range(call, param, value);
    return call_fail(call, PROTOCOL_TYPE_ERROR, "%s: \"%s\" must be %s", call->method, param->name,
                     kind);
}

bool params_take(struct call *call, const json_t *params, const struct param *table)
{
    static const struct param none[1];

    if (table == NULL)
        table = none;
    if (!check_names(call, params, table))
        return false;
    for (const struct param *param = table; param->name != NULL; param++)
        if (!take(call, param, json_object_get(params, param->name)))
            return false;
    return true;
}

uint64_t params_sum(const json_t *names, uint64_t (*bit)(const char *name))
{
    const json_t *name;
    size_t        i;
    uint64_t      bits = 0;

    json_array_foreach((json_t *) names, i, name) {
        uint64_t one = bit(json_string_value(name));

        if (one == 0)
            return 0;
        bits |= one;
    }
    return bits;
}

enum protocol_error params_sum_error(const json_t *names)
{
    const json_t *name;
    size_t        i;

    json_array_foreach((json_t *) names, i, name)
        if (!json_is_string(name))
            return PROTOCOL_TYPE_ERROR;
    return json_is_array(names) ? PROTOCOL_VALUE_ERROR : PROTOCOL_TYPE_ERROR;
}

bool params_members(struct call *call, const json_t *names, uint64_t *ret)
{
    uint64_t members = names == NULL ? RECORD_ALL_MEMBERS : params_sum(names, record_member);

    if (members == 0)
        return call_fail(call, params_sum_error(names),
                         "\"members\" must be a list of a thread's members");
    *ret = members;
    return true;
}
