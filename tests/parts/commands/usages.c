/* Tests the parser of command lines, the help, and the steps that are taken before a command does its work. */
#include "tests/parts/commands/played_logs.h"

#include "cli/client/client_failure.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/manual.h"
#include "cli/commands/option_list.h"
#include "cli/commands/program_options.h"
#include "cli/view/message.h"

/* The parts around the parser */

static char        noted[1000]; /* what was called, each as a line */
static int         place_error, connect_error, manual_result;
static const char *shown; /* the page that man has shown */
static bool        no_stream, no_options;
static int         closes = -1; /* how many streams can be closed; negative: any number */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  used = strlen(noted);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(noted + used, sizeof(noted) - used, format, arguments);
    va_end(arguments);
}

int __wrap_session_find_place(struct session *session, struct text *why);
int __wrap_session_find_place(struct session *session, struct text *why)
{
    CHECK(session->client.open);
    note("place\n");
    if (place_error != 0)
        text_add(why, "no place");
    return place_error;
}

int __wrap_session_find_place_here(struct session *session, struct text *why);
int __wrap_session_find_place_here(struct session *session, struct text *why)
{
    (void) session;
    note("place here\n");
    if (place_error != 0)
        text_add(why, "no place");
    return place_error;
}

int __wrap_session_connect(struct session *session, bool starts);
int __wrap_session_connect(struct session *session, bool starts)
{
    note(starts ? "start\n" : "connect\n");
    return connect_error == 0
               ? 0
               : client_fail(&session->client, connect_error, STATUS_NO_SUPERVISOR, NULL, "nobody");
}

int __wrap_manual_show(const struct manual_page *page);
int __wrap_manual_show(const struct manual_page *page)
{
    shown = page->name;
    return manual_result;
}

FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    return no_stream ? NULL : __real_fopencookie(cookie, mode, functions);
}

int __real_fclose(FILE *stream);
int __wrap_fclose(FILE *stream);
int __wrap_fclose(FILE *stream)
{
    int result = __real_fclose(stream);

    return closes-- == 0 ? EOF : result;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return no_options && count == 1 ? NULL : __real_calloc(count, size);
}

#define CHECK_NOTED(wanted)                                                                        \
    do {                                                                                           \
        if (strcmp(noted, wanted) != 0)                                                            \
            fprintf(stderr, "noted: %s", noted);                                                   \
        CHECK_TEXT(noted, wanted);                                                                 \
        noted[0] = '\0';                                                                           \
    } while (0)

/* The words of the program */

/*
 * Parses WORDS, separated by blanks, as main() does. Checks the status, and that standard output and standard error
 * begin with OUT and ERR. Returns the words of the command.
 */
static struct program_words parse(struct session *session, const char *words, int status,
                                  const char *out, const char *err)
{
    static char         *list[16];
    struct program_words found = {.session = session};
    char                *line = strdup(words), *first, *got_out, *got_err;
    int                  count = play_split(line, list, 15);
    int                  out_before = play_replace(STDOUT_FILENO, play_file(""));
    int                  err_before = play_replace(STDERR_FILENO, play_file(""));
    int                  got;

    first = list[0];
    got = command_parse(&program_argp, ARGP_IN_ORDER, NULL, count, list, &found);
    got_err = play_take(STDERR_FILENO, err_before);
    got_out = play_take(STDOUT_FILENO, out_before);
    CHECK_EQUAL(got, status);
    CHECK(list[0] == first);
    if (strncmp(got_out, out, out[0] != '\0' ? strlen(out) : 1) != 0 || strcmp(got_err, err) != 0)
        fprintf(stderr, "%s: out: %s\nerr: %s\n", words, got_out, got_err);
    CHECK(strncmp(got_out, out, out[0] != '\0' ? strlen(out) : 1) == 0);
    CHECK_TEXT(got_err, err);
    free(got_out);
    free(got_err);
    return found;
}

#define ADVICE "Try 'k3thread --help' for more.\n"

static void options_of_the_program_are_read(void)
{
    struct session       session = {0};
    struct program_words found = parse(&session, "k3thread", -1, "", "");

    CHECK_EQUAL(found.count, 0);
    found = parse(&session, "k3thread -L one -S /two -Hthree list -q", -1, "", "");
    CHECK_TEXT(session.label, "one");
    CHECK_TEXT(session.socket, "/two");
    CHECK_TEXT(session.host_option, "three");
    CHECK_EQUAL(found.count, 2);
    CHECK_TEXT(found.words[0], "list");
    CHECK_TEXT(found.words[1], "-q");
    CHECK(found.words[2] == NULL);
    parse(&session, "k3thread -x", 64, "", "k3thread: invalid option -- 'x'\n" ADVICE);
    parse(&session, "k3thread -\033", 64, "", "k3thread: invalid option -- '\\x1b'\n" ADVICE);
    parse(&session, "k3thread -L", 64, "", "k3thread: option requires an argument -- 'L'\n" ADVICE);
#define GROUP                                                                                      \
    "; give the threads of a group names with the same beginning: the pattern 'web-*' means them " \
    "all\n"
    parse(&session, "k3thread --group", 64, "",
          "k3thread: unrecognized option '--group'" GROUP ADVICE);
    parse(&session, "k3thread --group=x", 64, "",
          "k3thread: unrecognized option '--group=x'" GROUP ADVICE);
    parse(&session, "k3thread --groups", 64, "",
          "k3thread: unrecognized option '--groups'\n" ADVICE);
    parse(&session, "k3thread --version", 0, "k3thread " K3THREAD_VERSION "\n", "");
    parse(&session, "k3thread -V list", 0, "k3thread " K3THREAD_VERSION "\n", "");
    parse(&session, "k3thread --usage", 0,
          "Usage: k3thread [-hV] [-H HOST] [-L NAME] [-S SOCKET] [--help] [--usage]\n", "");
    parse(&session, "k3thread --help", 0,
          "Usage: k3thread [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n"
          "Threads for the shell: start commands as threads, list them, raise exceptions\n"
          "in them from outside, join them.\n"
          "\n"
          "Threads:\n"
          "  start        Start a command as a thread\n",
          "");
    CHECK_NOTED("");
}

/* The words of a command */

static void help_is_shown(void)
{
#define SLOTS_HELP                                                                                 \
    "Usage: k3thread slots [OPTION...] [N|none]\n"                                                 \
    "Show or set how many commands may run at a time\n"                                            \
    "\n"                                                                                           \
    "      --json                 Print a JSON object\n"                                           \
    "  -l, --long                 Show also how many commands run, and how many\n"                 \
    "                             threads wait\n"                                                  \
    "  -h, --help                 Show this help\n"                                                \
    "      --usage                Show a short usage\n"                                            \
    "  -V, --version              Show the version\n"                                              \
    "\n"                                                                                           \
    "Daemons do not count. With 0 no queued thread begins; with 'none' there is no\n"              \
    "limit. A smaller number ends no command.\n"
    static const struct play plays[] = {
        {.words = "help slots", .out = SLOTS_HELP},
        {.words = "slots --help", .out = SLOTS_HELP},
        {.words = "slots -h x y", .out = SLOTS_HELP},
        {.words = "slots -?", .out = SLOTS_HELP},
        {.words = "slots --usage",
         .out = "Usage: k3thread slots [-lhV] [--json] [--long] [--help] [--usage] [--version]\n"
                "            [N|none]\n"},
        {.words = "slots -V", .out = "k3thread " K3THREAD_VERSION "\n"},
        {.words = "slots --nosuch",
         .err = "k3thread: slots: unrecognized option '--nosuch'\n"
                "Try 'k3thread slots --help' for more.\n",
         .status = 64},
        {.words = "exceptions x",
         .err = "k3thread: exceptions: unexpected argument 'x'\n"
                "Try 'k3thread exceptions --help' for more.\n",
         .status = 64},
        {.words = "help slots list",
         .err = "k3thread: help: unexpected argument 'list'\n"
                "Try 'k3thread help --help' for more.\n",
         .status = 64},
        {.words = "help shutdwon",
         .err = "k3thread: no command 'shutdwon'; did you mean 'shutdown'?\n",
         .status = 64},
        {.words = "help script"},
        {.words = "slots --help",
         .output = FULL,
         .any_out = true,
         .err = "k3thread: slots: cannot write to standard output: No space left on device\n",
         .status = 1},
        {.words = "slots --version",
         .output = FULL,
         .any_out = true,
         .err = "k3thread: slots: cannot write to standard output: No space left on device\n",
         .status = 1},
    };
    static const struct play unshown = {.words = "help hosts", .status = 1};
    static const struct play no_man = {
        .words = "help manual",
        .err = "k3thread: help: cannot run man for k3thread(1): No such file or directory\n",
        .status = 1};

    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), FULL, O_CLOEXEC) == FULL);
    PLAY_ALL(plays);
    CHECK_TEXT(shown, "k3thread-script");
    manual_result = 3;
    play(&unshown);
    manual_result = -ENOENT;
    play(&no_man);
    CHECK_NOTED("");
}

/* Returns what `help --commands` prints, to be freed. */
static char *list_commands(void)
{
    struct session session = {0};
    char          *words[] = {"help", "--commands", NULL}, *out;
    int            before = play_replace(STDOUT_FILENO, play_file(""));

    CHECK_EQUAL(command_execute(&session, 2, words), 0);
    out = play_take(STDOUT_FILENO, before);
    return out;
}

static void commands_are_listed(void)
{
#define COMMON(command)                                                                            \
    "option\t" command "\t-h\t--help\t-\tShow this help\n"                                         \
    "option\t" command "\t-\t--usage\t-\tShow a short usage\n"                                     \
    "option\t" command "\t-V\t--version\t-\tShow the version\n"
    static const char begins[] =
        "option\t-\t-L\t-\tNAME\tUse the supervisor of this name, instead of 'default'\n"
        "option\t-\t-S\t-\tSOCKET\tUse the supervisor at this socket\n"
        "option\t-\t-H\t-\tHOST\tUse the supervisor of this machine, by way of ssh\n" COMMON(
            "-") "command\tstart\t-\tStart a command as a thread\n"
                 "option\tstart\t-n\t--name\tNAME\tThe thread's name (default: Thread-N)\n";
    static const char raise[] =
        "command\traise\t-\tRaise an exception in a thread\n"
        "option\traise\t-m\t--message\tMESSAGE\tWhat the exception says\n"
        "option\traise\t-w\t--wait\t[SECONDS]\tReturn when the threads have ended\n"
        "option\traise\t-\t--all\t-\tRaise it in every live thread\n" COMMON("raise") "command\t";
    static const char supervise[] =
        "option\tsupervise\t-\t--slots\tN\tRun at most N commands at a time, not counting daemons; "
        "further ones "
        "queue\n"
        "option\tsupervise\t-\t--jobserver\t-\tShare the slots with the jobs of each make that a "
        "command runs\n" COMMON("supervise") "command\tproxy\t";
    static const char ends[] =
        "command\thelp\t-\tShow this overview, the help of a command, or a manual page\n"
        "option\thelp\t-\t--commands\t-\tList all commands and options, for programs to "
        "read\n" COMMON("help");
    char *list = list_commands(), *end = strstr(list, "command\thelp\t");

    CHECK(strncmp(list, begins, strlen(begins)) == 0);
    CHECK(strstr(list, "\ncommand\tlist\tls\tShow the threads\n") != NULL);
    CHECK(strstr(list, raise) != NULL && strstr(list, supervise) != NULL);
    CHECK(end != NULL);
    CHECK_TEXT(end, ends);
    free(list);
}

static void messages_begin_with_the_line_of_a_script(void)
{
    static const struct play wrong = {
        .words = "slots --nosuch",
        .err = "script:3: k3thread: slots: unrecognized option '--nosuch'\n"
               "Try 'k3thread slots --help' for more.\n",
        .status = 64};

    message_set_origin("script", 3);
    play(&wrong);
}

static void without_memory_nothing_is_parsed(void)
{
    static const struct play plays[] = {
        {.words = "slots", .err = "k3thread: MemoryError: out of memory\n", .status = 1},
        {.words = "slots --help", .err = "k3thread: MemoryError: out of memory\n", .status = 1},
    };
    static const struct play help = {
        .words = "help slots",
        .err = "k3thread: slots: cannot write to standard output: Cannot allocate memory\n",
        .status = 1};
    static const struct play unclosed = {
        .words = "slots", .err = "k3thread: MemoryError: out of memory\n", .status = 1};
    static const struct play no_room = {
        .words = "slots", .err = "k3thread: slots: MemoryError: out of memory\n", .status = 1};
    struct argp argp = command_argp(command_find("slots"));
    int         err, status;
    char       *got;

    no_stream = true;
    PLAY_ALL(plays);
    err = play_replace(STDERR_FILENO, play_file(""));
    status = command_print_help(&argp, "slots");
    got = play_take(STDERR_FILENO, err);
    CHECK_TEXT(got, help.err);
    CHECK_EQUAL(status, 1);
    free(got);
    no_stream = false;
    closes = 0;
    play(&unclosed);
    closes = 1;
    play(&help);
    closes = -1;
    no_options = true;
    play(&no_room);
    CHECK_NOTED("");
}

/* The steps before a command */

static void steps_are_taken_as_a_command_needs(void)
{
    static const struct play none = {
        .words = "exceptions",
        .output = FULL,
        .any_out = true,
        .status = 1,
        .err = "k3thread: exceptions: cannot write to standard output: No space left on device\n"};
    static const struct play connects = {
        .words = "clear", .replies = RESULT(1, "[]"), .requests = REQUEST(1, "clear", )};
    static const struct play starts = {
        .words = "start true",
        .far = true,
        .replies = RESULT(1, "{'id':1}"),
        .requests = REQUEST(1, "start", "'command':['true'],'environment':true,'members':['id']"),
        .out = "1\n"};
    static const struct play in_order = {
        .words = "start true -d",
        .far = true,
        .replies = RESULT(1, "{'id':1}"),
        .requests =
            REQUEST(1, "start", "'command':['true','-d'],'environment':true,'members':['id']"),
        .out = "1\n"};
    static const struct play scripted = {
        .words = "start true",
        .far = true,
        .scripted = true,
        .replies = RESULT(1, "{'id':1}"),
        .requests = REQUEST(1, "start", "'command':['true'],'environment':true,'members':['id']")};
    static const struct play unchecked = {
        .words = "start -C /no/such true",
        .err = "k3thread: start: ValueError: --directory: /no/such: No such file or directory\n",
        .status = 64};
    static const struct play unplaced[] = {
        {.words = "clear", .err = "k3thread: clear: ValueError: no place\n", .status = 64},
        {.words = "start true", .err = "k3thread: start: ValueError: no place\n", .status = 64},
        {.words = "proxy", .err = "k3thread: proxy: ValueError: no place\n", .status = 64},
    };
    static const struct play broken = {
        .words = "clear", .err = "k3thread: clear: no place\n", .status = 1};
    static const struct play nobody = {
        .words = "clear", .err = "k3thread: clear: nobody\n", .status = 69};
    static const struct play unknown = {.words = "clera",
                                        .err =
                                            "k3thread: no command 'clera'; did you mean 'clear'?\n",
                                        .status = 64};

    CHECK(dup3(open("/dev/full", O_WRONLY | O_CLOEXEC), FULL, O_CLOEXEC) == FULL);
    play(&none);
    CHECK_NOTED("");
    play(&connects);
    CHECK_NOTED("place\nconnect\n");
    play(&starts);
    CHECK_NOTED("place\nstart\n");
    play(&in_order);
    CHECK_NOTED("place\nstart\n");
    play(&scripted);
    CHECK_NOTED("place\nconnect\n");
    play(&unchecked);
    CHECK_NOTED("place\n");
    place_error = -EINVAL;
    PLAY_ALL(unplaced);
    CHECK_NOTED("place\nplace\nplace here\n");
    place_error = -ENOMEM;
    play(&broken);
    place_error = 0;
    noted[0] = '\0';
    connect_error = -ENOENT;
    play(&nobody);
    CHECK_NOTED("place\nconnect\n");
    play(&unknown);
    CHECK_NOTED("");
}

/* Commands that work on this machine take no host. */
static void hosts_are_refused_where_they_make_no_sense(void)
{
    struct session session = {.host_option = "far", .place.socket = "/nowhere"};
    char          *words[] = {"proxy", NULL}, *version[] = {"exceptions", NULL}, *got;
    int            err = play_replace(STDERR_FILENO, play_file(""));
    int            out = play_replace(STDOUT_FILENO, play_file(""));

    CHECK_EQUAL(command_execute(&session, 1, words), 64);
    CHECK_EQUAL(command_execute(&session, 1, version), 0);
    free(play_take(STDOUT_FILENO, out));
    got = play_take(STDERR_FILENO, err);
    CHECK_TEXT(got, "k3thread: proxy: ValueError: it works on this machine, so -H is not for it\n");
    free(got);
    CHECK_NOTED("");
}

/* Lists of options */

static void options_are_found(void)
{
    static const struct argp_option list[] = {{"one", 'o', NULL, 0, NULL, 0},
                                              {NULL, 't', NULL, 0, NULL, 0},
                                              {"three", 300, NULL, 0, NULL, 0},
                                              {0}};
    static const struct argp_option named[] = {{"zero", 0, NULL, 0, NULL, 0}, {0}};

    CHECK(option_first(NULL) == NULL && option_first(&list[3]) == NULL);
    CHECK(option_first(list) == list && option_first(named) == named);
    CHECK(option_next(list) == &list[1] && option_next(&list[1]) == &list[2]);
    CHECK(option_next(&list[2]) == NULL && option_next(named) == NULL);
    CHECK(option_find(list, "three=x", 5) == &list[2]);
    CHECK(option_find(list, "one", 3) == &list[0]);
    CHECK(option_find(list, "on", 2) == NULL && option_find(list, "ones", 4) == NULL);
    CHECK(option_find(list, "two", 3) == NULL && option_find(NULL, "one", 3) == NULL);
    CHECK(option_find_letter(list, 't') == &list[1]);
    CHECK(option_find_letter(list, 'x') == NULL && option_find_letter(NULL, 'o') == NULL);
}

TEST_MAIN({"program", options_of_the_program_are_read}, {"help", help_is_shown},
          {"commands", commands_are_listed}, {"script", messages_begin_with_the_line_of_a_script},
          {"memory", without_memory_nothing_is_parsed},
          {"steps", steps_are_taken_as_a_command_needs},
          {"hosts", hosts_are_refused_where_they_make_no_sense}, {"options", options_are_found})
