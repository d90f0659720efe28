/* Tests where the commands of a run come from (cli/script/command_source.h), and what is found out about them. */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/commands/unknown_command.h"
#include "cli/script/command_source.h"
#include "cli/script/each.h"
#include "cli/script/needs_order.h"
#include "cli/script/pace.h"
#include "cli/script/plan.h"
#include "cli/view/message.h"

static char *const no_environment[] = {NULL};

/* Adds the words, with a bar behind each. */
static void add_words(struct text *text, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        text_printf(text, "%s|", words->list[i]);
}

/* Returns a script with the lines of TEXT. */
static struct script script_of(const char *text)
{
    return (struct script){.name = "script", .fd = file_of(text, strlen(text))};
}

/* Checks the commands that SOURCE still has: "LINE:WORDS" of each. */
static void check_commands(struct command_source *source, const char *wanted)
{
    struct text  text = {0}, why = {0};
    struct words words;
    int          found;

    while ((found = command_source_next(source, &words, &why)) > 0) {
        text_printf(&text, "%zu:", source->line);
        add_words(&text, &words);
        words_release(&words);
    }
    CHECK_EQUAL(found, 0);
    check_written(&text, wanted);
}

/* Sources of commands */

static void sources_have_lines(void)
{
    static char *const environment[] = {"X=value", NULL}, *const arguments[] = {"one", NULL};
    struct script         script = script_of("# a\nlist $X\n\njoin \\\n $1\n'a\nb'\n");
    struct command_source source, ahead;
    struct plan           plan = {0};
    struct words          words;
    struct text           why = {0};

    script.scope.arguments = arguments;
    command_source_open(&source, &script, environment);
    CHECK(command_source_open_ahead(&ahead, &source));
    check_commands(&ahead, "2:list|value|4:join|one|6:a\nb|");
    command_source_close_ahead(&ahead, &source);
    CHECK_EQUAL(command_source_next(&source, &words, &why), 1);
    CHECK_TEXT(words.list[1], "value");
    words_release(&words);
    /* A source that looks ahead returns the same commands, and changes nothing. */
    CHECK(command_source_open_ahead(&ahead, &source));
    check_commands(&ahead, "4:join|one|6:a\nb|");
    command_source_close_ahead(&ahead, &source);
    CHECK(command_source_open_ahead(&ahead, &source));
    CHECK_EQUAL(command_source_next(&ahead, &words, &why), 1);
    words_release(&words);
    command_source_close_ahead(&ahead, &source);
    CHECK_EQUAL(command_source_read_plan(&source, &plan, &why), 0);
    command_source_close(&source);
    CHECK_EQUAL(plan.count, 2);

    /* A plan gives the commands that are not left out, each once. */
    words_release(&plan.commands[0].words);
    script.plan = &plan;
    command_source_open(&source, &script, environment);
    CHECK(!command_source_open_ahead(&ahead, &source));
    check_commands(&source, "6:a\nb|");
    check_commands(&source, "");
    command_source_close(&source);
    plan_release(&plan);
    CHECK(plan.commands == NULL && plan.count == 0);
    close(script.fd);
}

static void long_sources_can_be_read_ahead(void)
{
    /* More than a file's lines are read at a time; the rest of the last read is copied. */
    struct text           text = {0}, why = {0};
    struct command_source source, ahead;
    struct script         script;
    struct words          words;

    for (int i = 0; i < 9000; i++)
        text_printf(&text, "list %d\n", i);
    text_byte(&text, '\0', 1);
    script = script_of(text.data);
    text_release(&text);
    command_source_open(&source, &script, no_environment);
    for (int i = 0; i < 9000; i++) {
        CHECK_EQUAL(command_source_next(&source, &words, &why), 1);
        CHECK(atoi(words.list[1]) == i && source.line == (size_t) i + 1);
        words_release(&words);
        if (i % 5000 == 3000) {
            CHECK(command_source_open_ahead(&ahead, &source));
            for (int j = i + 1; j < 9000; j++) {
                CHECK_EQUAL(command_source_next(&ahead, &words, &why), 1);
                CHECK(atoi(words.list[1]) == j && ahead.line == (size_t) j + 1);
                words_release(&words);
            }
            CHECK_EQUAL(command_source_next(&ahead, &words, &why), 0);
            command_source_close_ahead(&ahead, &source);
        }
    }
    CHECK_EQUAL(command_source_next(&source, &words, &why), 0);
    command_source_close(&source);
    close(script.fd);
}

static void what_is_no_file_is_not_read_ahead(void)
{
    struct script         script = {.name = "stdin"};
    struct command_source source, ahead;
    int                   ends[2];

    CHECK(pipe(ends) == 0);
    script.fd = ends[0];
    command_source_open(&source, &script, no_environment);
    CHECK(!command_source_open_ahead(&ahead, &source));
    command_source_close(&source);
}

static void errors_of_sources_are_explained(void)
{
    struct script         script = script_of("list\n\nlist '\n");
    struct command_source source;
    struct plan           plan = {0};
    struct text           why = {0};
    int                   status;

    command_source_open(&source, &script, no_environment);
    CHECK_EQUAL(command_source_read_plan(&source, &plan, &why), -EINVAL);
    CHECK_EQUAL(plan.count, 1); /* the command before it */
    said_begin();
    status = command_source_explain(&source, -EINVAL, &why);
    said_check("script:3: k3thread: unterminated ' quote\n");
    CHECK_EQUAL(status, STATUS_USAGE);
    script.name = "app/Procfile.dev";
    said_begin();
    (void) command_source_explain(&source, -EINVAL, &why);
    said_check("app/Procfile.dev:3: k3thread: unterminated ' quote; " PROCFILE_ADVICE "\n");
    /* A failure to read has no line. */
    script.name = "app/script";
    said_begin();
    status = command_source_explain(&source, -EIO, &why);
    said_check("k3thread: run: app/script: Input/output error\n");
    CHECK_EQUAL(status, STATUS_INTERNAL);
    command_source_close(&source);
    plan_release(&plan);
    text_release(&why);
    close(script.fd);
}

/* --each */

/* Checks the starts that COMMAND makes of the SIZE bytes of TEXT: "LINE:WORDS" of each. */
static void check_each(char *const *command, bool nul, const char *bytes, size_t size,
                       const char *wanted)
{
    struct each           each = {.command = command, .nul = nul};
    struct script         script = {.name = "stdin", .each = &each};
    struct command_source source, ahead;
    int                   fd = file_of(bytes, size);

    each_open(&each, fd);
    command_source_open(&source, &script, no_environment);
    CHECK(!command_source_open_ahead(&ahead, &source));
    check_commands(&source, wanted);
    command_source_close(&source);
    each_close(&each);
    close(fd);
}

#define BEGIN(name) "start|--name|" name "|--|"
#define X56         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define D51         "890123456789012345678901234567890123456789012345678"

static void words_become_starts(void)
{
    static char *const echo[] = {"echo", NULL}, *const marks[] = {"a{}{}b", "{", "{}", NULL};
    static const char names[] =
        "c:d\ne/f\n17\n\n17\n\x01\n" X56 "\ny" X56 "\n" D51 "\n1" D51 "\n\xc3\xa9" X56;

    check_each(echo, false, "a\n b \na", 7,
               "1:" BEGIN("a") "echo|a|2:" BEGIN(" b ") "echo| b |3:" BEGIN("a-2") "echo|a|");
    /* A byte-order mark belongs to the word. */
    check_each(echo, false, "\xef\xbb\xbf!\n", 5,
               "1:" BEGIN("\xef\xbb\xbf!") "echo|\xef\xbb\xbf!|");
    check_each(echo, true, "a\nb\0c\0", 6, "1:" BEGIN("a_b") "echo|a\nb|2:" BEGIN("c") "echo|c|");
    check_each(marks, false, "$1\n", 3, "1:" BEGIN("$1") "a$1$1b|{|$1|");
    check_each(marks, false, "{}\n", 3, "1:" BEGIN("{}") "a{}{}b|{|{}|");
    check_each(marks + 2, false, "", 0, "");
    check_each(
        echo, false, names, strlen(names),
        "1:" BEGIN("c_d") "echo|c:d|2:" BEGIN("e_f") "echo|e/f|3:" BEGIN(
            "word-17") "echo|17|"
                       "4:" BEGIN(
                           "emp"
                           "ty") "echo||5:" BEGIN("word-17-2") "echo|17|6:" BEGIN("_") "echo|\x01|"
                                                                                       "7:" BEGIN(
                                                                                           X56) "ec"
                                                                                                "ho"
                                                                                                "|" X56
                                                                                                "|8"
                                                                                                ":" BEGIN(X56 "-2") "echo|y" X56 "|9:" BEGIN(
                                                                                                    "w"
                                                                                                    "o"
                                                                                                    "r"
                                                                                                    "d"
                                                                                                    "-" D51) "echo|" D51
                                                                                                             "|10:" BEGIN(
                                                                                                                 "word-" D51
                                                                                                                 "-2") "echo|1" D51
                                                                                                                       "|11:" BEGIN(
                                                                                                                           X56
                                                                                                                           "-3") "echo|\xc3\xa9" X56
                                                                                                                                 "|");
    /* A character is not cut: 18 of these have 54 bytes, and 19 have 57. */
#define DAY6 "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
    check_each(echo, false, DAY6 DAY6 DAY6 DAY6, 72,
               "1:" BEGIN(DAY6 DAY6 DAY6) "echo|" DAY6 DAY6 DAY6 DAY6 "|");
}

static void a_word_has_no_nul_byte(void)
{
    static char *const echo[] = {"echo", NULL};
    struct each        each = {.command = echo};
    struct text        why = {0};
    struct words       words;

    each_open(&each, file_of("a\nb\0c\nd\n", 8));
    CHECK_EQUAL(each_next(&each, &words, &why), 1);
    words_release(&words);
    CHECK_EQUAL(each_next(&each, &words, &why), -EINVAL);
    CHECK_EQUAL(each.line, 2);
    check_written(&why, "the word holds a NUL byte; with --null, NUL bytes end the words");
    each_close(&each);
}

/* The order of needs */

/* Checks what is said of the start in LINE, which has failed with the status 3. */
static void check_order(const char *lines, size_t line, int status, const char *said)
{
    struct script script = script_of(lines);
    int           got;

    said_begin();
    message_hold_next();
    message_print("start", NULL, "held");
    CHECK_EQUAL(lseek(script.fd, 0, SEEK_END), strlen(lines)); /* it was read already */
    got = needs_order_explain(&script, no_environment, line, 3);
    message_set_origin(NULL, 0);
    message_print_held();
    said_check(said);
    CHECK_EQUAL(got, status);
    close(script.fd);
}

#define LATE ", which starts it, must come before this line\n"

static void needs_in_a_wrong_order_are_explained(void)
{
    static const char held[] = "k3thread: start: held\n";

    check_order(
        "start -n a --needs b -- x\nstart -n b --needs a:ended -- x\n", 1, STATUS_USAGE,
        "script:1: k3thread: start: ValueError: --needs goes in a circle: a needs b needs a\n");
    check_order("start -n a --needs b -- x\n\nstart -- x\nstart -n bb -- x\nstart -n b -- x\nstart "
                "-n b -- x\n",
                1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'b' yet: line 5" LATE);
    /* Of two needs, the first that is started later is named. */
    check_order("start -n z -- x\nstart -n a --needs z --needs c --needs b -- x\nstart -n b -- "
                "x\ndaemon -n c -- x\n",
                2, 3,
                "script:2: k3thread: start: InvalidThreadIdError: no thread 'c' yet: line 4" LATE);
    /* A need means the last start before it, or else the first one behind it. */
    check_order("start -n a --needs c -- x\nstart -n a -- x\nstart -n c --needs a -- x\n", 1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'c' yet: line 3" LATE);
    check_order(
        "start -n a -- x\nstart -n a --needs c -- x\nstart -n c --needs a -- x\n", 2, STATUS_USAGE,
        "script:2: k3thread: start: ValueError: --needs goes in a circle: a needs c needs a\n");
    check_order("start -n a --needs c -- x\nstart -n c --needs d -- x\nstart -n c --needs a -- x\n",
                1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'c' yet: line 2" LATE);
    check_order("start -n a --needs c -- x\nstart -n c --needs d -- x\nstart -n d -- x\nstart -n d "
                "--needs a -- x\n",
                1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'c' yet: line 2" LATE);
    /* The shortest way is shown. */
    check_order("start -n a --needs c -- x\nstart -n c --needs d --needs e -- x\nstart -n d "
                "--needs f -- x\n"
                "start -n e --needs f -- x\nstart -n f --needs g --needs a -- x\n",
                1, STATUS_USAGE,
                "script:1: k3thread: start: ValueError: --needs goes in a circle: a needs c needs "
                "d needs f needs a\n");
    /* A circle that the start is no part of does not count. */
    check_order("start -n a --needs b -- x\nstart -n b --needs c -- x\nstart -n c --needs b -- x\n",
                1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'b' yet: line 2" LATE);
    /* A wrong line is left out, and nothing is read behind a line that cannot be split. */
    check_order("start -n a --needs b -- x\nstart --wrong -n b -- x\nlist\nstart -n b -- x\n", 1, 3,
                "script:1: k3thread: start: InvalidThreadIdError: no thread 'b' yet: line 4" LATE);
    check_order("start -n a --needs b -- x\nlist '\nstart -n b -- x\n", 1, 3, held);
    check_order("start -n a --needs b -- x\nstart -n c -- x\n", 1, 3, held);
    check_order("start -n b -- x\nstart -n a --needs b -- x\nstart -n b -- x\n", 2, 3, held);
    check_order("join b\nstart -n b -- x\n", 1, 3, held);
    check_order("start -n a --needs b -- x\nstart -n b -- x\n", 3, 3, held);
    check_order("start -n a --needs a -- x\n", 1, 3, held); /* the supervisor has said it */
}

static void only_a_script_is_explained(void)
{
    static const char lines[] = "start -n a --needs b -- x\nstart -n b -- x\n";
    struct each       each = {0};
    struct plan       plan = {0};
    struct procfile  *procfile = (struct procfile *) &plan;
    struct script     scripts[4];
    struct text       bytes = {0};
    struct words      words;
    size_t            count = 0;
    int               ends[2];

    /* What would be explained, if it were a script. */
    for (const char *const *word =
             (const char *const[]){"start", "-n", "a", "--needs", "b", "x", NULL};
         *word != NULL;)
        words_add(&bytes, *word++, &count);
    CHECK_EQUAL(words_make(&words, &bytes, count), 1);
    CHECK_EQUAL(plan_add(&plan, &words, 1), 0);
    count = 0;
    for (const char *const *word = (const char *const[]){"start", "-n", "b", "x", NULL};
         *word != NULL;)
        words_add(&bytes, *word++, &count);
    CHECK_EQUAL(words_make(&words, &bytes, count), 1);
    CHECK_EQUAL(plan_add(&plan, &words, 2), 0);

    CHECK(pipe(ends) == 0);
    CHECK_EQUAL(write(ends[1], lines, strlen(lines)), strlen(lines));
    close(ends[1]);
    for (int i = 0; i < 4; i++)
        scripts[i] = script_of(lines);
    scripts[0].fd = ends[0];
    scripts[1].each = &each;
    scripts[2].plan = &plan;
    scripts[3].procfile = procfile;
    for (int i = 0; i < 4; i++) {
        said_begin();
        CHECK_EQUAL(needs_order_explain(&scripts[i], no_environment, 1, 3), 3);
        said_check("");
    }
    plan_release(&plan);
}

/* The pace */

/* Reads SCRIPT, and checks the lines before which it waits, and how many starts are then left: "LINE:REST" of each. */
static void check_pace(struct script *script, bool is_wanted, const char *wanted)
{
    struct pace           pace = {.is_wanted = is_wanted};
    struct command_source source;
    struct words          words;
    struct text           why = {0}, text = {0};

    command_source_open(&source, script, no_environment);
    while (command_source_next(&source, &words, &why) > 0) {
        if (pace_note(&pace, &source, &words))
            text_printf(&text, "%zu:%zu ", source.line, pace.rest);
        words_release(&words);
    }
    check_written(&text, wanted);
    CHECK(!pace.is_tail || pace.rest == 0);
    command_source_close(&source);
}

/* Adds COUNT lines LINE. */
static void add_lines(struct text *text, const char *line, int count)
{
    for (int i = 0; i < count; i++)
        text_printf(text, "%s\n", line);
}

/* Checks the pace of the script TEXT, which it empties. */
static void check_pace_of(struct text *text, const char *wanted)
{
    struct script script;

    text_byte(text, '\0', 1);
    script = script_of(text->data);
    check_pace(&script, true, wanted);
    CHECK_EQUAL(lseek(script.fd, 0, SEEK_SET), 0);
    check_pace(&script, false, "");
    close(script.fd);
    text_release(text);
}

static void a_long_tail_has_a_pace(void)
{
    struct text text = {0};

    add_lines(&text, "start -- true", 1500);
    check_pace_of(&text, "1000:500 1024:476 1280:220 ");
    add_lines(&text, "start -- true", 999);
    check_pace_of(&text, "");
    add_lines(&text, "start -- true", 1000);
    check_pace_of(&text, "1000:0 ");
    /* A later line that may mean an earlier thread: the script is not in its tail before that line. */
    add_lines(&text, "start -- true", 1200);
    add_lines(&text, "join 1", 1);
    add_lines(&text, "start -- true", 1100);
    check_pace_of(&text, "2201:100 2225:76 ");
}

static void a_script_that_cannot_be_read_ahead_has_no_pace(void)
{
    struct script script = {.name = "stdin"};
    struct text   text = {0};
    int           ends[2];

    add_lines(&text, "start -- true", 1300);
    CHECK(pipe(ends) == 0 && write(ends[1], text.data, text.size) == (ssize_t) text.size);
    close(ends[1]);
    script.fd = ends[0];
    check_pace(&script, true, "");
    close(ends[0]);
    text_release(&text);
}

static void plain_starts_are_known(void)
{
    static const char *const plain[] = {
        "start true",           "start -n a -- true",   "start --name a true",
        "start --name=a true",  "start -t 1 true",      "start --timeout=1 x",
        "start -g 1 true",      "start --grace 1 true", "start -e A=1 true",
        "start --env=A=1 true", "start -C / true",      "start --directory / true",
        "start -o f -t 3 true", "start --output=f x",   "start true -x",
        "start -- -x",
    };
    static const char *const other[] = {
        "list",
        "join a",
        "daemon true",
        "start",
        "start -n a",
        "start -n",
        "start -na true",
        "start -n=a x",
        "start --needs a true",
        "start -w true",
        "start --names=a x",
        "start --nam=a true",
        "start --name=a",
    };
    struct text text = {0};

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        add_lines(&text, plain[i], 1000);
        check_pace_of(&text, "1000:0 ");
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        add_lines(&text, other[i], 1000);
        check_pace_of(&text, "");
    }
}

static void each_word_is_a_tail(void)
{
    static char *const echo[] = {"echo", NULL};
    struct each        each = {.command = echo};
    struct script      script = {.name = "stdin", .each = &each};
    struct plan        plan = {0};
    struct text        text = {0};

    add_lines(&text, "a", 600);
    each_open(&each, file_of(text.data, text.size));
    text_release(&text);
    check_pace(&script, true, "256:0 512:0 ");
    each_close(&each);
    /* A plan is not paced. */
    script = (struct script){.name = "script", .plan = &plan};
    for (size_t i = 0; i < 1200; i++) {
        struct words words;
        size_t       count = 0;

        words_add(&text, "start", &count);
        words_add(&text, "true", &count);
        CHECK_EQUAL(words_make(&words, &text, count), 1);
        CHECK_EQUAL(plan_add(&plan, &words, i + 1), 0);
        CHECK(words.list == NULL);
    }
    check_pace(&script, true, "");
    plan_release(&plan);
}

TEST_MAIN({"sources", sources_have_lines}, {"ahead", long_sources_can_be_read_ahead},
          {"no-file", what_is_no_file_is_not_read_ahead},
          {"explained", errors_of_sources_are_explained}, {"each", words_become_starts},
          {"nul", a_word_has_no_nul_byte}, {"needs", needs_in_a_wrong_order_are_explained},
          {"scripts", only_a_script_is_explained}, {"pace", a_long_tail_has_a_pace},
          {"pipe", a_script_that_cannot_be_read_ahead_has_no_pace},
          {"plain", plain_starts_are_known}, {"tail", each_word_is_a_tail})
