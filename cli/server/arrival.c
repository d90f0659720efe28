#include "cli/server/arrival.h"

#include "cli/server/inner.h"

struct arrival arrival_read(const json_t *reply, const char *silent)
{
    const json_t  *error = json_object_get(reply, "error");
    const json_t  *result = json_object_get(reply, "result");
    const char    *message = json_string_value(json_object_get(error, "message"));
    const char    *name = json_string_value(json_object_get(result, "name"));
    struct arrival arrival = {.how = ARRIVAL_DONE};

    if (error != NULL) {
        arrival.how = ARRIVAL_REFUSED;
        arrival.code = (enum protocol_error) json_integer_value(json_object_get(error, "code"));
        arrival.why = message != NULL ? message : silent;
    } else {
        arrival.inner = (uint64_t) json_integer_value(json_object_get(result, "id"));
        arrival.name = name != NULL && inner_is_name(name) ? name : "?";
    }
    return arrival;
}
