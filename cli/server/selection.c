#include "cli/server/selection.h"

#include "cli/server/store.h"

#include <stdlib.h>

/* The most patterns of one request: every pattern is compared with every thread while other clients wait. */
#define PATTERNS_MAX 100

static bool has_too_many_patterns(const struct selection *selection)
{
    size_t patterns = 0;

    for (size_t i = 0; i < selection->count; i++)
        patterns += selection->selectors[i].pattern;
    return patterns > PATTERNS_MAX;
}

void selection_release(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        select_release(&selection->selectors[i]);
    free(selection->selectors);
    *selection = (struct selection){0};
}

/* Reads COUNT words. Returns false, with CALL failed, at the first wrong word. */
static bool parse_words(struct call *call, const json_t *words, size_t count,
                        struct selection *selection)
{
    for (; selection->count < count; selection->count++)
        if (!select_parse(call, json_array_get(words, selection->count),
                          &selection->selectors[selection->count]))
            return false;
    if (has_too_many_patterns(selection))
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "a list of threads may have at most %d patterns", PATTERNS_MAX);
    return true;
}

bool selection_parse(struct call *call, const char *name, const json_t *words,
                     struct selection *ret)
{
    size_t           count = json_array_size(words);
    struct selection selection = {.selectors = calloc(count + 1, sizeof(*selection.selectors))};

    if (selection.selectors == NULL || (words != NULL && !json_is_array(words))) {
        free(selection.selectors);
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"%s\" must be a list of threads", name);
    }
    if (!parse_words(call, words, count, &selection)) {
        selection_release(&selection);
        return false;
    }
    *ret = selection;
    return true;
}

/* Returns true if RECORD is in a state that SELECTION is limited to. */
static bool has_state(const struct selection *selection, const struct record *record)
{
    if (selection->failed && !record_has_failed(record))
        return false;
    return record_is_live(record) ? !selection->ended : !selection->live;
}

const struct selector *selection_resolve(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        struct selector     *selector = &selection->selectors[i];
        const struct record *record = selector->pattern ? NULL : select_one(selector);

        if (selector->pattern)
            continue;
        if (record == NULL || !has_state(selection, record))
            return selector;
        select_release(selector);
        selector->id = record->id;
    }
    return NULL;
}

bool selection_is_named(const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        if (selection->selectors[i].pattern)
            return false;
    return selection->count > 0;
}

bool selection_fits(const struct selection *selection, const struct record *record)
{
    if (!has_state(selection, record))
        return false;
    for (size_t i = 0; i < selection->count; i++)
        if (select_fits(&selection->selectors[i], record))
            return true;
    return selection->count == 0;
}

struct record *selection_only(const struct selection *selection)
{
    if (selection->count != 1 || selection->selectors[0].pattern)
        return NULL;
    return store_find_id(selection->selectors[0].id);
}
