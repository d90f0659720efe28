/* Tests functions of the program that judge words: names, exceptions, signals, variables, results, suggestions. */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/call_word.h"
#include "cli/base/exceptions.h"
#include "cli/base/need_word.h"
#include "cli/base/result.h"
#include "cli/base/shared_string.h"
#include "cli/base/suggest.h"
#include "cli/base/thread_name.h"
#include "cli/base/variable.h"
#include "cli/base/variables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Checks which of the COUNT words of KNOWN is suggested for WORD, and how far it is from it; NULL: none. */
static void check_suggestion(const char *word, const char *const *known, size_t count,
                             const char *meant, size_t distance)
{
    struct suggestion suggestion = {.word = word};

    for (size_t i = 0; i < count; i++)
        suggest_consider(&suggestion, known[i]);
    CHECK_EQUAL(suggestion.nearest != NULL, meant != NULL);
    if (meant != NULL) {
        CHECK_TEXT(suggestion.nearest, meant);
        CHECK_EQUAL(suggestion.distance, distance);
    }
}

/* Sets what calls before have left on the stack to zeroes, which look like words that are near. */
static __attribute__((noinline)) void clear_stack(void)
{
    volatile char below[16 * 1024];

    memset((char *) (uintptr_t) below, 0, sizeof(below));
}

/* Text before a word or a candidate is no part of it, and nothing is left of other words. */
static void check_surroundings(void)
{
    static const char        surrounded[] = "ba\0xa";
    static const char *const candidates[] = {"qab", &surrounded[4]}, *const other[] = {"abc"};

    clear_stack();
    check_suggestion(&surrounded[1], candidates, 1, NULL, 0);
    clear_stack();
    check_suggestion("qqqax", candidates + 1, 1, NULL, 0);
    clear_stack();
    check_suggestion("x", other, 1, NULL, 0);
}

static void near_words_are_suggested(void)
{
    static const char *const known[] = {"start", "stat", "restart", "abc", "acb", "shutdown"};
    static const struct {
        const char *word, *meant;
        size_t      distance;
    } table[] = {
        {"start", "start", 1},  /* it begins with the word */
        {"strat", "start", 1},  /* two letters are swapped */
        {"stort", "start", 1},  /* another letter */
        {"starrt", "start", 1}, /* one more letter */
        {"sart", "start", 1},   /* one letter less */
        {"tart", "start", 1},
        {"sttr", "start", 2},
        {"STATR", "start", 1}, /* case does not count; "stat" is as near, but comes later */
        {"restrat", "restart", 1},
        {"shu", "shutdown", 1}, /* the beginning of a word */
        {"SHU", "shutdown", 1},
        {"sh", NULL, 0},   /* it is too short for that */
        {"xbx", "abc", 2}, /* two of three letters may change */
        {"xxx", NULL, 0},
        {"ad", NULL, 0}, /* one of two letters may change */
        {"bac", "abc", 1},
        {"ca", NULL, 0},
        {"", NULL, 0},
        {"shxtdxwx", "shutdown", 3}, /* three of eight letters may change */
        {"sxxtdxwx", NULL, 0},
    };
    static const char *const one_letter[] = {"a"};
    static const char *const long_words[] = {"x12345678901234567890123456789012345678",
                                             "1234567890123456789012345678901234567890",
                                             "12345678901234567890123456789012345678901"};

    for (size_t i = 0; i < COUNT(table); i++)
        check_suggestion(table[i].word, known, COUNT(known), table[i].meant, table[i].distance);
    check_surroundings();
    check_suggestion("b", one_letter, 1, "a", 1);
    check_suggestion("ab", one_letter, 1, "a", 1);
    check_suggestion("ba", one_letter, 1, "a", 1);
    /* Words of 40 bytes are compared; a longer word or candidate is not. */
    check_suggestion("123456789012345678901234567890123456789x", long_words, 3, long_words[1], 1);
    check_suggestion("1234567890123456789012345678901234567890x", long_words, 3, NULL, 0);
    check_suggestion("1234567890123456789012345678901234567890", long_words + 2, 1, NULL, 0);
}

/* Checks that NAME is refused with a reason that begins with REASON, or accepted if that is NULL. */
static void check_name(const char *name, const char *reason)
{
    struct text why = {0};

    CHECK_EQUAL(thread_name_check(name, &why), reason == NULL);
    if (reason == NULL)
        CHECK_EQUAL(why.size, 0);
    else
        check_written(&why, reason);
}

static void names_are_checked(void)
{
    static const char *const forbidden[] = {"a/b", "a*", "?a", "a[", "a]b", "a\\b"};
    static const char *const good[] = {"a",         "1a",      "a1",       "-",
                                       "web-1.2:x", "a ready", "\303\274", "~"};
    static const char        condition[] =
        "it ends in :ready, :ended or :succeeded, which are conditions of --needs";
    char long_name[66];

    for (size_t i = 0; i < COUNT(good); i++)
        check_name(good[i], NULL);
    for (size_t i = 0; i < COUNT(forbidden); i++)
        check_name(forbidden[i], "it has a '/' or a pattern character");
    memset(long_name, 'x', sizeof(long_name));
    long_name[64] = '\0';
    check_name(long_name, NULL);
    long_name[64] = 'x';
    long_name[65] = '\0';
    check_name(long_name, "it is longer than 64 bytes");
    check_name("", "it is empty");
    check_name("0", "it is all digits, as ids are");
    check_name("09", "it is all digits, as ids are");
    check_name("a\nb", "it has a control character");
    check_name("\037", "it has a control character");
    check_name("a\177", "it has a control character");
    check_name("a:ready", condition);
    check_name("a:ended", condition);
    check_name(":succeeded", condition);
    for (int byte = 1; byte < 256; byte++) { /* the two functions agree */
        struct text why = {0};
        const char  name[] = {'x', (char) byte, '\0'};

        CHECK_EQUAL(thread_name_has((char) byte), thread_name_check(name, &why));
        text_release(&why);
    }
    CHECK(thread_name_is_id("12", 2) && thread_name_is_id("12x", 2) &&
          !thread_name_is_id("12x", 3));
}

static void needs_are_split(void)
{
    static const struct {
        const char         *word;
        size_t              length;
        enum need_condition condition;
    } table[] = {{"db", 2, NEED_READY},
                 {"db:ready", 2, NEED_READY},
                 {"db:ended", 2, NEED_ENDED},
                 {"db:succeeded", 2, NEED_SUCCEEDED},
                 {":ended", 0, NEED_ENDED},
                 {"ended", 5, NEED_READY},
                 {"db:ended:succeeded", 8, NEED_SUCCEEDED},
                 {"db:endedx", 9, NEED_READY}};

    for (size_t i = 0; i < COUNT(table); i++) {
        enum need_condition condition = (enum need_condition) 99;

        CHECK_EQUAL(need_word_split(table[i].word, &condition), table[i].length);
        CHECK_EQUAL(condition, table[i].condition);
    }
}

static void call_words_are_split(void)
{
    static const char *const none[] = {"", "f", ":f", "lib.so:", "./a:b/c", ":"};

    for (size_t i = 0; i < COUNT(none); i++)
        CHECK(call_word_function(none[i]) == NULL);
    CHECK_TEXT(call_word_function("lib.so:run"), "run");
    CHECK_TEXT(call_word_function("./a:b.so:run"), "run");
    CHECK_TEXT(call_word_function("l:r"), "r");
}

static void exceptions_are_found(void)
{
    static const struct {
        const char *word, *name;
    } table[] = {{"SystemExit", "SystemExit"},
                 {"BaseException", "BaseException"},
                 {"Signal", "Signal"},
                 {"SIGHUP", "SIGHUP"},
                 {"HUP", "SIGHUP"},
                 {"hup", "SIGHUP"},
                 {"sigHup", "SIGHUP"},
                 {"1", "SIGHUP"},
                 {"9", "SIGKILL"},
                 {"15", "SIGTERM"},
                 {"31", "SIGSYS"}};
    static const char *const none[] = {
        "",   "systemexit", "signal", "SIG",   "0",       "32", "33",         "65",       "1 ",
        " 1", "+1",         "-1",     "IGHUP", "SIGHUPS", "1x", "4294967297", "SystemExi"};

    for (size_t i = 0; i < COUNT(table); i++) {
        const k3thread_exctype *found = exceptions_find(table[i].word);

        CHECK(found != NULL);
        CHECK_TEXT(found->name, table[i].name);
    }
    for (size_t i = 0; i < COUNT(none); i++)
        CHECK(exceptions_find(none[i]) == NULL);
}

/* Checks that each type of the list comes once, behind its base, and that its name finds it. */
static void exceptions_are_listed(void)
{
    const k3thread_exctype *type;
    size_t                  count = 0, signals = 0;

    for (; (type = exceptions_at(count)) != NULL; count++) {
        bool has_base = type->base == NULL;

        CHECK(exceptions_find(type->name) == type);
        CHECK(exceptions_signal(type) == 0 || exceptions_find("Signal") == type->base);
        signals += exceptions_signal(type) > 0;
        for (size_t i = 0; i < count; i++) {
            CHECK(exceptions_at(i) != type);
            has_base |= exceptions_at(i) == type->base;
        }
        CHECK(has_base);
    }
    CHECK_EQUAL(signals, 31);
    CHECK(exceptions_at(count + 1) == NULL);
    CHECK(exceptions_at(0) == &k3thread_BaseException);
}

static void exceptions_are_learned(void)
{
    static const char *const bad[] = {
        "",
        "1a",
        ".a",
        "a-b",
        "a b",
        "\303\274",
        "x1234567890123456789012345678901234567890123456789012345678901234"};
    char name[] = "x123456789012345678901234567890123456789012345678901234567890123";
    char numbered[16];
    const k3thread_exctype *error = exceptions_find("ValueError"),
                           *base = exceptions_find("Signal");
    const k3thread_exctype *type;
    unsigned                count = 0, others = 0;

    for (size_t i = 0; i < COUNT(bad); i++) {
        CHECK(!exceptions_is_name(bad[i]));
        CHECK(exceptions_learn(bad[i], error, &count) == NULL);
    }
    CHECK(exceptions_learn("ValueError", base, &count) == error); /* a known name keeps its base */
    CHECK_EQUAL(count, 0);
    type = exceptions_learn(name, error, &count); /* 64 bytes */
    CHECK(type != NULL && type->base == error);
    CHECK_EQUAL(count, 1);
    name[0] = 'y'; /* the type has a copy of its name */
    CHECK_EQUAL(type->name[0], 'x');
    CHECK(exceptions_learn("my.Error_2", error, &count) != NULL);
    CHECK(exceptions_is_name("E"));
    type = exceptions_learn("my.Error_2", base, &count); /* another type of the same name */
    CHECK(type != NULL && type->base == base);
    CHECK(exceptions_learn("my.Error_2", base, &count) == type);
    CHECK(exceptions_learn("my.Error_2", error, &count)->base == error);
    CHECK_EQUAL(count, 3);
    while (count < 256) { /* one program may have so many */
        (void) snprintf(numbered, sizeof(numbered), "_%u", count);
        CHECK(exceptions_learn(numbered, error, &count) != NULL);
    }
    CHECK(exceptions_learn("OneMore", error, &count) == NULL);
    CHECK(exceptions_learn("my.Error_2", base, &count) ==
          type); /* a type that is known costs nothing */
    CHECK_EQUAL(count, 256);
    CHECK(exceptions_learn("OneMore", error, &others) !=
          NULL);                             /* another program has room of its own */
    for (unsigned i = 257; i < 16384; i++) { /* all programs may have so many */
        unsigned none = 0;

        (void) snprintf(numbered, sizeof(numbered), "error%u", i);
        CHECK(exceptions_learn(numbered, error, &none) != NULL);
    }
    others = 0;
    CHECK(exceptions_learn("TooMany", error, &others) == NULL);
    CHECK(exceptions_learn("OneMore", error, &others) != NULL);
    CHECK_EQUAL(others, 0);
}

static void signals_are_read(void)
{
    static const struct {
        const char *word;
        int         number;
    } table[] = {
        {"SIGINT", SIGINT},
        {"INT", SIGINT},
        {"int", SIGINT},
        {"2", 2},
        {"0", 0},
        {"64", 64},
        {"65", 0},
        {"SIGRTMIN+3", 37},
        {"RTMIN+0", 34},
        {"sigrtmin+30", 64},
        {"SIGRTMIN+31", 0},
        {"RTMIN+-1", 0},
        {"RTMIN+", 0},
        {"RTMIN+x", 0},
        {"SIGRTMIN", 34},
        {"rtmin", 34},
        {"SIGRTMAX", 64},
        {"RTMAX-1", 63},
        {"RTMAX-30", 34},
        {"RTMAX-31", 0},
        {"RTMAX+1", 0},
        {"RTMIN-1", 0},
        {"RTMINX", 0},
        {"IOT", SIGABRT},
        {"SIGCLD", SIGCHLD},
        {"poll", SIGIO},
        {"SystemExit", 0},
        {"", 0},
        {"SIG", 0},
        {"SIG2", 0},
        {"Signal", 0},
    };

    for (size_t i = 0; i < COUNT(table); i++)
        CHECK_EQUAL(exceptions_parse_signal(table[i].word), table[i].number);
    CHECK_TEXT(exceptions_signal_name(SIGHUP), "SIGHUP");
    CHECK_TEXT(exceptions_signal_name(SIGSYS), "SIGSYS");
    CHECK(exceptions_signal_name(0) == NULL && exceptions_signal_name(33) == NULL);
    CHECK_TEXT(exceptions_signal_name(34), "SIGRTMIN");
    CHECK_TEXT(exceptions_signal_name(37), "SIGRTMIN+3");
    CHECK_TEXT(exceptions_signal_name(63), "SIGRTMIN+29");
    CHECK_TEXT(exceptions_signal_name(64), "SIGRTMAX");
    CHECK(exceptions_signal_name(65) == NULL);
    for (int i = 34; i <= 64; i++)
        CHECK_EQUAL(exceptions_signal(exceptions_find(exceptions_signal_name(i))), i);
    CHECK(exceptions_find("37") == exceptions_find("rtmin+3") && exceptions_find("33") == NULL);
    CHECK_EQUAL(exceptions_signal(exceptions_find("SIGHUP")), SIGHUP);
    CHECK_EQUAL(exceptions_signal(exceptions_find("SIGSYS")), SIGSYS);
}

static void results_are_written(void)
{
    static const struct {
        const char *exception;
        int         exit_code, signal;
        const char *text;
    } table[] = {{NULL, -1, 0, "-"},
                 {NULL, 0, 0, "exit 0"},
                 {NULL, 3, 0, "exit 3"},
                 {NULL, -1, SIGTERM, "SIGTERM"},
                 {NULL, -1, SIGHUP, "SIGHUP"},
                 {NULL, -1, 40, "SIGRTMIN+6"},
                 {NULL, -1, 33, "signal 33"},
                 {"SystemExit", -1, 0, "SystemExit"},
                 {"SystemExit", 0, 0, "SystemExit, exit 0"},
                 {"SystemExit", -1, SIGHUP, "SystemExit, SIGHUP"},
                 {"SystemExit", -1, 34, "SystemExit, SIGRTMIN"}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct text text = {0};

        result_add(&text, table[i].exception, table[i].exit_code, table[i].signal);
        check_written(&text, table[i].text);
    }
}

/* Appends each of WORDS, up to a NULL, with a space behind it. */
static void add_words(struct text *text, char *const *words)
{
    for (; *words != NULL; words++)
        text_printf(text, "%s ", *words);
}

static void variables_are_merged(void)
{
    static char      words[][5] = {"B=1", "A=1", "odd", "AB=1", "B=2"};
    char *const      environment[] = {words[0], words[1], words[2], words[3], words[4], NULL};
    char *const      nothing[] = {NULL};
    struct variables first = {0}, second = {0};
    const struct variables *const lists[] = {&first, &second};
    struct text                   text = {0};
    char                        **merged;

    CHECK_EQUAL(variables_add(&first, "A=2"), 0);
    CHECK_EQUAL(variables_add(&first, "C="), 0);
    CHECK_EQUAL(variables_add(&first, "A=3"), 0);
    CHECK_EQUAL(first.count, 3);
    CHECK_EQUAL(first.size, 4 + 3 + 4);
    CHECK_EQUAL(variables_add(&second, "C=x=y"), 0);
    CHECK_EQUAL(variables_add(&second, "D=1"), 0);
    CHECK_TEXT(variables_find(&first, "A"), "3"); /* the last one counts */
    CHECK_TEXT(variables_find(&first, "C"), "");
    CHECK_TEXT(variables_find(&second, "C"), "x=y");
    CHECK(variables_find(&first, "") == NULL && variables_find(&first, "AB") == NULL);

    merged = variables_merge(environment, lists, 2);
    CHECK(merged != NULL);
    add_words(&text, merged);
    check_written(&text, "odd AB=1 B=2 A=3 C=x=y D=1 ");
    free(merged);
    merged = variables_merge(nothing, lists, 1);
    CHECK(merged != NULL);
    add_words(&text, merged);
    check_written(&text, "C= A=3 ");
    free(merged);
    merged = variables_merge(nothing, lists + 1, 1);
    CHECK(merged != NULL);
    add_words(&text, merged);
    check_written(&text, "C=x=y D=1 ");
    free(merged);
    merged = variables_merge(nothing, NULL, 0);
    CHECK(merged != NULL && merged[0] == NULL);
    free(merged);

    CHECK_EQUAL(variables_add(&first, words[4]), 0);
    words[4][2] = '3'; /* the list has a copy */
    CHECK_TEXT(variables_find(&first, "B"), "2");
    variables_release(&first);
    CHECK(first.list == NULL && first.count == 0 && first.size == 0);
    variables_release(&second);
}

static void assignments_are_known(void)
{
    CHECK(variable_is_assignment("a=b") && variable_is_assignment("a=") &&
          variable_is_assignment("1 ="));
    CHECK(!variable_is_assignment("=b") && !variable_is_assignment("a") &&
          !variable_is_assignment(""));
    CHECK_TEXT(variable_value("AB=c", "ABC", 2), "c");
    CHECK(variable_value("AB=c", "A", 1) == NULL && variable_value("AB", "AB", 2) == NULL);
    CHECK(variable_value("A", "A=", 2) == NULL && variable_value("BA=c", "AA", 2) == NULL);
}

static void strings_are_shared(void)
{
    enum { LONGEST = 200 };
    const char *strings[LONGEST];
    struct text text = {0};
    const char *first, *again;

    for (size_t size = 0; size < LONGEST;
         size++) { /* each ends at another distance from the next block */
        text_printf(&text, "%0*d", (int) size, 0);
        text.size = size;
        strings[size] = shared_string_from_text(&text);
        CHECK(strings[size] != NULL);
        CHECK_EQUAL(strspn(strings[size], "0"), size);
        CHECK_EQUAL(strings[size][size], '\0');
    }
    for (size_t size = 0; size < LONGEST; size++)
        shared_string_unref(strings[size]);
    text_append(&text, "abcdef", 3);
    first = shared_string_from_text(&text);
    CHECK(text.data == NULL && text.size == 0);
    CHECK_TEXT(first, "abc");
    again = shared_string_ref(first);
    CHECK(again == first);
    shared_string_unref(first);
    CHECK_TEXT(again, "abc"); /* the other reference keeps it */
    shared_string_unref(again);
    first = shared_string_from_text(&text); /* an empty text */
    CHECK_TEXT(first, "");
    shared_string_unref(first);
    text.failed = true;
    CHECK(shared_string_from_text(&text) == NULL && !text.failed);
    first = shared_string_new("xyz");
    CHECK_TEXT(first, "xyz");
    shared_string_unref(first);
    CHECK(shared_string_ref(NULL) == NULL);
    shared_string_unref(NULL);
}

TEST_MAIN({"suggestions", near_words_are_suggested}, {"names", names_are_checked},
          {"needs", needs_are_split}, {"calls", call_words_are_split},
          {"exceptions", exceptions_are_found}, {"list-of-exceptions", exceptions_are_listed},
          {"learned", exceptions_are_learned}, {"signals", signals_are_read},
          {"results", results_are_written}, {"variables", variables_are_merged},
          {"assignments", assignments_are_known}, {"shared", strings_are_shared})
