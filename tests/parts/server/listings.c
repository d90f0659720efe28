/* Tests alone the replies to "list" (cli/server/listing.c): a long table comes in parts. */
#include "tests/parts/server/asked.h"

#include "cli/base/clock.h"
#include "cli/server/inner_listing.h"
#include "cli/server/listing.h"
#include "cli/server/table.h"

/* The most rows of one part. */
#define PART 400

static size_t
    total; /* how many threads there are: each is the thread a, except the last, which is b */
static bool is_full;
static int  cursors; /* that are open */

double clock_monotonic(void)
{
    return 1000;
}

bool connection_is_full(const struct connection *connection)
{
    CHECK(connection == &peer.connection);
    return is_full;
}

void events_catch_up(struct watcher *watcher)
{
    (void) watcher;
}

bool record_has_failed(const struct record *record)
{
    return record == &threads[1];
}

void store_open(struct store_cursor *cursor, struct record *only)
{
    *cursor = (struct store_cursor){.next = only != NULL ? only : &threads[total > 1 ? 0 : 1],
                                    .only = only != NULL};
    cursors++;
}

struct record *store_next(struct store_cursor *cursor)
{
    struct record *record = cursor->next;

    if (record == NULL)
        return NULL;
    cursor->seen++;
    if (cursor->only || cursor->seen == total)
        cursor->next = NULL;
    else if (cursor->seen + 1 == total)
        cursor->next = &threads[1];
    return record;
}

void store_close(struct store_cursor *cursor)
{
    (void) cursor;
    cursors--;
}

void table_add_headings(struct text *text, bool wide)
{
    text_add(text, wide ? "W" : "H");
}

void table_add_row(struct text *text, struct record *record, bool wide, double now)
{
    CHECK(now == 1000);
    (void) wide;
    text_add(text, record->job.name);
}

bool inner_listing_is_wanted(const json_t *words)
{
    (void) words;
    return false;
}

void inner_listing_reply(struct call *call, const json_t *words, bool table)
{
    (void) call, (void) words, (void) table;
}

/* Checks what is seen: BEFORE, the row of a COUNT times, and AFTER. */
static void check_rows(const char *before, int count, const char *after)
{
    char wanted[sizeof(seen)];

    (void) snprintf(wanted, sizeof(wanted), "%s%*s%s", before, count, "", after);
    for (char *byte = wanted + strlen(before); *byte == ' '; byte++)
        *byte = 'a';
    CHECK_SEEN(wanted);
}

static void objects_come_in_one_reply(void)
{
    add_threads();
    total = 3;
    (void) ask(&method_list, "{'members':['id']}");
    CHECK_SEEN("[{'id':1,'members':1},{'id':1,'members':1},{'id':2,'members':1}]\n");
    (void) ask(&method_list, "{'live':true}");
    CHECK_SEEN("[{'id':1},{'id':1}]\n");
    (void) ask(&method_list, "{'threads':['web-1']}");
    CHECK_SEEN("[{'id':3}]\n");
    CHECK(cursors == 0 && LIST_EMPTY(&peer.calls) && !listing_advance());
}

static void a_short_table_comes_in_one_reply(void)
{
    add_threads();
    total = PART;
    (void) ask(&method_list, "{'table':true,'wide':true}");
    check_rows("{'table':'W", PART - 1, "b'}\n");
    (void) ask(&method_list, "{'table':true,'threads':['web-1']}");
    CHECK_SEEN("{'table':'Hweb-1'}\n");
    (void) ask(&method_list, "{'table':true,'failed':true}");
    CHECK_SEEN("{'table':'Hb'}\n");
    CHECK(cursors == 0 && LIST_EMPTY(&peer.calls) && !listing_advance());
}

static void a_long_table_comes_in_parts(void)
{
    add_threads();
    total = 2 * PART + 1;
    (void) ask(&method_list, "{'table':true}");
    check_rows("table {'table':'H", PART, "'}\n");
    CHECK(listing_advance()); /* the client reads the first part in this round */
    CHECK_SEEN("");
    is_full = true;
    CHECK(!listing_advance());
    CHECK_SEEN("");
    is_full = false;
    CHECK(listing_advance());
    check_rows("table {'table':'", PART, "'}\n");
    CHECK(!LIST_EMPTY(&peer.calls) && cursors == 1);
    CHECK(listing_advance());
    CHECK_SEEN("{'table':'b'}\n");
    CHECK(cursors == 0 && LIST_EMPTY(&peer.calls) && !listing_advance());
}

static void a_client_that_goes_ends_its_table(void)
{
    struct call *call;

    add_threads();
    total = PART + 1;
    call = ask(&method_list, "{'table':true}");
    (void) ask(&method_list, "{'table':true}");
    seen[0] = '\0';
    call_free(call);
    CHECK_EQUAL(cursors, 1);
    CHECK(listing_advance() && listing_advance() && !listing_advance());
    CHECK_SEEN("{'table':'b'}\n");
    CHECK_EQUAL(cursors, 0);
}

TEST_MAIN({"objects", objects_come_in_one_reply}, {"short", a_short_table_comes_in_one_reply},
          {"long", a_long_table_comes_in_parts}, {"gone", a_client_that_goes_ends_its_table})
