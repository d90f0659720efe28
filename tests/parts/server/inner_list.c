/* Tests the list of the threads inside an attached process, and how clients see it. */
#include "tests/parts/server/inside.h"

/* Adds the thread ID to thread NUMBER's process. */
static void add_inner(size_t number, uint64_t id, const char *name)
{
    const struct inner thread = {
        .id = id, .tid = (pid_t) (id + 100), .daemon = id % 2 == 0, .delayed = id == 3};

    attachment_thread_started(holders[number], &thread, name);
}

static void check_order(const char *wanted)
{
    const struct inner_list *list = attachment_threads(holders[0]);
    struct text              text = {0};

    for (size_t i = 0; i < list->count; i++)
        text_printf(&text, "%d%s ", (int) list->threads[i]->id, list->threads[i]->name);
    check_written(&text, wanted);
}

static void threads_are_in_the_order_of_their_ids(void)
{
    static const int ids[] = {5, 1, 9, 3, 7, 4, 8, 2, 6};
    char             name[32];

    add_threads();
    (void) attach(0, 70);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        add_inner(0, (uint64_t) ids[i], "n");
    check_order("1n 2n 3n 4n 5n 6n 7n 8n 9n ");
    add_inner(0, 4, "long-name");
    check_order("1n 2n 3n 4long-name 5n 6n 7n 8n 9n ");
    attachment_thread_ended(holders[0], 9);
    attachment_thread_ended(holders[0], 1);
    attachment_thread_ended(holders[0], 4);
    attachment_thread_ended(holders[0], 4);
    attachment_thread_ended(holders[0], 10);
    check_order("2n 3n 5n 6n 7n 8n ");
    for (int i = 11; i <= 16388; i++) {
        (void) snprintf(name, sizeof(name), "n%d", i);
        add_inner(0, (uint64_t) i, name);
    }
    text_release(&calls);
    CHECK_EQUAL(attachment_threads(holders[0])->count, 16384);
    add_inner(0, 20000, "more"); /* no more are remembered */
    CHECK_EQUAL(attachment_threads(holders[0])->count, 16384);
    add_inner(0, 16388, "other"); /* this one is */
    CHECK_CALLS("");
    CHECK_TEXT(attachment_threads(holders[0])->threads[16383]->name, "other");
    CHECK_EQUAL(attachment_threads(holders[0])->threads[16382]->id, 16387);
    attachment_close(holders[0]);
    text_release(&calls);
}

void *__real_array_room(void *list, size_t count, size_t size);
void *__wrap_array_room(void *list, size_t count, size_t size);

static bool lacks_memory;

/* The linker puts this in front of the function: see the Makefile. */
void *__wrap_array_room(void *list, size_t count, size_t size)
{
    return lacks_memory ? NULL : __real_array_room(list, count, size);
}

static void without_memory_a_thread_is_not_remembered(void)
{
    add_threads();
    (void) attach(0, 70);
    for (uint64_t id = 1; id <= 4; id++)
        add_inner(0, id, "n");
    text_release(&calls);
    lacks_memory = true;
    add_inner(0, 5, "n");
    add_inner(0, 4, "new-name");
    CHECK_CALLS("");
    check_order("1n 2n 3n 4new-name ");
}

static void names_of_inner_threads_are_checked(void)
{
    static const struct {
        const char *name;
        bool        is_one;
    } table[] = {{"a", true},        {"a b", true},   {"a\\x01", true}, {"1a", true},
                 {"\303\244", true}, {"a\200", true}, {"", false},      {"12", false},
                 {"a/b", false},     {"a*", false},   {"a?", false},    {"[a", false},
                 {"a]", false},      {"a\n", false},  {"a\177", false}, {"\001a", false},
                 {" ", true},        {"a\037", false}};
    char longest[258];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        CHECK_EQUAL(inner_is_name(table[i].name), table[i].is_one);
    memset(longest, 'x', sizeof(longest));
    longest[256] = '\0';
    CHECK(inner_is_name(longest));
    longest[256] = 'x';
    longest[257] = '\0';
    CHECK(!inner_is_name(longest));
}

static struct call call;

/* Checks the reply to a list of WORDS. */
static void check_list(const char *words, bool table, const char *wanted)
{
    json_t *list = json(words);

    inner_listing_reply(&call, list, table);
    if (failure[0] != '\0')
        fprintf(stderr, "%s: %s\n", words, failure);
    CHECK_TEXT(failure, "");
    check_written(&calls, wanted);
    json_decref(list);
}

static void check_list_fails(const char *words, const char *wanted)
{
    json_t *list = json(words);

    inner_listing_reply(&call, list, false);
    if (strcmp(failure, wanted) != 0)
        fprintf(stderr, "'%s', not '%s'\n", failure, wanted);
    CHECK_TEXT(failure, wanted);
    CHECK_EQUAL(calls.size, 0);
    failure[0] = '\0';
    json_decref(list);
}

#define HEAD "{\"table\":\"ID\\tNAME\\tTID\\tSTATE\\tDAEMON\\n"
#define WEB2                                                                                       \
    "{\"id\":\"1/2\",\"name\":\"web/main\",\"tid\":102,\"state\":\"running\",\"daemon\":true}"
#define WEB3                                                                                       \
    "{\"id\":\"1/3\",\"name\":\"web/w-3\",\"tid\":103,\"state\":\"delayed\",\"daemon\":false}"

static void threads_inside_processes_are_listed(void)
{
    char words[1024] = "['web/main'";

    add_threads();
    (void) attach(0, 70);
    (void) attach(1, 71);
    add_inner(0, 2, "main");
    add_inner(0, 3, "w-3");
    add_inner(1, 5, "\\\"m\303");
    add_inner(1, 12, "twelve");
    text_release(&calls);
    check_list("['web/']", false, "[" WEB2 "," WEB3 "]");
    check_list("['web/main','1/3']", false, "[" WEB2 "," WEB3 "]");
    check_list("['web/w*']", false, "[" WEB3 "]");
    check_list("['web/x*','w*/1']", false, "[]");
    check_list("['db/12']", false,
               "[{\"id\":\"2/12\",\"name\":\"db/"
               "twelve\",\"tid\":112,\"state\":\"running\",\"daemon\":true}]");
    attachment_thread_ended(holders[1], 12);
    text_release(&calls);
    check_list("['*/5']", true, HEAD "2/5\\tdb/\\\\\\\"m\\\\xc3\\t105\\trunning\\tno\\n\"}");
    check_list(
        "['*/*']", true,
        HEAD "1/2\\tweb/main\\t102\\trunning\\tyes\\n1/3\\tweb/w-3\\t103\\tdelayed\\tno\\n2/5\\tdb/"
             "\\\\\\\"m\\\\xc3\\t105\\trunning\\tno\\n\"}");
    check_list("['w*/']", true,
               HEAD
               "1/2\\tweb/main\\t102\\trunning\\tyes\\n1/3\\tweb/w-3\\t103\\tdelayed\\tno\\n\"}");
    check_list_fails("['web/main','web']",
                     "-32002 threads inside a process are listed apart from other threads");
    check_list_fails("['web/x']", "-32003 no live thread 'web/x'");
    check_list_fails("['web/4']", "-32003 no live thread 'web/4'");
    check_list_fails("['old/x']", "-32003 no live thread 'old'");
    check_list_fails("['none/']", "-32003 no live thread 'none'");
    attachment_close(holders[1]);
    text_release(&calls);
    check_list_fails("['db/m']", "-32003 no process of thread 'db' is attached");
    check_list("['d*/m']", false, "[]");
    for (int i = 1; i < 100; i++)
        strcat(words, ",'x*/'");
    strcat(words, "]");
    check_list(words, false, "[" WEB2 "]");
    words[strlen(words) - 1] = '\0';
    strcat(words, ",'x*/']");
    check_list_fails(words, "-32002 a list may have at most 100 words with a '/'");
}

static void words_for_inner_threads_have_a_slash(void)
{
    static const struct {
        const char *words;
        bool        has_one;
    } table[] = {{"[]", false}, {"['a',7]", false}, {"['a','b/']", true}, {"['/','b']", true}};

    for (size_t i = 0; i < 4; i++) {
        json_t *words = json(table[i].words);

        CHECK_EQUAL(inner_listing_is_wanted(words), table[i].has_one);
        json_decref(words);
    }
    CHECK(!inner_listing_is_wanted(NULL));
}

TEST_MAIN({"order", threads_are_in_the_order_of_their_ids},
          {"names", names_of_inner_threads_are_checked},
          {"memory", without_memory_a_thread_is_not_remembered},
          {"list", threads_inside_processes_are_listed},
          {"words", words_for_inner_threads_have_a_slash})
