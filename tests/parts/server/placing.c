/*
 * Tests alone on which machine of a run a command begins, and when. The test sets the clock, and says which machines
 * are up. See tests/hosts for real runs.
 */
#include "tests/lib/test.h"

#include "cli/base/clock.h"
#include "cli/rpc/protocol.h"
#include "cli/server/hosts.h"
#include "cli/worker/remote_pool.h"

#include <math.h>

static double now = 1000;
static int    pools;

double clock_monotonic(void)
{
    return now;
}

double clock_until(double deadline)
{
    return deadline > now ? deadline - now : 0;
}

struct remote_pool *remote_pool_new(void)
{
    pools++;
    return malloc(1);
}

void remote_pool_free(struct remote_pool *pool)
{
    pools -= pool != NULL;
    free(pool);
}

/* Takes the list that JSON is. Returns the reason why it is refused; empty: it was taken. */
static const char *set(const char *json, bool reschedule)
{
    static char words[500];
    struct text why = {0};
    json_t     *list = json_loads(json, JSON_DECODE_ANY, NULL);

    int error = hosts_set(list, reschedule, &why);

    CHECK(list != NULL || json[0] == '\0');
    CHECK_EQUAL(error, why.size > 0 ? -EINVAL : 0);
    json_decref(list);
    (void) snprintf(words, sizeof(words), "%.*s", (int) why.size, why.size > 0 ? why.data : "");
    text_release(&why);
    return words;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_calloc(size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_calloc(count, size);
}

#define HOST(name, slots) "{\"name\":\"" name "\",\"socket\":\"/" name "\",\"slots\":" slots "}"

/* c and b have one slot, a has as many as it has processors. */
static void set_three(void)
{
    CHECK_TEXT(set("[" HOST("c", "1") "," HOST("a", "null") "," HOST("b", "1") "]", false), "");
}

static const struct seat *find(const char *name)
{
    struct text        why = {0};
    const struct seat *seat = hosts_find(name, &why);

    CHECK(seat != NULL && why.size == 0);
    CHECK_TEXT(seat->name, name);
    CHECK(seat->socket[0] == '/' && strcmp(seat->socket + 1, name) == 0 && seat->pool != NULL);
    return seat;
}

/* Checks that a command that COUNTS, and wants the machine WANTED, gets the machine NAME; NULL: it waits. */
static void gets(const char *wanted, bool counts, const char *name)
{
    const struct seat *seat = hosts_take(wanted, counts);

    if (name == NULL && seat == NULL)
        return;
    if (name == NULL || seat == NULL || strcmp(seat->name, name) != 0)
        fprintf(stderr, "got %s, not %s\n", seat != NULL ? seat->name : "none",
                name != NULL ? name : "none");
    CHECK(name != NULL && seat != NULL && strcmp(seat->name, name) == 0);
}

static void up(const char *name, unsigned processors)
{
    hosts_note_up(find(name), processors);
}

static void lose(const char *name, const char *why)
{
    hosts_note_lost(find(name), why);
}

static void is_due(double seconds)
{
    CHECK(fabs(hosts_due() - seconds) < 1e-6);
}

static void lists(void)
{
    struct text why = {0};
    char        many[2000] = "[", name[100];

    CHECK(!hosts_are_used());
    CHECK(hosts_find("a", &why) == NULL);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "there are no other machines; --host goes with run --hosts");
    why.size = 0;
    CHECK_TEXT(set("[]", false), "\"hosts\" must be a list of one host or more");
    CHECK_TEXT(set("", false), "\"hosts\" must be a list of one host or more");
    for (int i = 0; i < 4; i++) {
        static const char *const bad[] = {"[" HOST("a", "0") "]", "[" HOST("a", "1000001") "]",
                                          "[" HOST("a", "\"1\"") "]",
                                          "[" HOST("b", "1") ",{\"name\":\"a\"}]"};

        CHECK_TEXT(
            set(bad[i], true),
            "each of \"hosts\" needs a \"name\" and a \"socket\", and \"slots\" above 0 or null");
        CHECK(pools == 0 && !hosts_are_used());
    }
    CHECK_TEXT(set("[" HOST("a", "1") "," HOST("b", "1000000") "," HOST("b", "1") "]", false),
               "the host 'b' stands twice in the list");
    CHECK_EQUAL(pools, 0);
    for (int i = 0; i < 12; i++) {
        (void) snprintf(name, sizeof(name), "%s{\"name\":\"%c\",\"socket\":\"/%c\"}",
                        i > 0 ? "," : "", 'l' - i, 'l' - i);
        strcat(many, name);
    }
    strcat(many, "]");
    CHECK_TEXT(set(many, true), "");
    CHECK(hosts_are_used() && hosts_reschedule() && pools == 12);
    CHECK_TEXT(set(many, false), "this supervisor has its hosts already");
    CHECK(hosts_reschedule());
    for (int i = 0; i < 12; i++) {
        (void) snprintf(name, sizeof(name), "%c", 'a' + i);
        CHECK(find(name)->name[0] == 'a' + i);
        CHECK_EQUAL(hosts_index(name), 11 - i);
    }
    CHECK(hosts_find("x", &why) == NULL);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "no host 'x'; there are: l k j i h g f e d c and 2 more");
    text_release(&why);
}

/* A run may have one machine. */
static void one_machine(void)
{
    struct text why = {0};

    CHECK_TEXT(set("[" HOST("a", "2") "]", false), "");
    CHECK_TEXT(set("[" HOST("b", "2") "]", false), "this supervisor has its hosts already");
    CHECK(hosts_are_used() && hosts_find("b", &why) == NULL);
    text_byte(&why, '\0', 1);
    CHECK_TEXT(why.data, "no host 'b'; there are: a");
    text_release(&why);
    up("a", 1);
    gets(NULL, true, "a");
    gets("a", true, "a");
    gets(NULL, true, NULL);
}

/* The first machine that is up waits two seconds for the others. */
static void patience(void)
{
    set_three();
    CHECK(!hosts_reschedule());
    is_due(-1);
    gets(NULL, true, NULL);
    gets("a", true, NULL);
    CHECK(!hosts_is_up(find("a")));
    up("a", 2);
    CHECK(hosts_is_up(find("a")) && !hosts_is_up(find("b")));
    is_due(2);
    gets(NULL, true, NULL);
    gets("a", true, "a");
    gets("b", true, NULL);
    now += 1.5;
    up("b", 7);
    is_due(0.5);
    gets(NULL, true, NULL);
    gets(NULL, false, NULL);
    now += 0.5;
    is_due(-1);
    gets(NULL, true, "a");
    gets(NULL, true, "b");
    gets(NULL, true, NULL);
    gets("c", true, NULL);
    gets(NULL, false, "a"); /* a daemon needs no slot */
    gets("b", false, "b");
    gets("c", false, NULL);
    up("c", 9);
    is_due(-1);
    gets(NULL, false, "c");
    gets(NULL, true, "c");
    gets(NULL, true, NULL);
}

/* Nobody waits when all machines are up or lost. */
static void all_are_known(void)
{
    set_three();
    up("a", 1);
    lose("c", NULL);
    is_due(2);
    gets(NULL, true, NULL);
    gets("c", true, "c"); /* which fails there */
    gets("c", false, "c");
    up("b", 1);
    is_due(-1);
    gets(NULL, true, "a");
    gets(NULL, true, "b");
    gets(NULL, true, NULL);
    gets("a", true, NULL);
    hosts_give_back(find("b"), true);
    gets(NULL, true, "b");
    hosts_give_back(find("b"), false); /* of a daemon */
    gets(NULL, true, NULL);
    hosts_give_back(find("a"), true);
    hosts_give_back(find("b"), true);
    gets(NULL, true, "a"); /* the first of the list */
    gets("b", true, "b");
    /* A machine that was lost has no free slot. */
    hosts_give_back(find("a"), true);
    lose("a", "why");
    gets(NULL, true, NULL);
    gets(NULL, false, "b");
    lose("b", "why");
    gets(NULL, true, "c");
    gets(NULL, false, "c");
}

/* A machine that is lost stays lost, and its first reason is the reason. */
static void lost(void)
{
    set_three();
    lose("a", NULL);
    CHECK(atomic_load(&find("a")->lost) == NULL);
    lose("a", "first");
    lose("a", "second");
    CHECK_TEXT(atomic_load(&find("a")->lost), "first");
    lose("a", NULL);
    CHECK_TEXT(atomic_load(&find("a")->lost), "first");
    up("a", 1);
    CHECK(!hosts_is_up(find("a")));
    is_due(-1);
    lose("b", NULL);
    gets(NULL, true, NULL); /* the last one is not lost */
    lose("c", NULL);
    gets(NULL, true, "c");
    hosts_note_vacant(find("a"), 2.5);
    CHECK(fabs(atomic_load(&find("a")->vacant) - 1002.5) < 1e-6);
}

static void without_memory_there_are_no_machines(void)
{
    struct text why = {0};
    json_t     *list = json_loads("[" HOST("a", "1") "]", 0, NULL);

    lacks_memory = true;
    CHECK_EQUAL(hosts_set(list, false, &why), -ENOMEM);
    lacks_memory = false;
    CHECK(why.size == 0 && !hosts_are_used());
    set_three();
    json_decref(list);
}

TEST_MAIN({"lists", lists}, {"one", one_machine}, {"patience", patience}, {"known", all_are_known},
          {"lost", lost}, {"memory", without_memory_there_are_no_machines})
