#include "cli/server/select.h"

#include "cli/rpc/bytes.h"
#include "cli/server/store.h"

#include <stdlib.h>
#include <string.h>

/* Reads WORD, which the selector takes over. */
static void parse_word(char *word, struct selector *ret)
{
    if (strspn(word, "0123456789") != strlen(word) || word[0] == '\0') {
        *ret = (struct selector){.name = word, .pattern = store_is_pattern(word)};
        return;
    }
    /* A number that is too large becomes the largest number. No thread has that id. */
    *ret = (struct selector){.id = strtoull(word, NULL, 10)};
    free(word);
}

bool select_parse(struct call *call, const json_t *word, struct selector *ret)
{
    char *bytes;
    int   error;

    if (json_is_integer(word)) {
        json_int_t id = json_integer_value(word);

        *ret = (struct selector){.id = (uint64_t) id};
        return id >= 0 || call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR,
                                    "no thread %" JSON_INTEGER_FORMAT, id);
    }
    error = bytes_from_json(word, &bytes);
    if (error != 0)
        return call_refuse(call, error, "a thread is named by an id, a name or a pattern");
    parse_word(bytes, ret);
    return true;
}

bool select_is_inner(const json_t *word)
{
    return json_is_string(word) && strchr(json_string_value(word), '/') != NULL;
}

bool select_parse_inner(struct call *call, const json_t *word, struct selector *ret)
{
    const char *slash;
    char       *outer, *inner;

    if (!select_is_inner(word))
        return select_parse(call, word, ret);
    slash = strchr(json_string_value(word), '/');
    inner = strdup(slash + 1);
    outer = strndup(json_string_value(word), (size_t) (slash - json_string_value(word)));
    if (inner == NULL || outer == NULL) {
        free(inner);
        free(outer);
        return call_fail_memory(call);
    }
    parse_word(outer, ret);
    ret->inner = inner;
    return true;
}

void select_release(struct selector *selector)
{
    free(selector->name);
    free(selector->inner);
    selector->name = selector->inner = NULL;
}

bool select_fits(const struct selector *selector, const struct record *record)
{
    if (selector->name == NULL)
        return record->id == selector->id;
    return store_fits(selector->name, record->job.name);
}

struct record *select_one(const struct selector *selector)
{
    if (selector->name != NULL)
        return store_find_name(selector->name);
    return store_find_id(selector->id);
}

void select_fail(struct call *call, const struct selector *selector, const char *kind)
{
    const char *space = kind[0] != '\0' ? " " : "";

    if (selector->name == NULL)
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no %s%sthread %llu", kind, space,
                  (unsigned long long) selector->id);
    else if (selector->pattern)
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no %s%sthread fits '%s%s%s'", kind,
                  space, selector->name, selector->inner != NULL ? "/" : "",
                  selector->inner != NULL ? selector->inner : "");
    else
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no %s%sthread '%s'", kind, space,
                  selector->name);
}

/*
 * Returns the thread that SELECTOR means, and releases SELECTOR. Returns NULL, with CALL failed, if there is none.
 * Adds ADVICE to the message about a missing name.
 */
static struct record *find_for_call(struct call *call, struct selector *selector,
                                    const char *advice)
{
    struct record *record = selector->pattern ? NULL : select_one(selector);

    if (selector->pattern)
        call_fail(call, PROTOCOL_VALUE_ERROR, "'%s' is a pattern; give one name or id",
                  selector->name);
    else if (record == NULL && selector->name != NULL)
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no thread '%s'%s", selector->name,
                  advice);
    else if (record == NULL)
        select_fail(call, selector, "");
    select_release(selector);
    return record;
}

struct record *select_word_for_call(struct call *call, char *word, const char *advice)
{
    struct selector selector;

    parse_word(word, &selector);
    return find_for_call(call, &selector, advice);
}

struct record *select_for_call(struct call *call, const json_t *thread)
{
    struct selector selector = {.id = call->peer->started};
    struct record  *record = NULL;

    if (thread == NULL) {
        record = select_one(&selector);
        if (record == NULL)
            call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR,
                      "\"thread\" is missing, and this connection has started no thread");
        return record;
    }
    return select_parse(call, thread, &selector) ? find_for_call(call, &selector, "") : NULL;
}

struct record *select_live_for_call(struct call *call, const json_t *thread)
{
    struct record *record = select_for_call(call, thread);

    if (record == NULL || record_is_live(record))
        return record;
    call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "thread '%s' (id %llu) has ended",
              record->job.name, (unsigned long long) record->id);
    return NULL;
}
