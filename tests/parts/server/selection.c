/* Tests how the words that name threads are read. */
#include "tests/parts/server/params_read.h"

/* Reads a selector; returns it as text: #ID, a name, or a pattern in brackets, and the word behind a slash. */
static void check_selector(const char *word, const char *wanted)
{
    json_t         *value = json(word);
    struct selector selector = {0};
    struct text     text = {0};

    CHECK(select_parse_inner(&call, value, &selector));
    if (selector.name == NULL)
        text_printf(&text, "#%llu", (unsigned long long) selector.id);
    else
        text_printf(&text, selector.pattern ? "[%s]" : "%s", selector.name);
    if (selector.inner != NULL)
        text_printf(&text, " %s.", selector.inner);
    check_written(&text, wanted);
    select_release(&selector);
    CHECK(selector.name == NULL && selector.inner == NULL);
    json_decref(value);
}

static void words_name_threads(void)
{
    json_t         *value = json("true");
    struct selector selector = {0};

    check_selector("1", "#1");
    check_selector("0", "#0");
    check_selector("'12'", "#12");
    check_selector("'99999999999999999999'", "#18446744073709551615");
    check_selector("'1a'", "1a");
    check_selector("''", "");
    check_selector("'a*'", "[a*]");
    check_selector("'a/'", "a .");
    check_selector("'a/b/c'", "a b/c.");
    check_selector("'7/*'", "#7 *.");
    check_selector("'a?/3'", "[a?] 3.");
    CHECK(!select_parse_inner(&call, value, &selector));
    check_failure("-32001 a thread is named by an id, a name or a pattern");
    json_decref(value);
}

/* Checks which thread THREAD, JSON or NULL, means for the call; 0: none, with FAILED as its message. */
static void check_found(const char *thread, uint64_t id, const char *failed)
{
    json_t        *value = thread != NULL ? json(thread) : NULL;
    struct record *found = select_for_call(&call, value);

    CHECK_EQUAL(found != NULL ? found->id : 0, id);
    check_failure(failed);
    json_decref(value);
}

static void one_thread_is_found_for_a_call(void)
{
    json_t *live = json("1"), *ended = json("'b'"), *none = json("'c'");

    add_threads();
    check_found("2", 2, "");
    check_found("'web-1'", 3, "");
    check_found("'3'", 3, "");
    check_found("9", 0, "-32003 no thread 9");
    check_found("-1", 0, "-32003 no thread -1");
    check_found("'c'", 0, "-32003 no thread 'c'");
    check_found("'web*'", 0, "-32002 'web*' is a pattern; give one name or id");
    check_found(NULL, 0, "-32003 \"thread\" is missing, and this connection has started no thread");
    peer.started = 4;
    check_found(NULL, 4, "");
    CHECK(select_live_for_call(&call, live) == &threads[0]);
    check_failure("");
    CHECK(select_live_for_call(&call, ended) == NULL);
    check_failure("-32003 thread 'b' (id 2) has ended");
    CHECK(select_live_for_call(&call, none) == NULL);
    check_failure("-32003 no thread 'c'");
    CHECK(select_word_for_call(&call, strdup("c"), "; try b") == NULL);
    check_failure("-32003 no thread 'c'; try b");
    CHECK(select_word_for_call(&call, strdup("2"), "") == &threads[1]);
    json_decref(live);
    json_decref(ended);
    json_decref(none);
}

/* Checks which threads WORDS means, of those of KIND, "live", "ended" or "failed". Otherwise it fails with FAILED. */
static void check_selection(const char *words, const char *kind, const char *wanted,
                            const char *failed)
{
    json_t                *value = words != NULL ? json(words) : NULL;
    struct selection       selection;
    const struct selector *missing;
    struct text            text = {0};

    if (!selection_parse(&call, "threads", value, &selection)) {
        check_failure(failed);
        json_decref(value);
        return;
    }
    selection.live = kind[0] == 'l';
    selection.ended = kind[0] == 'e';
    selection.failed = kind[0] == 'f';
    missing = selection_resolve(&selection);
    if (missing != NULL)
        select_fail(&call, missing, kind);
    check_failure(failed);
    for (size_t i = 0; missing == NULL && i < 4; i++)
        if (selection_fits(&selection, &threads[i]))
            text_printf(&text, "%zu", i + 1);
    check_written(&text, wanted);
    selection_release(&selection);
    CHECK(selection.count == 0 && selection.selectors == NULL);
    json_decref(value);
}

/* Returns a list that has WORD so often. */
static const char *many(const char *word, int times)
{
    static char text[1024];

    (void) snprintf(text, sizeof(text), "[%s", word);
    for (int i = 1; i < times; i++)
        (void) strcat(strcat(text, ","), word);
    return strcat(text, "]");
}

static void lists_of_words_select_threads(void)
{
    static const struct {
        const char *words;
        bool        is_named;
        uint64_t    only;
    } table[] = {{"[]", false, 0},
                 {"['a']", true, 1},
                 {"['w*']", false, 0},
                 {"['a','b']", true, 0},
                 {"['a','w*']", false, 0}};

    add_threads();
    check_selection(NULL, "", "1234", "");
    check_selection("[]", "live", "13", "");
    check_selection("[]", "ended", "24", "");
    check_selection("[]", "failed", "4", "");
    check_selection("['a','4']", "", "14", "");
    check_selection("['web-*',1]", "", "134", "");
    check_selection("['web-*']", "live", "3", "");
    check_selection("['none*']", "", "", "");
    check_selection("['a','b']", "live", "", "-32003 no live thread 'b'");
    check_selection("['a',1]", "ended", "", "-32003 no ended thread 'a'");
    check_selection("['b']", "failed", "", "-32003 no failed thread 'b'");
    check_selection("['a',7]", "", "", "-32003 no thread 7");
    check_selection("['a',[]]", "", "", "-32001 a thread is named by an id, a name or a pattern");
    check_selection(many("'*'", 100), "", "1234", "");
    check_selection(many("'*'", 101), "", "",
                    "-32002 a list of threads may have at most 100 patterns");
    check_selection(many("1", 101), "", "1", "");
    check_selection("'a'", "", "", "-32001 \"threads\" must be a list of threads");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json_t          *value = json(table[i].words);
        struct selection selection;
        struct record   *only;

        CHECK(selection_parse(&call, "threads", value, &selection));
        CHECK(selection_resolve(&selection) == NULL);
        CHECK_EQUAL(selection_is_named(&selection), table[i].is_named);
        only = selection_only(&selection);
        CHECK_EQUAL(only != NULL ? only->id : 0, table[i].only);
        selection_release(&selection);
        json_decref(value);
    }
}

static void a_pattern_that_nothing_fits_is_named_whole(void)
{
    struct selector selector = {.name = (char *) "w*", .pattern = true};

    select_fail(&call, &selector, "live");
    check_failure("-32003 no live thread fits 'w*'");
    selector.inner = (char *) "x?";
    select_fail(&call, &selector, "");
    check_failure("-32003 no thread fits 'w*/x?'");
}

TEST_MAIN({"words", words_name_threads}, {"one", one_thread_is_found_for_a_call},
          {"lists", lists_of_words_select_threads},
          {"patterns", a_pattern_that_nothing_fits_is_named_whole})
