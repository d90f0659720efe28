/* Tests what the quick way reads: plain command lines, and the answers to them (cli/quick). */
#include "tests/lib/test.h"

#include "cli/base/text.h"
#include "cli/quick/answer.h"
#include "cli/quick/list_answer.h"
#include "cli/quick/plain_command.h"

#include <jansson.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

#define RESULT(json) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" json "}"
#define PART(rows)   "{\"jsonrpc\":\"2.0\",\"method\":\"table\",\"params\":{\"table\":\"" rows "\"}}"
#define TABLE(rows)  RESULT("{\"table\":\"" rows "\"}")

static char *no_variables[] = {NULL};
static char  no_word[] = "list";

/* The process of the quick way ends so soon that it frees nothing: the address sanitizer must not look for leaks. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* Command lines */

/*
 * Reads LINE, whose words are apart by blanks; '' is an empty word, and % stands for a blank. The words last until the
 * next call.
 */
static bool read_line(struct plain_command *command, const char *line)
{
    static char  copy[256];
    static char *words[32];
    size_t       count = 0;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
        if (strcmp(word, "''") == 0)
            *word = '\0';
        for (char *blank = word; (blank = strchr(blank, '%')) != NULL;)
            *blank = ' ';
    }
    memset(command, 0x7f, sizeof(*command));
    words[count] = NULL;
    words[count + 1] = no_word; /* the environment stands there, and may look like a command */
    words[count + 2] = NULL;
    return plain_command_read(command, words, no_variables);
}

static void check_start(const char *line, bool daemon, const char *name, const char *command)
{
    struct plain_command got;

    CHECK(read_line(&got, line));
    CHECK_EQUAL(got.command, QUICK_START);
    CHECK_TEXT(got.method, "start");
    CHECK_EQUAL(got.request.start.daemon, daemon);
    CHECK((got.request.start.name == NULL) == (name == NULL));
    CHECK(name == NULL || strcmp(got.request.start.name, name) == 0);
    CHECK_TEXT(got.request.start.command[0], command);
    CHECK(got.request.start.environment == no_variables);
    CHECK(got.request.start.timeout < 0);
}

static void plain_starts_are_read(void)
{
    check_start("start true", false, NULL, "true");
    check_start("daemon true", true, NULL, "true");
    check_start("start -d true -x", true, NULL, "true");
    check_start("start --daemon -n web true", true, "web", "true");
    check_start("start -n a --name b -d true", true, "b", "true");
    check_start("daemon -n -a true", true, "-a", "true");
    check_start("start -n web -d true", true, "web", "true");
    check_start("start a%b", false, NULL, "a b");
    check_start("start -- -x", false, NULL, "-x");
    check_start("start -n web -- true", false, "web", "true");
    check_start("-S sock -L label -S other start true", false, NULL, "true");
}

static void check_thread(const char *line, enum quick_command command, const char *method,
                         const char *thread)
{
    struct plain_command got;

    CHECK(read_line(&got, line));
    CHECK_EQUAL(got.command, command);
    CHECK_TEXT(got.method, method);
    if (command == QUICK_JOIN) {
        CHECK_TEXT(got.request.join.thread, thread);
        CHECK(got.request.join.timeout < 0);
    } else {
        CHECK_TEXT(got.request.raise.thread, thread);
    }
}

static void check_raise(const char *line, const char *exception)
{
    struct plain_command got;

    check_thread(line, QUICK_RAISE, "raise", "a*");
    CHECK(read_line(&got, line));
    CHECK_TEXT(got.request.raise.exception, exception);
}

static void plain_joins_raises_and_lists_are_read(void)
{
    struct plain_command got;

    check_thread("join web", QUICK_JOIN, "join", "web");
    check_thread("join 7", QUICK_JOIN, "join", "7");
    check_raise("raise a*", "SystemExit");
    check_raise("raise a* HUP", "HUP");
    check_raise("raise a* my_Error.x9", "my_Error.x9");
    check_raise("raise a* azAZ_z", "azAZ_z");
    check_raise("raise a* a0", "a0");
    for (int aliases = 0; aliases < 2; aliases++) {
        CHECK(read_line(&got, aliases ? "ls" : "list"));
        CHECK_EQUAL(got.command, QUICK_LIST);
        CHECK_TEXT(got.method, "list");
        CHECK(got.request.list.threads == NULL);
        CHECK(read_line(&got, aliases ? "ls a b*" : "list a b*"));
        CHECK_TEXT(got.request.list.threads[0], "a");
        CHECK_TEXT(got.request.list.threads[1], "b*");
    }
    CHECK(got.socket == NULL && got.label == NULL);
    CHECK(read_line(&got, "-L a -S b list"));
    CHECK_TEXT(got.label, "a");
    CHECK_TEXT(got.socket, "b");
}

static void all_other_lines_are_left_to_the_program(void)
{
    static const char *const lines[] = {"",
                                        "-S",
                                        "-S a",
                                        "-L a",
                                        "top",
                                        "starts true",
                                        "start",
                                        "start -d",
                                        "start --",
                                        "start -n web",
                                        "start -n web --",
                                        "start -x true",
                                        "start -t 5 true",
                                        "start ''",
                                        "start a\nb",
                                        "join",
                                        "join -a",
                                        "join a b",
                                        "join ''",
                                        "join a*",
                                        "join a?",
                                        "join a[b]",
                                        "join a\x1f",
                                        "raise",
                                        "raise -x",
                                        "raise a b c",
                                        "raise a -x",
                                        "raise a ''",
                                        "raise a 9x",
                                        "raise a .x",
                                        "raise a x-y",
                                        "raise a x@",
                                        "raise a x[",
                                        "raise a x`",
                                        "raise a x{",
                                        "raise a x/",
                                        "raise a x:",
                                        "raise a @x",
                                        "raise '' HUP",
                                        "list -q",
                                        "list a -q",
                                        "list a ''",
                                        "lists",
                                        "--version"};
    struct plain_command     got;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (read_line(&got, lines[i])) {
            fprintf(stderr, "'%s'\n", lines[i]);
            test_fail(__FILE__, __LINE__, "is not plain");
        }
    CHECK(setenv("K3THREAD_HOST", "m", 1) == 0);
    CHECK(!read_line(&got, "list"));
    CHECK(read_line(&got, "-L a list")); /* a place of this machine is named */
    CHECK(read_line(&got, "-S a list"));
}

/*
 * Checks the parameters of the request for LINE: all of them, or that each member of WANTED is among those of a start.
 */
static void check_params(const char *line, const char *wanted)
{
    struct plain_command command;
    struct text          params = {0};
    json_t              *got, *members = json_loads(wanted, JSON_REJECT_DUPLICATES, NULL);

    CHECK(read_line(&command, line) && plain_command_write(&command, &params) && members != NULL);
    got = json_loadb(params.data, params.size, JSON_REJECT_DUPLICATES, NULL);
    if (command.command == QUICK_START)
        CHECK_EQUAL(json_object_update_existing(members, got), 0);
    if (got == NULL ||
        (command.command == QUICK_START ? !json_equal(members, json_loads(wanted, 0, NULL))
                                        : !json_equal(members, got))) {
        fprintf(stderr, "'%.*s'\n", (int) params.size, params.data);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
    json_decref(got);
    json_decref(members);
    text_release(&params);
}

static void requests_are_written(void)
{
    struct plain_command command;
    struct text          params = {0};

    check_params("start -n web true -x",
                 "{\"name\":\"web\",\"command\":[\"true\",\"-x\"],\"env\":{}}");
    check_params("join web",
                 "{\"thread\":\"web\",\"members\":[\"id\",\"name\",\"runs\",\"exit_code\","
                 "\"signal\",\"exception\",\"message\",\"unended\"]}");
    check_params("raise 7 HUP", "{\"exception\":\"HUP\",\"thread\":7,\"members\":[\"id\"]}");
    check_params("list a", "{\"threads\":[\"a\"],\"table\":true}");
    /* Only the program reports that there is no current directory. */
    CHECK(mkdir("gone", 0700) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
    CHECK(read_line(&command, "start true"));
    CHECK(!plain_command_write(&command, &params));
    /* Nor does it send what memory was lacking for. */
    params.failed = true;
    CHECK(read_line(&command, "list"));
    CHECK(!plain_command_write(&command, &params));
}

/* Answers */

/* Sends the standard output to a file, and returns what the caller gives to take_output(). */
static int redirect_output(void)
{
    int saved = dup(STDOUT_FILENO),
        fd = open("./output", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(saved >= 0 && fd >= 0);
    CHECK(dup2(fd, STDOUT_FILENO) >= 0);
    close(fd);
    return saved;
}

/* Returns what was written since redirect_output(). */
static const char *take_output(int saved)
{
    static char output[256 * 1024];
    ssize_t     size = pread(STDOUT_FILENO, output, sizeof(output) - 1, 0);

    CHECK(size >= 0);
    output[size] = '\0';
    CHECK(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    return output;
}

static void check_answer(enum quick_command command, const char *line, int status,
                         const char *output)
{
    int         saved = redirect_output();
    int         got = answer_end(command, line, strlen(line));
    const char *printed = take_output(saved);

    if (got == status && strcmp(printed, output) == 0)
        return;
    fprintf(stderr, "%d '%s' of '%s'\n", got, printed, line);
    test_fail(__FILE__, __LINE__, "as it should be");
}

#define JOINED(id, more) RESULT("{\"id\":" id ",\"name\":\"web\"," more "}")

static void plain_answers_are_read(void)
{
    check_answer(QUICK_START, RESULT("{\"id\":12}"), 0, "12\n");
    check_answer(QUICK_START, RESULT("{\"id\":0}"), 0, "0\n");
    check_answer(QUICK_START, RESULT("{\"id\":999999999999999999}"), 0, "999999999999999999\n");
    check_answer(QUICK_RAISE, RESULT("[{\"id\":1}]"), 0, "");
    check_answer(QUICK_RAISE, RESULT("[{\"id\":1},{\"id\":22},{\"id\":0}]"), 0, "");
    check_answer(QUICK_JOIN, JOINED("1", "\"exit_code\":0,\"runs\":1"), 0, "");
    check_answer(QUICK_JOIN, JOINED("1", "\"exit_code\":255,\"runs\":9"), 255, "");
}

static void other_answers_are_left_to_the_program(void)
{
    static const char *const results[] = {"",
                                          "null",
                                          "12",
                                          "[]",
                                          "{}",
                                          "[{}]",
                                          "{\"id\":}",
                                          "{\"id\":-1}",
                                          "{\"id\":012}",
                                          "{\"id\":1000000000000000000}",
                                          "{\"id\":1:",
                                          "{\"id\":1}}",
                                          "{\"id\":1},",
                                          "{\"id\":1/}",
                                          "[{\"id\":1},]",
                                          "[{\"id\":1}",
                                          "[{\"id\":1}]]",
                                          "[{\"id\":x}]",
                                          "[{\"id\":1]",
                                          "[{\"di\":1}]"};
    static const char *const joins[] = {
        JOINED("01", "\"exit_code\":0,\"runs\":1"),
        JOINED("1", "\"exit_code\":256,\"runs\":1"),
        JOINED("1", "\"exit_code\":03,\"runs\":1"),
        JOINED("1", "\"exit_code\":-1,\"runs\":1"),
        JOINED("1", "\"exit_code\":0,\"runs\":0"),
        JOINED("1", "\"exit_code\":0,\"runs\":x"),
        JOINED("1", "\"exit_code\":0,\"runs\":1,\"x\":1"),
        JOINED("1", "\"signal\":9,\"runs\":1"),
        JOINED("1", "\"exit_code\":0"),
        JOINED("x", "\"exit_code\":0,\"runs\":1"),
        RESULT("{\"id\":1,\"name\":7,\"exit_code\":0,\"runs\":1}"),
        RESULT("{\"id\":1,\"name\":\"a\\\"\",\"exit_code\":0,\"runs\":1}"),
        RESULT("{\"id\":1,\"exit_code\":0,\"runs\":1}")};
    char line[256];

    for (enum quick_command command = QUICK_START; command <= QUICK_RAISE; command++)
        for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
            snprintf(line, sizeof(line), RESULT("%s"), results[i]);
            check_answer(command, line, -1, "");
        }
    for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++)
        check_answer(QUICK_JOIN, joins[i], -1, "");
    check_answer(QUICK_START, "", -1, "");
    check_answer(QUICK_START, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"id\":12}}", -1, "");
    check_answer(QUICK_START, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"id\":12}}", -1, "");
    check_answer(QUICK_START, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"id\":12}]", -1, "");
}

/* Sends standard output to the file PATH with FLAGS, of which at most LIMIT bytes are kept, and error to a pipe. */
static int limit_output(const char *path, int flags, rlim_t limit)
{
    int fd = open(path, flags | O_CLOEXEC, 0600), ends[2];

    CHECK(fd >= 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    (void) signal(SIGXFSZ, SIG_IGN);
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit}), 0);
    CHECK(dup2(fd, STDOUT_FILENO) >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    close(fd);
    close(ends[1]);
    return ends[0];
}

/* Ends this process with status 0 if GOT is STATUS, and the error output is MESSAGE. */
static void check_limited(int got, int status, int errors, const char *message)
{
    char    bytes[256];
    ssize_t size = read(errors, bytes, sizeof(bytes) - 1);

    bytes[size > 0 ? size : 0] = '\0';
    if (got != status || strcmp(bytes, message) != 0)
        test_fail(__FILE__, __LINE__, bytes);
    _exit(0);
}

static int print_table(const char *lines);

/* Writes the answer to a start, or a long table if IS_TABLE, where only LIMIT bytes have room. */
static void print_limited(bool is_table, rlim_t limit)
{
    static const char id[] = RESULT("{\"id\":12}");
    static char       table[300000] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"table\":\"";
    size_t            size = strlen(table);
    int               errors = limit_output(limit > 0 ? "limited" : "/dev/full",
                              limit > 0 ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY, limit);

    if (!is_table)
        check_limited(answer_end(QUICK_START, id, strlen(id)), limit > 0 ? 1 : -1, errors,
                      limit > 0 ? "k3thread: cannot write to standard output\n" : "");
    for (int i = 0; i < 10000; i++)
        size += (size_t) snprintf(table + size, sizeof(table) - size, "%d\\tx\\n", i);
    snprintf(table + size, sizeof(table) - size, "\"}}\n");
    check_limited(print_table(table), limit > 0 ? 1 : -1, errors,
                  limit > 0 ? "k3thread: list: cannot write to standard output\n" : "");
}

static void print_no_id(void)
{
    print_limited(false, 0);
}

static void print_half_an_id(void)
{
    print_limited(false, 1);
}

static void print_no_table(void)
{
    print_limited(true, 0);
}

static void print_a_piece(void)
{
    print_limited(true, 10);
}

static void print_some_pieces(void)
{
    print_limited(true, 70000);
}

/* Output of which nothing could be written is left to the program. Output that was written in part is reported. */
static void failures_to_write_are_reported(void)
{
    static void (*const prints[])(void) = {print_no_id, print_half_an_id, print_no_table,
                                           print_a_piece, print_some_pieces};
    char output[256];

    for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++)
        if (test_child(prints[i], output, sizeof(output)) != 0) {
            fprintf(stderr, "%zu: '%s'\n", i, output);
            test_fail(__FILE__, __LINE__, "as it should be");
        }
}

/* Tables */

/* Measures LINES, each of which ends with a newline, and prints the table. Returns the status. */
static int print_table(const char *lines)
{
    struct list_answer answer = {0};
    const char        *at = lines;

    for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
        CHECK_EQUAL(list_answer_measure(&answer, at, (size_t) (end - at)),
                    strstr(at, "\"method\"") != NULL && strstr(at, "\"method\"") < end);
    return list_answer_print(&answer, lines, strlen(lines));
}

static void check_table(const char *lines, int status, const char *wanted)
{
    int         saved = redirect_output(), got = print_table(lines);
    const char *output = take_output(saved);

    if (got == status && strcmp(output, wanted) == 0)
        return;
    fprintf(stderr, "%d '%s' of '%s'\n", got, output, lines);
    test_fail(__FILE__, __LINE__, "as it should be");
}

#define SIXTEEN "a\\tb\\tc\\td\\te\\tf\\tg\\th\\ti\\tj\\tk\\tl\\tm\\tn\\to\\t"

static void tables_are_aligned(void)
{
    check_table(TABLE("ID\\tNAME\\tX\\n12\\ta\\tx y\\n") "\n", 0, "ID  NAME  X\n12  a     x y\n");
    check_table(
        PART("ID\\tNAME\\n1\\ta\\n") "\n" PART("2\\tlonger\\n") "\n" TABLE("100\\tb\\n") "\n", 0,
        "ID   NAME\n1    a\n2    longer\n100  b\n");
    check_table(PART("ID\\tNAME\\n") "\n" TABLE("") "\n", -1, "");
    check_table(TABLE("") "\n", -1, "");
    check_table(TABLE("ID\\tCOMMAND\\n1\\ta\\\"b\\\\c\\n") "\n", 0, "ID  COMMAND\n1   a\"b\\c\n");
    check_table(TABLE("ID\\tCOMMAND\\tX\\n1\\ta\\\"b\\\\cdefghij\\tx\\n") "\n", 0,
                "ID  COMMAND       X\n1   a\"b\\cdefghij  x\n");
    check_table(TABLE("A\\tB\\n1\\t\\n\\t2  \\n") "\n", 0,
                "A  B\n1\n   2\n"); /* no blanks at the end of a row */
    check_table(TABLE(SIXTEEN "p\\n") "\n", 0, "a  b  c  d  e  f  g  h  i  j  k  l  m  n  o  p\n");
    check_table(TABLE("ID\\tCOMMAND\\tX\\n1\\tabcdefghijklmnopqrstuvwxyz\\tx\\n2\\tab\\ty\\n") "\n",
                0,
                "ID  COMMAND                     X\n"
                "1   abcdefghijklmnopqrstuvwxyz  x\n"
                "2   ab                          y\n");
}

/* Checks the table at a terminal of COLUMNS. */
static void check_cut(int columns, const char *wanted)
{
    struct winsize window = {.ws_row = 24, .ws_col = (unsigned short) columns};
    struct termios settings;
    int  master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), saved = dup(STDOUT_FILENO), fd, got;
    char bytes[256];
    size_t size = 0;

    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    fd = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(fd >= 0 && ioctl(fd, TIOCSWINSZ, &window) == 0 && tcgetattr(fd, &settings) == 0);
    cfmakeraw(&settings);
    CHECK(tcsetattr(fd, TCSANOW, &settings) == 0 && dup2(fd, STDOUT_FILENO) >= 0);
    got = print_table(TABLE("ID\\tNAME\\n1\\tab\\n12\\tlonger\\n\\t\\n") "\n");
    CHECK_EQUAL(write(fd, "$", 1), 1);
    CHECK(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    close(fd);
    CHECK_EQUAL(got, 0);
    while (size == 0 || bytes[size - 1] != '$') {
        ssize_t n = read(master, bytes + size, sizeof(bytes) - size);

        CHECK(n > 0);
        size += (size_t) n;
    }
    bytes[size - 1] = '\0';
    CHECK_TEXT(bytes, wanted);
    close(master);
}

static void tables_are_cut(void)
{
    check_cut(80, "ID  NAME\n1   ab\n12  longer\n\n");
    check_cut(8, "ID  NAME\n1   ab\n12  long\n\n");
    check_cut(7, "ID  NAM\n1   ab\n12  lon\n\n");
    check_cut(3, "ID\n1\n12\n\n");
    check_cut(1, "I\n1\n1\n\n");
    check_cut(0, "ID  NAME\n1   ab\n12  longer\n\n"); /* the width is not known */
}

static void odd_tables_are_left_to_the_program(void)
{
    check_table(TABLE(SIXTEEN "p\\tq\\n") "\n", -1, "");
    check_table(TABLE("A\\tB\\n1\\n") "\n", -1, "");
    check_table(TABLE("A\\n1\\t2\\n") "\n", -1, "");
    check_table(TABLE("A\\tB") "\n", -1, "");
    check_table(TABLE("A\\tB\\t") "\n", -1, "");
    check_table(TABLE("A\\r\\n") "\n", -1, "");
    check_table(TABLE("A\\u0041\\n") "\n", -1, "");
    check_table(TABLE("A\x1f\\n") "\n", -1, "");
    check_table(TABLE("A\x1fn") "\n", -1, "");
    check_table(TABLE("A\x7f\\n") "\n", -1, "");
    check_table(TABLE("A\xc3\xa4\\n") "\n", -1, "");
    check_table(RESULT("[]") "\n", -1, "");
    check_table("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"table\":\"A\\n\"}}\n", -1, "");
    check_table(TABLE("A\\n") "x\n", -1, "");
    check_table("\n", -1, "");
    check_table("{}\n", -1, "");
    check_table(PART("A\\n") "\n{}\n", -1, "");
}

static void a_long_table_is_written_in_pieces(void)
{
    struct text lines = {0}, wanted = {0};
    int         saved, status;
    const char *output;

    text_add(&lines, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"table\":\"");
    for (int i = 0; i < 10000; i++) {
        text_printf(&lines, "%d\\tx\\n", i);
        text_printf(&wanted, "%-4d  x\n", i);
    }
    text_add(&lines, "\"}}\n");
    text_byte(&lines, '\0', 1);
    text_byte(&wanted, '\0', 1);
    saved = redirect_output();
    status = print_table(lines.data);
    output = take_output(saved);
    CHECK_EQUAL(status, 0);
    CHECK_TEXT(output, wanted.data);
    text_release(&lines);
    text_release(&wanted);
}

TEST_MAIN({"starts", plain_starts_are_read}, {"commands", plain_joins_raises_and_lists_are_read},
          {"other-lines", all_other_lines_are_left_to_the_program},
          {"requests", requests_are_written}, {"answers", plain_answers_are_read},
          {"other-answers", other_answers_are_left_to_the_program},
          {"failures", failures_to_write_are_reported}, {"tables", tables_are_aligned},
          {"cut", tables_are_cut}, {"odd-tables", odd_tables_are_left_to_the_program},
          {"long-table", a_long_table_is_written_in_pieces})
