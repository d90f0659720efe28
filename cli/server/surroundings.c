#include "cli/server/surroundings.h"

#include "cli/base/string_list.h"
#include "cli/base/variable.h"
#include "cli/rpc/bytes.h"
#include "cli/server/param_limits.h"
#include "cli/server/param_strings.h"
#include "cli/worker/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool check_variables(struct call *call, char *const *strings)
{
    for (char *const *s = strings; *s != NULL; s++)
        if (!variable_is_assignment(*s))
            return call_fail(call, PROTOCOL_VALUE_ERROR, "environment: '%s' is not NAME=VALUE", *s);
    return true;
}

/* Returns the variables in LIST, or NULL with CALL failed, because the parameter NAME is not such a list. */
static char **parse_variables(struct call *call, const json_t *list, const char *name)
{
    char **strings = NULL;
    int  error = list == NULL || json_is_array(list) ? param_strings_copy(list, &strings) : -EINVAL;
    char what[64];

    if (error == 0 && check_variables(call, strings))
        return strings;
    if (error != 0) {
        (void) snprintf(what, sizeof(what), "\"%s\" must be a list of strings", name);
        call_refuse(call, error, what);
    }
    string_list_free(strings);
    return NULL;
}

/*
 * Returns a new environment of VARIABLES, the list in the parameter NAME: added to BASE, or, if BASE is NULL, alone
 * with LIMITS. Returns NULL with CALL failed.
 */
static struct environment *make(struct call *call, const json_t *variables, const char *name,
                                const struct environment *base, const struct limits *limits)
{
    struct environment *made;
    char              **strings = parse_variables(call, variables, name);

    if (strings == NULL)
        return NULL;
    made = base != NULL ? environment_new_with(base, strings) : environment_new(strings, limits);
    string_list_free(strings);
    if (made == NULL)
        call_fail_memory(call);
    return made;
}

bool surroundings_take(struct call *call, const struct raw_environment *raw)
{
    struct environment **kept = &call->peer->environment;
    struct limits        limits;
    bool                 is_kept = json_is_true(raw->environment) ||
                   (raw->environment == NULL && call->peer->directory != NULL);

    if (is_kept && *kept != NULL)
        return true;
    environment_unref(*kept);
    *kept = param_limits_parse(call, raw->limits, raw->nice, &limits)
                ? make(call, raw->environment, "environment", NULL, &limits)
                : NULL;
    return *kept != NULL;
}

struct environment *surroundings_environment(struct call *call, const struct raw_environment *raw)
{
    struct environment *kept = call->peer->environment;

    return raw->variables == NULL ? environment_ref(kept)
                                  : make(call, raw->variables, "variables", kept, NULL);
}

bool surroundings_path(struct call *call, const json_t *path, const char *what, char **ret)
{
    const char *directory = call->peer->directory;
    char       *given, *whole;
    int         error = bytes_from_json(path, &given);

    if (error != 0)
        return call_refuse(call, error, what);
    if (given[0] == '/') {
        *ret = given;
        return true;
    }
    if (directory == NULL) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is not an absolute path", given);
        free(given);
        return false;
    }
    error = asprintf(&whole, "%s/%s", directory, given);
    free(given);
    if (error < 0)
        return call_fail_memory(call);
    *ret = whole;
    return true;
}
