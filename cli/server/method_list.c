/*
 * The method "list".
 *
 * Objects are one answer. A table, which a person waits for, comes in parts: the client takes one
 * in while the next is written, and between two of them the loop serves others.
 */
#include "cli/server/method_list.h"

#include "cli/rpc/write.h"
#include "cli/server/connection.h"
#include "cli/server/method.h"
#include "cli/server/params.h"
#include "cli/server/select.h"
#include "cli/server/store.h"
#include "cli/server/table.h"

#include <stdlib.h>

/* Each is held against each thread while others wait. */
#define PATTERNS_MAX 100

/* So many threads are looked at for one part of a table. */
#define PART 400

/* What is to be listed, for as long as that takes. */
struct listing {
    struct call        *call;
    struct selector    *selectors;
    size_t              count; /* of them; 0: all threads */
    bool                live;
    bool                fresh; /* its first part is yet to be sent, in this round */
    struct store_cursor cursor;
    LIST_ENTRY(listing) link;
};

static LIST_HEAD(, listing) under_way = LIST_HEAD_INITIALIZER(under_way);

static bool has_too_many_patterns(const struct selector *selectors, size_t count)
{
    size_t patterns = 0;

    for (size_t i = 0; i < count; i++)
        patterns += selectors[i].pattern;
    return patterns > PATTERNS_MAX;
}

static void free_selectors(struct selector *selectors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        select_release(&selectors[i]);
    free(selectors);
}

/* Parses all words of a list. Returns false, with CALL failed and nothing to free. */
static bool parse_selectors(struct call *call, const json_t *words, struct selector **ret)
{
    size_t           count = json_array_size(words);
    struct selector *selectors = calloc(count + 1, sizeof(*selectors));

    if (selectors == NULL || (words != NULL && !json_is_array(words))) {
        free(selectors);
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"threads\" must be a list of threads");
    }
    for (size_t i = 0; i < count; i++)
        if (!select_parse(call, json_array_get(words, i), &selectors[i])) {
            free_selectors(selectors, i);
            return false;
        }
    if (has_too_many_patterns(selectors, count)) {
        free_selectors(selectors, count);
        return call_fail(call, PROTOCOL_VALUE_ERROR, "more than %d patterns", PATTERNS_MAX);
    }
    *ret = selectors;
    return true;
}

/*
 * Turns each name into the id of the thread that it means now. Returns the first name or id that
 * none has, which is an error, or NULL; a pattern may fit nothing.
 */
static const struct selector *resolve_names(struct selector *selectors, size_t count, bool live)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *record = selectors[i].pattern ? NULL : select_one(&selectors[i]);

        if (selectors[i].pattern)
            continue;
        if (record == NULL || (live && !record_is_live(record)))
            return &selectors[i];
        select_release(&selectors[i]);
        selectors[i].id = record->id;
    }
    return NULL;
}

/* The one record that fits, where that can be told without a look at all; or NULL. */
static struct record *find_only(const struct selector *selectors, size_t count)
{
    return count == 1 && !selectors[0].pattern ? store_find_id(selectors[0].id) : NULL;
}

static bool is_wanted(const struct listing *listing, const struct record *record)
{
    if (listing->live && !record_is_live(record))
        return false;
    for (size_t i = 0; i < listing->count; i++)
        if (select_fits(&listing->selectors[i], record))
            return true;
    return listing->count == 0;
}

void listing_free(struct listing *listing)
{
    if (listing == NULL)
        return;
    free_selectors(listing->selectors, listing->count);
    store_close(&listing->cursor);
    LIST_REMOVE(listing, link);
    free(listing);
}

static struct record *next_record(struct listing *listing)
{
    struct record *record;

    while ((record = store_next(&listing->cursor)) != NULL)
        if (is_wanted(listing, record))
            break;
    return record;
}

static void reply_objects(struct call *call, struct listing *listing)
{
    struct text          result = {0};
    const struct record *record;

    text_byte(&result, '[', 1);
    while ((record = next_record(listing)) != NULL) {
        write_comma(&result);
        record_write(&result, record, call->members);
    }
    text_byte(&result, ']', 1);
    call_reply_written(call, &result);
}

/* The next rows, as they stand in a string; returns whether there are more to come. */
static bool add_rows(struct text *rows, struct listing *listing)
{
    const struct record *record = NULL;

    if (listing->cursor.seen == 0)
        table_add_headings(rows);
    for (size_t i = 0; i < PART && (record = store_next(&listing->cursor)) != NULL; i++)
        if (is_wanted(listing, record))
            table_add_row(rows, record);
    return listing->cursor.next != NULL;
}

/* All parts but the last are notifications. */
static void send_part(struct listing *listing)
{
    struct call *call = listing->call;
    struct text  rows = {0}, line = {0};
    bool         more = add_rows(&rows, listing);

    line.failed = rows.failed;
    if (more)
        text_add(&line, "{\"jsonrpc\":\"2.0\",\"method\":\"table\",\"params\":");
    text_add(&line, "{\"table\":\"");
    text_append(&line, rows.data, rows.size);
    text_add(&line, more ? "\"}}" : "\"}");
    text_release(&rows);
    if (more) {
        connection_send(call->connection, &line);
        text_release(&line);
    } else {
        call_reply_written(call, &line);
    }
}

bool listing_advance(void)
{
    struct listing *listing, *next;
    bool            again = false;

    for (listing = LIST_FIRST(&under_way); listing != NULL; listing = next) {
        next = LIST_NEXT(listing, link);
        if (connection_is_full(listing->call->connection))
            continue;
        again = true;
        if (listing->fresh)
            listing->fresh = false; /* the client is to have something to do meanwhile */
        else
            send_part(listing);
    }
    return again;
}

/* Takes over SELECTORS, also when it returns NULL: without memory. */
static struct listing *listing_new(struct call *call, struct selector *selectors, size_t count)
{
    struct listing *listing = calloc(1, sizeof(*listing));

    if (listing == NULL) {
        free_selectors(selectors, count);
        return NULL;
    }
    *listing =
        (struct listing){.call = call, .selectors = selectors, .count = count, .fresh = true};
    store_open(&listing->cursor, find_only(selectors, count));
    LIST_INSERT_HEAD(&under_way, listing, link);
    return listing;
}

static void run(struct call *call, const json_t *params)
{
    const json_t          *words = NULL, *names = NULL;
    struct selector       *selectors = NULL;
    const struct selector *missing;
    bool                   live = false, table = false;
    const struct param     wanted[] = {
            {"threads", PARAM_ANY, &words, false},
            {"live", PARAM_BOOLEAN, &live, false},
            {"members", PARAM_ANY, &names, false},
            {"table", PARAM_BOOLEAN, &table, false},
            {0},
    };

    if (!params_take(call, params, wanted) || !params_members(call, names, &call->members) ||
        !parse_selectors(call, words, &selectors))
        return;
    missing = resolve_names(selectors, json_array_size(words), live);
    call->listing = listing_new(call, selectors, json_array_size(words));
    if (call->listing == NULL) {
        call_fail(call, PROTOCOL_INTERNAL_ERROR, "out of memory");
        return;
    }
    call->listing->live = live;
    if (missing != NULL)
        select_fail(call, missing, live ? "live" : "");
    else if (table)
        send_part(call->listing);
    else
        reply_objects(call, call->listing);
}

const struct method method_list = {"list", run};
