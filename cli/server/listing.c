#include "cli/server/listing.h"

#include "cli/base/clock.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/write.h"
#include "cli/server/store.h"
#include "cli/server/table.h"

#include <stdlib.h>
#include <sys/queue.h>

/* How many threads are looked at for one part of a table. */
#define PART 400

/* A table that is being sent in parts. */
struct listing {
    struct call     *call;
    struct selection selection;
    bool             wide; /* it has more columns */
    bool fresh; /* begun in this round: wait a round, for the client to read its first part */
    struct store_cursor cursor;
    LIST_ENTRY(listing) link;
};

static LIST_HEAD(, listing) under_way = LIST_HEAD_INITIALIZER(under_way);

void listing_reply_objects(struct call *call, struct selection *selection)
{
    struct text          result = {0};
    struct store_cursor  cursor;
    const struct record *record;

    text_byte(&result, '[', 1);
    store_open(&cursor, selection_only(selection));
    while ((record = store_next(&cursor)) != NULL) {
        if (!selection_fits(selection, record))
            continue;
        write_comma(&result);
        record_write(&result, record, call->members);
    }
    store_close(&cursor);
    text_byte(&result, ']', 1);
    selection_release(selection);
    call_reply_written(call, &result);
}

/* Writes the next rows as the inside of a JSON string. Returns true if there are more. */
static bool add_rows(struct text *rows, struct listing *listing)
{
    struct record *record = NULL;
    double         now = clock_monotonic();

    if (listing->cursor.seen == 0)
        table_add_headings(rows, listing->wide);
    for (size_t i = 0; i < PART && (record = store_next(&listing->cursor)) != NULL; i++)
        if (selection_fits(&listing->selection, record))
            table_add_row(rows, record, listing->wide, now);
    return listing->cursor.next != NULL;
}

/* Sends the next part. Every part except the last is a notification. */
static void send_part(struct listing *listing)
{
    struct call *call = listing->call;
    struct text  rows = {0}, line = {0};
    bool         more = add_rows(&rows, listing);

    line.failed = rows.failed;
    if (more)
        envelope_begin_notification(&line, "table");
    text_add(&line, "{\"table\":\"");
    text_append(&line, rows.data, rows.size);
    text_add(&line, "\"}");
    text_release(&rows);
    if (more) {
        envelope_end(&line);
        connection_send(&call->peer->connection, &line);
        text_release(&line);
    } else {
        call_reply_written(call, &line);
    }
}

/* Frees the listing of a call that ends. */
static void free_listing(void *state)
{
    struct listing *listing = state;

    selection_release(&listing->selection);
    store_close(&listing->cursor);
    LIST_REMOVE(listing, link);
    free(listing);
}

void listing_begin_table(struct call *call, struct selection *selection, bool wide)
{
    struct listing *listing = malloc(sizeof(*listing));

    if (listing == NULL) {
        selection_release(selection);
        call_fail_memory(call);
        return;
    }
    *listing = (struct listing){.call = call, .selection = *selection, .wide = wide, .fresh = true};
    store_open(&listing->cursor, selection_only(selection));
    LIST_INSERT_HEAD(&under_way, listing, link);
    call->state = listing;
    call->release = free_listing;
    send_part(listing);
}

bool listing_advance(void)
{
    struct listing *listing, *next;
    bool            again = false;

    for (listing = LIST_FIRST(&under_way); listing != NULL; listing = next) {
        next = LIST_NEXT(listing, link);
        if (connection_is_full(&listing->call->peer->connection))
            continue;
        again = true;
        if (listing->fresh)
            listing->fresh = false;
        else
            send_part(listing);
    }
    return again;
}
