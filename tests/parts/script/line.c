/* Tests how a line of a script becomes words (cli/script/line_words.h). */
#include "tests/parts/written.h"

#include "cli/script/line_words.h"

static char *const no_arguments[] = {NULL};
static char *const some_arguments[] = {"a b", "", "c", "4", "5", "6", "7", "8", "9", "ten", NULL};
static char *const environment[] = {"NAMES=other",  "NAME=value", "EMPTY=", "HOME=/home/x",
                                    "_a9=under it", "NAME=later", NULL};

/* Splits LINE, of SIZE bytes. Bytes that would change its meaning stand behind it. */
static int split(struct words *ret, const char *line, size_t size, const struct words_scope *scope,
                 struct words_error *ret_error, struct text *why)
{
    struct text copy = {0};
    int         error;

    text_append(&copy, line, size);
    text_add(&copy, "x'}\"");
    CHECK(!copy.failed);
    error = words_split(ret, copy.data, size, scope, ret_error, why);
    text_release(&copy);
    return error;
}

/* Checks the words of LINE, of SIZE bytes: "[WORD]" for each. */
static void check_words(const struct words_scope *scope, const char *line, size_t size,
                        const char *wanted)
{
    struct words       words;
    struct words_error error;
    struct text        why = {0}, text = {0};

    if (split(&words, line, size, scope, &error, &why) != 0) {
        fprintf(stderr, "%s: %.*s\n", line, (int) why.size, why.data);
        test_fail(__FILE__, __LINE__, "the line has words");
    }
    for (size_t i = 0; i < words.count; i++)
        text_printf(&text, "[%s]", words.list[i]);
    CHECK(words.list[words.count] == NULL);
    check_written(&text, wanted);
    words_release(&words);
}

/* Checks that LINE is an error with the message MESSAGE in its line NUMBER, from 0, for which MISSING is missing. */
static void check_refused(const struct words_scope *scope, const char *line, size_t number,
                          char missing, const char *message)
{
    struct words       words;
    struct words_error error;
    struct text        why = {0};

    CHECK_EQUAL(split(&words, line, strlen(line), scope, &error, &why),
                missing != '\0' ? -EAGAIN : -EINVAL);
    check_written(&why, message);
    CHECK_EQUAL(error.line, number);
    CHECK_EQUAL(error.missing, missing);
}

/* Lines and their words. */
struct example {
    const char *line, *words;
};

static void check_all(const struct words_scope *scope, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_words(scope, examples[i].line, strlen(examples[i].line), examples[i].words);
}

#define CHECK_ALL(scope, examples)                                                                 \
    check_all(scope, examples, sizeof(examples) / sizeof((examples)[0]))

static const struct words_scope plain = {.name = "script", .environment = environment};
static const struct words_scope none = {.arguments = no_arguments, .environment = environment};
static const struct words_scope full = {
    .name = "script", .arguments = some_arguments, .environment = environment};

static void quotes_and_blanks(void)
{
    static const struct example examples[] = {
        {"", ""},
        {" \t ", ""},
        {"a  b\tc ", "[a][b][c]"},
        {"'a b' \"c d\" e\\ f", "[a b][c d][e f]"},
        {"'a'\"b\"c", "[abc]"},
        {"'' \"\" x''", "[][][x]"},
        {"'\\' \"\\\\ \\\" \\$x \\` \\a\" \\'", "[\\][\\ \" $x ` \\a][']"},
        {"a#b '#' \\# # c", "[a#b][#][#]"},
        {"\\|\\ \\\\ \\a", "[| \\][a]"},
        {"a\\", "[a\\]"},
        {"\\}\"\\}\"", "[}\\}]"},
        /* the end of the line */
        {"a b\nc", "[a][b]"},
        {"a b\r\nc", "[a][b]"},
        {"a b\r", "[a][b]"},
        {"a\rb", "[a\rb]"},
        {"a \\\n  b\\\nc", "[a][bc]"},
        {"\"a\\\nb\" 'c\nd' 'e\\\nf'", "[ab][c\nd][e\\\nf]"},
    };

    CHECK_ALL(&plain, examples);
}

static void homes(void)
{
    static const struct example examples[] = {
        {"~ ~/a a~ \"~\" ~b ~", "[/home/x][/home/x/a][a~][~][~b][/home/x]"},
        {"~\r\n", "[/home/x]"},
        {"~\t~", "[/home/x][/home/x]"},
    };
    static const struct example homeless[] = {{"~ ~/a", "[~][~/a]"}};

    CHECK_ALL(&plain, examples);
    CHECK_ALL(&(struct words_scope){0}, homeless);
}

static void arguments(void)
{
    static const struct example with[] = {
        {"$0 ${0} $00", "[script][script][script0]"},
        {"$1 x$1y \"$2\" $2 z", "[a b][xa by][][z]"},
        {"$4 ${10} $10 ${010}", "[4][ten][a b0][ten]"},
        {"x${11}y \"${99999999999999999999}\" ${11}", "[xy][]"},
        {"$# ${#}", "[10][10]"},
        {"\"$@\"", "[a b][][c][4][5][6][7][8][9][ten]"},
        {"x\"$@\"y", "[xa b][][c][4][5][6][7][8][9][teny]"},
        {"$@", "[a b][c][4][5][6][7][8][9][ten]"},
        {"x$*y", "[xa b][c][4][5][6][7][8][9][teny]"},
        {"\"$*\"", "[a b  c 4 5 6 7 8 9 ten]"},
    };
    static const struct example without[] = {
        {"a \"$@\" b", "[a][b]"},           {"a $@ $* b", "[a][b]"},
        {"a \"\"\"$@\" b", "[a][][b]"},     {"a \"$@\"\"\" b", "[a][][b]"},
        {"a \"$@$@\" b", "[a][b]"},         {"a \"${@}\" ${@} b", "[a][b]"},
        {"a \"$@$NOTHING\" b", "[a][][b]"}, {"a \"$NOTHING$@\" b", "[a][][b]"},
        {"a \"x$@\" b", "[a][x][b]"},       {"a \"$*\" b", "[a][][b]"},
        {"a \"$1\" b $1", "[a][][b]"},      {"$#", "[0]"},
    };

    static char *const          single[] = {"only", NULL};
    static const struct example with_one[] = {{"${@:-none} \"${*:-none}\" $#", "[only][only][1]"}};

    CHECK_ALL(&full, with);
    CHECK_ALL(&((struct words_scope){.arguments = single}), with_one);
    CHECK_ALL(&none, without);
    CHECK_ALL(&plain, without);
}

static void variables(void)
{
    static const struct example examples[] = {
        {"$NAME \"$NAME\" x${NAME}y $_a9", "[value][value][xvaluey][under it]"},
        {"$NAME-x $NAM $NAMES. $NAME9", "[value-x][other.]"},
        {"$EMPTY \"$EMPTY\" ${NOTHING} \"${NOTHING}\" x", "[][][x]"},
        {"$ a$ \"$\" $. \"a$\" $\"x\" \"$'\"", "[$][a$][$][$.][a$][$x][$']"},
    };

    CHECK_ALL(&plain, examples);
    check_words(&(struct words_scope){0}, "$NAME x", strlen("$NAME x"), "[x]");
}

static void defaults(void)
{
    static const struct example examples[] = {
        {"${NAME:-x} ${EMPTY:-x} ${NOTHING:-x} ${99:-y}", "[value][x][x][y]"},
        {"\"${NOTHING:-a b}\" \"${NOTHING:-$NAME}\" ${NOTHING:-${EMPTY:-deep}}",
         "[a b][value][deep]"},
        {"\"${NOTHING:-it's}\" ${NOTHING:-\"}\"} ${NOTHING:-'}'}", "[it's][}][}]"},
        {"${NOTHING:-a b|c;d\r\ne\n}f g", "[a b|c;d\r\ne\nf][g]"},
        {"\"${NOTHING:-a\\}b}\" ${NOTHING:-a\\}b}", "[a}b][a}b]"},
        {"x \"${NOTHING:-$*}\" y", "[x][a b  c 4 5 6 7 8 9 ten][y]"},
        {"x \"${NAME:-$@}\" ${NAME:-\"$@\"}z", "[x][value][valuez]"},
        {"${NAME:-'a'\"b\"~$1}", "[value]"},
        {"${EMPTY:-} x${EMPTY:-}", "[x]"},
        {"${EMPTY:-''} ${EMPTY:-\"\"} ${NAME:-''} x", "[][][value][x]"},
        {"\"${NOTHING:-\"a b\"c}\"", "[a bc]"},
        {"${NOTHING:-a\\\nb} \"${NOTHING:-c\\\nd}\"", "[ab][cd]"},
        {"${@:-none} ${#:-none}", "[a b][c][4][5][6][7][8][9][ten][10]"},
        {"${0:-none} ${1:-none} ${2:-none}", "[script][a b][none]"},
        {"x \"${NOTHING:-\"\"}\" \"${NAME:-a}\\}\" \"${NOTHING:-b}\\}\" y",
         "[x][][value\\}][b\\}][y]"},
        /* in quotes again after a default that is not used */
        {"${NAME:-${NAME:-x}y}$1", "[valuea b]"},
    };
    static const struct example without[] = {
        {"${@:-none} \"${*:-none}\" ${#:-none} ${*:-a}", "[none][none][0][a]"},
        {"x \"${NAME:-$@}\" y \"${NOTHING:-$@}\"", "[x][value][y]"},
        {"x \"${NOTHING:-\"$@\"}\" y", "[x][][y]"},
    };

    CHECK_ALL(&full, examples);
    CHECK_ALL(&none, without);
}

static void statuses(void)
{
    int                      status = 137;
    const struct words_scope scope = {.status = &status};

    check_words(&scope, "$? ${?} \"$?\" ${?:-x}", 20, "[137][137][137][137]");
    status = 0;
    check_words(&scope, "$? ${?:-x}", 10, "[0][0]");
}

static void errors(void)
{
    static const char deep[] = "${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-";
    static const struct {
        const char *line;
        size_t      number;
        char        missing;
        const char *message;
    } examples[] = {
        {"a 'b", 0, '\'', "unterminated ' quote"},
        {"a\\\nb 'c", 1, '\'', "unterminated ' quote"},
        {"\"a", 0, '"', "unterminated \" quote"},
        {"'a\nb' \"c\nd", 1, '"', "unterminated \" quote"},
        {"a \\\n", 0, '\n', "nothing follows the backslash at the line's end"},
        {"a\\\n", 0, '\n', "nothing follows the backslash at the line's end"},
        {"\"a\\\n", 0, '\n', "nothing follows the backslash at the line's end"},
        {"${A:-\\\n", 0, '\n', "nothing follows the backslash at the line's end"},
        {"x ${", 0, '}', "unterminated ${"},
        {"x\\\n${A", 1, '}', "unterminated ${"},
        {"${A:-x\n", 0, '}', "unterminated ${"},
        {"${A:-\"}", 0, '"', "unterminated \" quote"},
        {"x ${A b} c}", 0, 0, "bad substitution: ${A b}"},
        {"${} x", 0, 0, "bad substitution: ${}"},
        {"}${A b}", 0, 0, "bad substitution: ${A b}"},
        {"x ${A b", 0, 0, "bad substitution: ${A b"},
        {"${#A}", 0, 0, "bad substitution: ${#A}"},
        {"${A:x}", 0, 0, "bad substitution: ${A:x}"},
        {"${A-x}", 0, 0, "bad substitution: ${A-x}"},
        {"x\\\n${A b\nc}", 1, 0, "bad substitution: ${A b"},
        {"${A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", 0, 0,
         "bad substitution: ${A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"},
        {"${A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", 0, 0,
         "bad substitution: ${A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"$? x", 0, 0, "bad substitution: $?"},
        {"\"$$x\"", 0, 0, "bad substitution: $$"},
        {"$!", 0, 0, "bad substitution: $!"},
        {"$-", 0, 0, "bad substitution: $-"},
        {"$'a'", 0, 0, "bad substitution: $'"},
        {"${?}", 0, 0, "bad substitution: ${?}"},
        {"a\\\n$(ls)", 1, 0, "no command substitution here; sh -c '...' has it"},
        {"a\\\n`ls`", 1, 0, "no command substitution here; sh -c '...' has it"},
        {"\"`ls`\"", 0, 0, "no command substitution here; sh -c '...' has it"},
        {"a | b", 0, 0, "unexpected '|'; quote it, or use sh -c '...'"},
        {"a &", 0, 0, "unexpected '&'; quote it, or use sh -c '...'"},
        {"a \\\n b \\\n c;", 2, 0, "unexpected ';'; quote it, or use sh -c '...'"},
        {"<", 0, 0, "unexpected '<'; quote it, or use sh -c '...'"},
        {"a>", 0, 0, "unexpected '>'; quote it, or use sh -c '...'"},
        {"(", 0, 0, "unexpected '('; quote it, or use sh -c '...'"},
        {")", 0, 0, "unexpected ')'; quote it, or use sh -c '...'"},
    };
    struct text        text = {0};
    struct words       words;
    struct words_error error;

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check_refused(&plain, examples[i].line, examples[i].number, examples[i].missing,
                      examples[i].message);
    CHECK_EQUAL(words_split(&words, "a\nb\0c", 5, &plain, &error, &text), -EINVAL);
    CHECK_EQUAL(error.line, 1);
    check_written(&text, "the line holds a NUL byte");
    CHECK_EQUAL(words_split(&words, "\n\0", 2, &plain, &error, &text), -EINVAL);
    CHECK_EQUAL(error.line, 1);
    text_release(&text);
    CHECK_EQUAL(words_split(&words, "\0", 1, &plain, &error, &text), -EINVAL);
    text_release(&text);
    /* 32 substitutions may be nested. */
    text_printf(&text, "%s%s%s%sx}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}} y", deep, deep, deep, deep);
    text_byte(&text, '\0', 1);
    check_words(&plain, text.data, strlen(text.data), "[x][y]");
    text_release(&text);
    text_printf(&text, "%s%s%s%s${A:-x}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}", deep, deep, deep, deep);
    text_byte(&text, '\0', 1);
    check_refused(&plain, text.data, 0, 0, "substitutions are nested too deeply");
    text_release(&text);
}

static void long_lines(void)
{
    /* Eight words of one MiB, each with the byte that ends it, are one byte too many for each of them. */
    static char              value[(1 << 20) + 5] = "BIG=";
    char *const              big[] = {value, NULL};
    const struct words_scope with = {.environment = big};
    struct words             words;
    struct words_error       error;
    struct text              why = {0};

    memset(value + 4, 'x', (1 << 20) - 1);
    CHECK_EQUAL(
        words_split(&words, "$BIG $BIG $BIG $BIG $BIG $BIG $BIG $BIG", 39, &with, &error, &why), 0);
    CHECK_EQUAL(words.count, 8);
    words_release(&words);
    CHECK_EQUAL(words_split(&words, "\\\n$BIG $BIG $BIG $BIG $BIG $BIG $BIG $BIG''x\n", 45, &with,
                            &error, &why),
                -EINVAL);
    CHECK_EQUAL(error.line, 1);
    CHECK_EQUAL(error.missing, 0);
    check_written(&why, "the line is too long with all that it expands to");
}

TEST_MAIN({"quotes", quotes_and_blanks}, {"homes", homes}, {"arguments", arguments},
          {"variables", variables}, {"defaults", defaults}, {"statuses", statuses},
          {"errors", errors}, {"long", long_lines})
