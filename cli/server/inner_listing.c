#include "cli/server/inner_listing.h"

#include "cli/rpc/write.h"
#include "cli/server/attachment.h"
#include "cli/server/select.h"
#include "cli/server/store.h"

#include <string.h>

/* The most words of one request: every word is compared with every thread while other clients wait. */
#define WORDS_MAX 100

bool inner_listing_is_wanted(const json_t *words)
{
    const json_t *word;
    size_t        i;

    json_array_foreach((json_t *) words, i, word)
        if (select_is_inner(word))
            return true;
    return false;
}

/* Adds the threads inside RECORD's process that WORD means. Returns how many there are. */
static size_t add_fitting(struct text *text, const struct record *record, const char *word,
                          bool table)
{
    const struct inner_list *threads = attachment_threads(record->attachment);
    size_t                   found = 0;

    for (size_t i = 0; i < threads->count; i++) {
        if (!inner_fits(threads->threads[i], word))
            continue;
        found++;
        if (table) {
            inner_add_row(text, record, threads->threads[i]);
        } else {
            write_comma(text);
            inner_write(text, record, threads->threads[i]);
        }
    }
    return found;
}

/* Adds the threads that SELECTOR means. Returns how many there are. */
static size_t add_selected(struct text *text, const struct selector *selector, bool table)
{
    const struct record *record;
    size_t               found = 0;

    if (!selector->pattern) {
        record = select_one(selector);
        return record != NULL && record->attachment != NULL
                   ? add_fitting(text, record, selector->inner, table)
                   : 0;
    }
    TAILQ_FOREACH(record, store_all(), order)
        if (record->attachment != NULL && select_fits(selector, record))
            found += add_fitting(text, record, selector->inner, table);
    return found;
}

/* Fails CALL for a word that means no thread. */
static bool fail_missing(struct call *call, const struct selector *selector)
{
    const struct record *record = select_one(selector);

    if (record == NULL || !record_is_live(record))
        select_fail(call, selector, "live");
    else if (record->attachment == NULL)
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no process of thread '%s' is attached",
                  record->job.name);
    else
        call_fail(call, PROTOCOL_INVALID_THREAD_ID_ERROR, "no live thread '%s/%s'",
                  record->job.name, selector->inner);
    return false;
}

/* Adds the threads that WORD means. Returns false with CALL failed. A pattern may mean no thread. */
static bool add_word(struct call *call, struct text *text, const json_t *word, bool table)
{
    struct selector selector = {0};
    bool            fine = true;
    size_t          found;

    if (!select_is_inner(word))
        return call_fail(call, PROTOCOL_VALUE_ERROR,
                         "threads inside a process are listed apart from other threads");
    if (!select_parse_inner(call, word, &selector))
        return false;
    found = add_selected(text, &selector, table);
    if (found == 0 && !selector.pattern && !store_is_pattern(selector.inner))
        fine = fail_missing(call, &selector);
    select_release(&selector);
    return fine;
}

void inner_listing_reply(struct call *call, const json_t *words, bool table)
{
    struct text   text = {0};
    const json_t *word;
    size_t        i;

    if (json_array_size(words) > WORDS_MAX) {
        call_fail(call, PROTOCOL_VALUE_ERROR, "a list may have at most %d words with a '/'",
                  WORDS_MAX);
        return;
    }
    text_add(&text, table ? "{\"table\":\"" : "[");
    if (table)
        inner_add_headings(&text);
    json_array_foreach((json_t *) words, i, word)
        if (!add_word(call, &text, word, table)) {
            text_release(&text);
            return;
        }
    text_add(&text, table ? "\"}" : "]");
    call_reply_written(call, &text);
}
