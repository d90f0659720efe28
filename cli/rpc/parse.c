#include "cli/rpc/parse.h"

#include "cli/rpc/plain_json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * The parse that is under way in this thread; the text is NULL if there is none. jansson collects a token in a buffer
 * that it doubles. When it has no memory for that, it drops the byte and goes on: it then fails an assertion, or runs
 * past the end of a string that has lost its quote. So memory for the buffer is reserved first. Once an allocation
 * fails, the rest of the text is overwritten with bytes that are not UTF-8, so that jansson takes no further byte.
 */
static _Thread_local struct {
    char  *text;
    size_t size;
    void  *reserve;
    size_t reserve_size;
    bool   lacked_memory;
} parsed;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *take_reserve(void)
{
    void *memory = parsed.reserve;

    parsed.reserve = NULL;
    parsed.reserve_size = 0;
    return memory;
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory != NULL)
        return memory;
    if (parsed.text == NULL)
        return NULL;
    parsed.lacked_memory = true;
    (void) memset(parsed.text, 0xFF, parsed.size);
    return size <= parsed.reserve_size ? take_reserve() : NULL;
}

/* jansson has one allocator for all threads. Memory of allocate() is malloc()'s, so free() fits it. */
static void install(void)
{
    json_set_alloc_funcs(allocate, free);
}

static json_t *fail_memory(json_t *value, json_error_t *ret_error)
{
    json_decref(value);
    *ret_error = (json_error_t){.text = "out of memory"};
    ret_error->text[sizeof(ret_error->text) - 1] = json_error_out_of_memory;
    return NULL;
}

json_t *parse_json(char *text, size_t size, size_t flags, json_error_t *ret_error)
{
    json_t *value = plain_json_parse(text, size);

    if (value != NULL)
        return value;
    parsed.reserve_size = 2 * (size + 1); /* no token is longer than the text */
    parsed.reserve = malloc(parsed.reserve_size);
    if (parsed.reserve == NULL)
        return fail_memory(NULL, ret_error);
    parsed.text = text;
    parsed.size = size;
    parsed.lacked_memory = false;
    (void) pthread_once(&once, install);
    value = json_loadb(text, size, flags, ret_error);
    parsed.text = NULL;
    free(take_reserve());
    return parsed.lacked_memory ? fail_memory(value, ret_error) : value;
}

bool parse_lacked_memory(const json_error_t *error)
{
    return json_error_code(error) == json_error_out_of_memory;
}
