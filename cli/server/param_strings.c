#include "cli/server/param_strings.h"

#include "cli/base/string_list.h"
#include "cli/rpc/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int param_strings_copy(const json_t *array, char ***ret)
{
    size_t count = json_array_size(array);
    char **strings = calloc(count + 1, sizeof(*strings));

    if (strings == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int error = bytes_from_json(json_array_get(array, i), &strings[i]);

        if (error != 0) {
            strings[i] = NULL;
            string_list_free(strings);
            return error;
        }
    }
    *ret = strings;
    return 0;
}

bool param_string_copy(struct call *call, const char *name, const json_t *value, char **ret)
{
    int  error = value != NULL ? bytes_from_json(value, ret) : 0;
    char what[64];

    if (error == 0)
        return true;
    (void) snprintf(what, sizeof(what), "\"%s\" must be a string", name);
    return call_refuse(call, error, what);
}
