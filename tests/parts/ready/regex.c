/* Tests the regular expressions: what each form matches, what is refused, and that the C library agrees. */
#include "tests/lib/test.h"

#include "cli/ready/regex.h"
#include "cli/ready/regex_nodes.h"
#include "tests/lib/heap.h"

#include <regex.h>

/* Returns true if TEXT matches somewhere in the LENGTH bytes of LINE. */
static bool matches(const char *text, const char *line, size_t length)
{
    struct regex *regex;
    bool          result;

    if (regex_new(text, &regex) != 0) {
        fprintf(stderr, "%s\n", text);
        test_fail(__FILE__, __LINE__, "an expression");
    }
    result = regex_matches(regex, line, length);
    CHECK_EQUAL(regex_matches(regex, line, length), result); /* REGEX can be used again */
    regex_free(regex);
    return result;
}

static void check_match(const char *text, const char *line, bool wanted)
{
    if (matches(text, line, strlen(line)) == wanted)
        return;
    fprintf(stderr, "'%s' and '%s'\n", text, line);
    test_fail(__FILE__, __LINE__, "as it should be");
}

/* Each expression, with lines that it matches, NULL, and lines that it does not match. */
static void forms(void)
{
    static const char *const table[][14] = {
        {"b", "b", "abc", NULL, "", "a", "B"},
        {"^b", "b", "bc", NULL, "ab"},
        {"b$", "b", "ab", NULL, "bc"},
        {"^$", "", NULL, "a"},
        {"a.c", "abc", "a\nc", "a\377c", NULL, "ac"},
        {"[b-d]", "b", "c", "d", NULL, "a", "e", "-"},
        {"[^b-d]", "a", "e", NULL, "b", "c", "d", ""},
        {"[]x]", "]", "x", NULL, "[", "y"},
        {"[^]x]", "a", NULL, "]", "x"},
        {"[a-]", "a", "-", NULL, "b"},
        {"[-a]", "a", "-", NULL, "b"},
        {"[a^]", "a", "^", NULL, "b"},
        {"[\\]", "\\", NULL, "]"},
        {"[b-b]", "b", NULL, "a", "c"},
        {"[A-[]", "A", "B", "[", NULL, "\\", "a"},
        {"[[x]", "[", "x", NULL, "a"},
        {"[x.]", ".", "x", NULL, "a"},
        {"[[:digit:]]", "0", "9", NULL, "/", ":", "a"},
        {"[[:digit:]x-]", "0", "x", "-", NULL, "y"},
        {"[[:alpha:]]", "a", "Z", NULL, "0", "_"},
        {"[[:alnum:]]", "a", "0", NULL, "_"},
        {"[[:blank:]]", " ", "\t", NULL, "\n"},
        {"[[:cntrl:]]", "\n", "\177", NULL, " "},
        {"[[:graph:]]", "!", NULL, " "},
        {"[[:lower:]]", "a", NULL, "A"},
        {"[[:print:]]", " ", NULL, "\n"},
        {"[[:punct:]]", ".", NULL, "a", " "},
        {"[[:space:]]", " ", "\n", NULL, "a"},
        {"[[:upper:]]", "A", NULL, "a"},
        {"[[:xdigit:]]", "f", "A", "9", NULL, "g"},
        {"\\w", "a", "0", "_", NULL, "-", " "},
        {"\\W", "-", " ", NULL, "a", "0", "_"},
        {"\\s", " ", "\t", NULL, "a"},
        {"\\S", "a", NULL, " ", "\t"},
        {"\\.", ".", NULL, "a"},
        {"\\0", "0", NULL, "a"},
        {"\\<b", "b", "a b", NULL, "ab"},
        {"b\\>", "b", "b a", NULL, "ba"},
        {"\\<", "a", " a", NULL, "", " "},
        {"\\>", "a", "a ", NULL, "", " "},
        {"\\bb", "b", "a b", NULL, "ab"},
        {"\\Bb", "ab", NULL, "b", "a b"},
        {"^\\B$", "", NULL, "a"},
        {"a|b", "a", "b", NULL, "c"},
        {"^(a|bc|)$", "a", "bc", "", NULL, "b", "abc"},
        {"^(|a)b$", "b", "ab", NULL, "a"},
        {"^a|b$", "ac", "cb", NULL, "bac"},
        {"^(a(b|c)d|e)$", "abd", "acd", "e", NULL, "ad", "abcd"},
        {"^()$", "", NULL, "a"},
        {"a)", "a)", NULL, "a"},
        {"a]}", "a]}", NULL, "a"},
        {"a$|^$", "a", "", NULL, "b"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        bool   wanted = true;
        size_t seen = 0;

        for (size_t k = 1; k < 14 && (table[i][k] != NULL || wanted); k++, seen++)
            if (table[i][k] == NULL)
                wanted = false;
            else
                check_match(table[i][0], table[i][k], wanted);
        CHECK(!wanted && seen > 2);
    }
    CHECK(matches("a.b", "a\0b", 3));
    CHECK(!matches("ab", "ab", 1));
    CHECK(matches("^[[:cntrl:]]$", "\0", 1));
    CHECK(!matches("^[^a]b$", "x\1", 2)); /* the set behind an inverted one is whole */
}

/* The allowed numbers of repetitions of a part: bit N stands for N times the letter a. */
static void repetitions(void)
{
    static const struct {
        const char *text;
        unsigned    times;
    } table[] = {
        {"a*", 0x7f},          {"a+", 0x7e},
        {"a?", 0x03},          {"a{0}", 0x01},
        {"a{1}", 0x02},        {"a{3}", 0x08},
        {"a{2,}", 0x7c},       {"a{0,}", 0x7f},
        {"a{1,}", 0x7e},       {"a{,2}", 0x07},
        {"a{,0}", 0x01},       {"a{0,1}", 0x03},
        {"a{1,1}", 0x02},      {"a{2,4}", 0x1c},
        {"a{0,3}", 0x0f},      {"(a{2}){2}", 0x10},
        {"(aa|aaa)*", 0x7d},   {"(a?){3}", 0x0f},
        {"a**", 0x7f},         {"(a*)+", 0x7f},
        {"(a{2,3}){2}", 0x70}, {"a{2}{3}", 0x40},
        {"(a|aa){2}", 0x1c},   {"a?a?aa", 0x1c},
        {"(aa)+a?", 0x7c},     {"((a){1,2}){1,2}", 0x1e},
        {"a{02}", 0x04},       {"(aaa)?(aa)?", 0x2d},
    };
    char text[64];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (size_t n = 0; n <= 6; n++) {
            snprintf(text, sizeof(text), "^(%s)$", table[i].text);
            check_match(text, &"aaaaaa"[6 - n], (table[i].times >> n & 1) != 0);
        }
}

static char *many(const char *piece, size_t count, const char *behind)
{
    char *text = calloc(count * strlen(piece) + strlen(behind) + 1, 1);

    CHECK(text != NULL);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * strlen(piece), piece, strlen(piece));
    strcat(text, behind);
    return text;
}

static void a_long_expression_is_whole(void)
{
    char *text = many("a", REGEX_NODES * 6 / 10, "b?c$");
    char *line = many("a", REGEX_NODES * 6 / 10, "c");

    CHECK(matches(text, line, strlen(line)));
    CHECK(!matches(text, line + 1, strlen(line) - 1));
    free(text);
    free(line);
}

static int error_of(const char *text)
{
    struct regex *regex = (struct regex *) text;
    int           error = regex_new(text, &regex);

    CHECK_EQUAL(regex == NULL, error != 0);
    regex_free(regex);
    return error;
}

static void refused(void)
{
    static const char *const none[] = {
        "*",
        "+a",
        "?",
        "{2}",
        "a{}",
        "a|*",
        "(+)",
        "(",
        "(a",
        "[",
        "[a",
        "[]",
        "[^]",
        "[b-a]",
        "[[:no:]]",
        "[[:alpha]",
        "[a-[:digit:]]",
        "[A-[:digit:]]",
        "[[.a.]]",
        "[[=a=]]",
        "[A-[.a.]]",
        "[a-[.x.]]",
        "a{",
        "a{2",
        "a{2,",
        "a{2,1}",
        "a{,}x{",
        "a{x}",
        "\\",
        "^*",
        "$+",
        "^{2}",
        "a{-1}",
    };
    char *text;

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (error_of(none[i]) != -EINVAL) {
            fprintf(stderr, "%s\n", none[i]);
            test_fail(__FILE__, __LINE__, "refused");
        }
    CHECK_EQUAL(error_of("(a)\\1"), -ENOTSUP);
    CHECK_EQUAL(error_of("\\9"), -ENOTSUP);
    CHECK_EQUAL(error_of(text = many("a", REGEX_NODES - 1, "")), 0); /* one node is its end */
    free(text);
    CHECK_EQUAL(error_of("(){99999}"), -E2BIG); /* although it would repeat nothing */
    CHECK_EQUAL(error_of(text = many("a", REGEX_NODES, "")), -E2BIG);
    free(text);
    CHECK_EQUAL(error_of("a{999}"), 0);
    CHECK_EQUAL(error_of("a{1000}"), -E2BIG);
    CHECK_EQUAL(error_of("a{1001}"), -E2BIG);
    CHECK_EQUAL(error_of("a{99999999999999999999}"), -E2BIG);
    CHECK_EQUAL(error_of("(((a{255}){255}){255}){255}"), -E2BIG);
    CHECK_EQUAL(error_of(text = many("[ab]", 2 * REGEX_NODES, "")), -E2BIG);
    free(text);
    text = many("(", REGEX_DEPTH, "a");
    CHECK_EQUAL(error_of(text), -EINVAL); /* none is closed */
    free(text);
    CHECK_EQUAL(error_of(text = many("(", REGEX_DEPTH + 1, "a")), -E2BIG);
    free(text);
    CHECK_EQUAL(error_of(text = many("(a)", REGEX_DEPTH + 1, "")), 0); /* side by side */
    free(text);
    CHECK_EQUAL(error_of(text = many("a{0}", REGEX_NODES, "")), 0); /* a set each, but no node */
    free(text);
    CHECK_EQUAL(error_of(text = many("a{0}", REGEX_NODES + 1, "")), -E2BIG);
    free(text);
}

static void a_refused_expression_leaves_no_memory(void)
{
    size_t before;

    error_of("(");
    before = heap_allocated();
    error_of("(");
    CHECK_EQUAL(heap_allocated(), before);
}

/* Returns random numbers that are the same in each run. */
static unsigned pick(unsigned count)
{
    static unsigned long long state = 1;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned) (state >> 33) % count;
}

static void add_piece(char *text, int depth)
{
    static const char *const atoms[] = {"a", "b", "ab", ".", "[ab]", "[^a]", "c"};
    static const char *const bounds[] = {"",  "",    "",      "*",     "+",
                                         "?", "{2}", "{1,2}", "{0,2}", "{2,}"};

    if (depth > 0 && pick(3) == 0) {
        strcat(text, "(");
        for (unsigned i = pick(3); i < 3; i++)
            add_piece(text, depth - 1);
        if (pick(2) == 0) {
            strcat(text, "|");
            add_piece(text, depth - 1);
        }
        strcat(text, ")");
    } else {
        strcat(text, atoms[pick(sizeof(atoms) / sizeof(atoms[0]))]);
    }
    strcat(text, bounds[pick(sizeof(bounds) / sizeof(bounds[0]))]);
}

static void as_the_library_says(void)
{
    for (unsigned round = test_many(3000, 300); round > 0; round--) {
        char    text[1024] = "";
        regex_t regex;

        if (pick(2) == 0)
            strcat(text, "^");
        add_piece(text, 2);
        add_piece(text, 2);
        if (pick(2) == 0)
            strcat(text, "$");
        CHECK_EQUAL(regcomp(&regex, text, REG_EXTENDED | REG_NOSUB), 0);
        for (int i = 0; i < 20; i++) {
            char line[8] = "";

            for (unsigned k = pick(sizeof(line)); k > 0; k--)
                line[k - 1] = "abc"[pick(3)];
            check_match(text, line, regexec(&regex, line, 0, NULL, 0) == 0);
        }
        regfree(&regex);
    }
}

TEST_MAIN({"forms", forms}, {"repetitions", repetitions}, {"refused", refused},
          {"library", as_the_library_says}, {"long", a_long_expression_is_whole},
          {"leak", a_refused_expression_leaves_no_memory})
