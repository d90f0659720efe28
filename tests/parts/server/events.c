/*
 * Tests alone what the clients that watch are told, and what is known of the threads inside an attached process. The
 * test is the connection.
 */
#include "tests/parts/server/sent.h"

#include "cli/base/clock.h"
#include "cli/server/connection.h"
#include "cli/server/events.h"
#include "cli/server/inner.h"
#include "cli/server/record.h"
#include "cli/server/store.h"

#include <fnmatch.h>

static bool is_full, is_drained = true;

double clock_wall(void)
{
    return 12.5;
}

void connection_send(struct connection *connection, const struct text *line)
{
    size_t used = strlen(sent);

    (void) snprintf(sent + used, sizeof(sent) - used, "%d %.*s\n", connection->eof,
                    (int) line->size, line->data);
}

bool connection_is_full(const struct connection *connection)
{
    (void) connection;
    return is_full;
}

bool connection_is_drained(const struct connection *connection)
{
    (void) connection;
    return is_drained;
}

void record_write(struct text *text, const struct record *record, uint64_t members)
{
    text_printf(text, "[%d,%d]", (int) record->id, (int) members);
}

bool store_is_pattern(const char *word)
{
    return strpbrk(word, "*?[") != NULL;
}

bool store_fits(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, 0) == 0;
}

/* The line of an event for the client NUMBER. */
#define EVENT(number, word, rest)                                                                  \
#number " {\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"event\":\"" word             \
            "\",\"time\":12.5," rest "}}\n"

static struct record     record = {.id = 7, .job.name = (char *) "web"};
static struct connection connections[2] = {{.eof = false}, {.eof = true}};
static struct watcher    watchers[2];

static void watch(int i, uint64_t events, uint64_t members)
{
    events_watch(&watchers[i], &connections[i], events, members);
}

static void words(void)
{
    CHECK(events_bit("created") == UINT64_C(1) << EVENT_CREATED);
    CHECK(events_bit("output") == UINT64_C(1) << EVENT_OUTPUT);
    CHECK(events_bit("outputs") == 0 && events_bit("") == 0 && events_bit(NULL) == 0);
    CHECK((EVENTS_DEFAULT & events_bit("output")) == 0 &&
          (EVENTS_DEFAULT & events_bit("ended")) != 0);
}

/* Each client gets the events that it watches, with the members that it wants, as long as it watches. */
static void each_gets_its_own(void)
{
    events_post(EVENT_ENDED, &record); /* nobody watches */
    CHECK_SENT("");
    watch(0, events_bit("ended"), 1);
    watch(1, events_bit("ended") | events_bit("created"), 2);
    events_post(EVENT_ENDED, &record);
    CHECK_SENT(EVENT(1, "ended", "\"thread\":[7,2]") EVENT(0, "ended", "\"thread\":[7,1]"));
    events_post(EVENT_CREATED, &record);
    CHECK_SENT(EVENT(1, "created", "\"thread\":[7,2]"));
    watch(0, events_bit("created"), 3); /* instead */
    events_unwatch(&watchers[1]);
    events_unwatch(&watchers[1]);
    events_post(EVENT_ENDED, &record);
    events_post(EVENT_CREATED, &record);
    CHECK_SENT(EVENT(0, "created", "\"thread\":[7,3]"));
    events_unwatch(&watchers[0]);
    events_post(EVENT_CREATED, &record);
    CHECK_SENT("");
    watch(1, events_bit("created"), 4);
    events_post(EVENT_CREATED, &record);
    CHECK_SENT(EVENT(1, "created", "\"thread\":[7,4]"));
}

/* A client that does not read learns how many events it has missed, before it gets more. */
static void missed_events(void)
{
    watch(0, ~UINT64_C(0), 1);
    is_full = true, is_drained = false;
    CHECK(!watchers[0].is_behind);
    events_post(EVENT_CREATED, &record);
    is_full = false;
    events_post(EVENT_STARTED, &record);
    events_tell_missed();
    CHECK_SENT("");
    events_catch_up(
        &watchers
            [0]); /* by a list of before: the client does not know yet that it has missed events */
    CHECK(watchers[0].is_behind);
    is_drained = true;
    events_tell_missed();
    CHECK_SENT(EVENT(0, "missed", "\"missed\":2"));
    CHECK(watchers[0].is_behind);
    events_catch_up(&watchers[0]);
    CHECK(!watchers[0].is_behind);
    events_tell_missed();
    CHECK_SENT("");
    events_post(EVENT_ENDED, &record);
    CHECK_SENT(EVENT(0, "ended", "\"thread\":[7,1]"));
}

/* Some events are told once, or say more. */
static void more(void)
{
    struct text inner = {.data = (char *) "{}", .size = 2};

    events_post_output(&record); /* nobody watches: it is not told */
    CHECK(!record.is_output_told);
    events_post_raised(&record, "ValueError", "x", NULL);
    events_post_restarted(&record, true);
    CHECK_SENT("");
    watch(0, ~UINT64_C(0), 1);
    events_post_output(&record);
    CHECK_SENT(EVENT(0, "output", "\"thread\":[7,1]"));
    events_post_output(&record);
    CHECK_SENT("");
    record.is_output_told = false;
    events_post_output(&record);
    CHECK_SENT(EVENT(0, "output", "\"thread\":[7,1]"));
    events_post_forgotten(&record);
    CHECK_SENT("");
    record.is_told = true;
    events_post_forgotten(&record);
    CHECK_SENT(EVENT(0, "forgotten", "\"thread\":[7,1]"));
    events_post_restarted(&record, true);
    events_post_restarted(&record, false);
    CHECK_SENT(EVENT(0, "restarted", "\"thread\":[7,1],\"asked\":true")
                   EVENT(0, "restarted", "\"thread\":[7,1],\"asked\":false"));
    events_post_raised(&record, "ValueError", "y", NULL);
    events_post_raised(&record, "ValueError", "", NULL);
    events_post_raised(&record, "KeyError", NULL, &inner);
    CHECK_SENT(
        EVENT(0, "raised", "\"thread\":[7,1],\"exception\":\"ValueError\",\"message\":\"y\"")
            EVENT(0, "raised", "\"thread\":[7,1],\"exception\":\"ValueError\",\"message\":null")
                EVENT(0, "raised",
                      "\"thread\":[7,1],\"exception\":\"KeyError\",\"message\":null,\"inner\":{}"));
}

/* Threads inside a process. */

static struct inner_list list;

/* Returns whether the thread is new. */
static bool add(uint64_t id, const char *name)
{
    const struct inner thread = {
        .id = id, .tid = (pid_t) id + 100, .daemon = id == 3, .delayed = id == 2};
    const struct inner *added;
    bool                is_new = false;

    added = inner_add(&list, &thread, name, &is_new);
    CHECK(added != NULL && added->id == id && strcmp(added->name, name) == 0);
    return is_new;
}

static bool is_removed(uint64_t id)
{
    struct inner *thread = inner_remove(&list, id);
    bool          is = thread != NULL && thread->id == id;

    CHECK(is == (thread != NULL));
    free(thread);
    return is;
}

/* Checks that the list has these threads. */
static void has(const char *wanted)
{
    char found[500] = "";

    for (size_t i = 0; i < list.count; i++) {
        char one[100];

        (void) snprintf(one, sizeof(one), "%d:%s ", (int) list.threads[i]->id,
                        list.threads[i]->name);
        strcat(found, one);
    }
    if (strcmp(found, wanted) != 0)
        fprintf(stderr, "has %s\n", found);
    CHECK_TEXT(found, wanted);
}

static void inner_lists(void)
{
    bool               is_new = false;
    const struct inner one = {.id = 1 << 20};

    CHECK(!is_removed(1));
    CHECK(add(3, "c") && add(1, "a") && add(9, "i") && add(2, "b") && add(5, "e"));
    has("1:a 2:b 3:c 5:e 9:i ");
    CHECK(!add(9, "new") && !add(1, "newer"));
    has("1:newer 2:b 3:c 5:e 9:new ");
    CHECK(!is_removed(4) && !is_removed(10) && is_removed(2) && is_removed(9) && !is_removed(9));
    has("1:newer 3:c 5:e ");
    inner_release(&list);
    CHECK(list.count == 0 && list.threads == NULL);
    for (int id = 16384; id > 0; id--)
        CHECK(add((uint64_t) id, "x"));
    CHECK(inner_add(&list, &one, "x", &is_new) == NULL && !is_new);
    CHECK(!add(7, "y")); /* it is there already */
    CHECK(is_removed(8) && add(1 << 20, "x"));
    inner_release(&list);
}

static void inner_names(void)
{
    char name[300];

    for (size_t size = 255; size <= 257; size++) {
        memset(name, 'x', size);
        name[size] = '\0';
        CHECK(inner_is_name(name) == (size <= 256));
    }
    CHECK(inner_is_name("a") && inner_is_name("7a") && inner_is_name(" ") && inner_is_name("~"));
    CHECK(!inner_is_name("") && !inner_is_name("7") && !inner_is_name("123") &&
          !inner_is_name("a/b"));
    CHECK(!inner_is_name("a*") && !inner_is_name("a\n") && !inner_is_name("\x1f") &&
          !inner_is_name("a\x7f"));
}

static void inner_words(void)
{
    const struct inner *thread;
    struct text         text = {0};

    (void) add(3, "wor\tker");
    (void) add(2, "late");
    thread = list.threads[1];
    CHECK(inner_fits(thread, "") && inner_fits(thread, "3") && inner_fits(thread, "wor\tker") &&
          inner_fits(thread, "w*r"));
    CHECK(!inner_fits(thread, "2") && !inner_fits(thread, "33") && !inner_fits(thread, "wor") &&
          !inner_fits(thread, "x*") && !inner_fits(thread, "3x"));
    inner_write(&text, &record, thread);
    text_byte(&text, ' ', 1);
    inner_write(&text, &record, list.threads[0]);
    text_byte(&text, ' ', 1);
    inner_add_headings(&text);
    inner_add_row(&text, &record, thread);
    inner_add_row(&text, &record, list.threads[0]);
    text_byte(&text, '\0', 1);
    CHECK_TEXT(
        text.data,
        "{\"id\":\"7/3\",\"name\":\"web/"
        "wor\\tker\",\"tid\":103,\"state\":\"running\",\"daemon\":true} "
        "{\"id\":\"7/2\",\"name\":\"web/late\",\"tid\":102,\"state\":\"delayed\",\"daemon\":false} "
        "ID\\tNAME\\tTID\\tSTATE\\tDAEMON\\n"
        "7/3\\tweb/wor\\\\tker\\t103\\trunning\\tyes\\n"
        "7/2\\tweb/late\\t102\\tdelayed\\tno\\n");
    text_release(&text);
    watch(0, ~UINT64_C(0), 1);
    events_post_inner(EVENT_INNER_ENDED, &record, list.threads[0]);
    CHECK_SENT(EVENT(0, "inner-ended",
                     "\"thread\":[7,1],\"inner\":{\"id\":\"7/2\",\"name\":\"web/late\",\"tid\":102,"
                     "\"state\":\"delayed\",\"daemon\":false}"));
    events_unwatch(&watchers[0]);
    events_post_inner(EVENT_INNER_ENDED, &record, list.threads[0]);
    CHECK_SENT("");
}

static bool is_memory_short; /* a text that begins now gets no memory */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    return is_memory_short && memory == NULL ? NULL : __real_realloc(memory, size);
}

static void inner_raised(void)
{
    struct text text = {0};

    inner_write_raised(&text, &record, 5, "w");
    text_byte(&text, '\0', 1);
    CHECK_TEXT(text.data, "{\"id\":\"7/5\",\"name\":\"web/w\"}");
    is_memory_short = true; /* for the name */
    inner_write_raised(&text, &record, 5, "w");
    is_memory_short = false;
    CHECK(text.failed);
    text_release(&text);
}

TEST_MAIN({"words", words}, {"own", each_gets_its_own}, {"missed", missed_events}, {"more", more},
          {"inner-lists", inner_lists}, {"inner-names", inner_names}, {"inner-words", inner_words},
          {"inner-raised", inner_raised})
