#include "cli/rpc/parse.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local bool lacked_memory;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    lacked_memory |= memory == NULL;
    return memory;
}

/* What was allocated before by malloc() may be freed as before: nothing else has changed. */
json_t *parse_json(const char *text, size_t size, size_t flags, json_error_t *ret_error)
{
    json_t *value;

    json_set_alloc_funcs(allocate, free);
    lacked_memory = false;
    value = json_loadb(text, size, flags, ret_error);
    if (!lacked_memory)
        return value;
    json_decref(value);
    (void) snprintf(ret_error->text, sizeof(ret_error->text), "out of memory");
    ret_error->text[sizeof(ret_error->text) - 1] = json_error_out_of_memory;
    return NULL;
}

bool parse_lacked_memory(const json_error_t *error)
{
    return json_error_code(error) == json_error_out_of_memory;
}
