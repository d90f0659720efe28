/* Tests the command shell, whose commands and whose editor the test plays (cli/script/shell.c). */
#include "tests/parts/said.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/completion_ask.h"
#include "cli/commands/execute.h"
#include "cli/commands/session.h"
#include "cli/script/line_editor.h"
#include "cli/view/message.h"

/* The steps of the commands, in one file: "WORDS|" of each, "released " when a process of one ends. */
static int trace;

static struct {
    bool                       input_is_terminal, output_is_terminal;
    const char *const         *lines; /* of the editor, up to a NULL; "^C" and "^T" are keys */
    bool                       has_no_terminal; /* that can be used */
    int                        fork_error, wait_error;
    pid_t                      shell;
    bool                       is_open; /* the editor is */
    struct line_editor_options options;
} played;

int                 __wrap_command_execute(struct session *session, int count, char **words);
void                __wrap_session_release(struct session *session);
int                 __wrap_isatty(int fd);
struct line_editor *__wrap_line_editor_open(const struct line_editor_options *options);
int                 __wrap_line_editor_next(void *context, bool continued, struct text *line);
void                __wrap_line_editor_close(struct line_editor *editor);
json_t *__wrap_complete_ask(struct session *session, enum complete_kind kind, char *const *words,
                            size_t count, const char *current);
pid_t   __real_fork(void);
pid_t   __wrap_fork(void);
pid_t   __real_waitpid(pid_t pid, int *status, int options);
pid_t   __wrap_waitpid(pid_t pid, int *status, int options);

static void complete_words(void);

#define NOTE(...) CHECK(dprintf(trace, __VA_ARGS__) > 0)

static struct session session;

/*
 * A command: "fail STATUS" fails without a message, and "say STATUS" with one; "end SIGNAL" was ended by that signal,
 * and "die SIGNAL" kills its process.
 */
int __wrap_command_execute(struct session *of, int count, char **words)
{
    struct sigaction action;

    CHECK_TEXT(of->label, "label");
    CHECK((of == &session) == (getpid() == played.shell));
    for (int i = 0; i < count; i++)
        NOTE("%s%s", words[i], i + 1 < count ? " " : "|");
    CHECK(sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    if (strcmp(words[0], "say") == 0)
        message_print("say", NULL, "said");
    if (strcmp(words[0], "end") == 0)
        of->ended_by = atoi(words[1]);
    if (strcmp(words[0], "die") == 0)
        (void) raise(atoi(words[1]));
    return strcmp(words[0], "say") == 0 || strcmp(words[0], "fail") == 0 ? atoi(words[1]) : 0;
}

void __wrap_session_release(struct session *of)
{
    CHECK(of != &session);
    NOTE("released ");
}

int __wrap_isatty(int fd)
{
    return fd == STDIN_FILENO ? played.input_is_terminal
                              : fd == STDOUT_FILENO && played.output_is_terminal;
}

struct line_editor *__wrap_line_editor_open(const struct line_editor_options *options)
{
    CHECK_TEXT(options->prompt, "k3thread> ");
    CHECK_TEXT(options->continuation, "> ");
    played.options = *options;
    played.is_open = !played.has_no_terminal;
    return played.is_open ? (struct line_editor *) &played : NULL;
}

int __wrap_line_editor_next(void *context, bool continued, struct text *line)
{
    struct sigaction action;
    const char      *next = *played.lines;

    CHECK(context == &played);
    CHECK(sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    if (next == NULL)
        return 0;
    played.lines++;
    if (strcmp(next, "^T") == 0)
        complete_words();
    if (next[0] == '^')
        return -ECANCELED;
    if (continued)
        NOTE("> ");
    text_printf(line, "%s\n", next);
    return 1;
}

void __wrap_line_editor_close(struct line_editor *editor)
{
    CHECK(editor == (struct line_editor *) &played);
    played.is_open = false;
}

json_t *__wrap_complete_ask(struct session *of, enum complete_kind kind, char *const *words,
                            size_t count, const char *current)
{
    CHECK(of == &session);
    NOTE("%d/%s/%zu/%s ", kind == COMPLETE_THREAD, count > 0 ? words[0] : "", count, current);
    return json_pack("[{s:s, s:s}]", "name", "web", "state", "running");
}

pid_t __wrap_fork(void)
{
    errno = played.fork_error;
    return played.fork_error != 0 ? -1 : __real_fork();
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    int error = played.wait_error;

    CHECK(pid > 0 && options == 0);
    if (error != EINTR)
        pid = __real_waitpid(pid, status, options);
    if (error == 0)
        return pid;
    played.wait_error = error == EINTR ? 0 : error;
    errno = error;
    return -1;
}

static void begin_shell(void)
{
    memset(&played, 0, sizeof(played));
    played.shell = getpid();
    session = (struct session){.label = "label"};
    trace = memfd_create("trace", MFD_CLOEXEC);
    CHECK(trace >= 0 && fcntl(trace, F_SETFL, O_APPEND) == 0);
    CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR);
}

/* Runs the shell, and checks its status, what its commands did, and what was said. */
static void check_shell(int status, const char *wanted, const char *said)
{
    struct invocation invocation = {.command = &command_shell, .session = &session};
    struct text       text = {0};
    char              bytes[1024];
    ssize_t           size;

    said_begin();
    CHECK_EQUAL(command_shell.run(&invocation), status);
    said_check(said);
    size = pread(trace, bytes, sizeof(bytes), 0);
    text_append(&text, bytes, size > 0 ? (size_t) size : 0);
    check_written(&text, wanted);
    close(trace);
    CHECK(!played.is_open);
}

/* Runs the shell with LINES at standard input, in the same way. */
static void check_piped(const char *lines, int status, const char *wanted, const char *said)
{
    int before = dup(STDIN_FILENO), file = file_of(lines, strlen(lines));

    CHECK(before >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO);
    close(file);
    check_shell(status, wanted, said);
    CHECK(dup2(before, STDIN_FILENO) == STDIN_FILENO);
    close(before);
}

/* From a pipe */

static void commands_are_executed_one_by_one(void)
{
    static const char *const no_lines[] = {NULL};
    int                      before = dup(STDIN_FILENO);

    CHECK(setenv("VALUE", "value", 1) == 0);
    begin_shell();
    check_piped("list\n\nfail 3\nlist $? $VALUE $0\n", 0, "list|fail 3|list 3 value k3thread|", "");
    begin_shell();
    check_piped("list\nfail 3", 3, "list|fail 3|", "");
    begin_shell();
    check_piped("", 0, "", "");
    begin_shell(); /* a wrong line is left out */
    check_piped("list\nlist '", STATUS_USAGE, "list|", "k3thread: unterminated ' quote\n");
    begin_shell();
    check_piped("list $(\nlist $?\n", 0, "list 64|",
                "k3thread: no command substitution here; sh -c '...' has it\n");
    begin_shell(); /* a command that a signal has ended ends the shell */
    check_piped("list\nend 15\nlist\n", 0, "list|end 15|", "");
    CHECK_EQUAL(session.ended_by, SIGTERM);

    begin_shell(); /* a terminal at one end is none */
    played.input_is_terminal = true;
    played.lines = no_lines;
    check_piped("list\n", 0, "list|", "");
    begin_shell();
    played.output_is_terminal = true;
    played.lines = no_lines;
    check_piped("list\n", 0, "list|", "");

    begin_shell();
    close(STDIN_FILENO);
    CHECK_EQUAL(open("/", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    check_shell(STATUS_FAILED, "", "k3thread: shell: cannot read commands: Is a directory\n");
    CHECK(dup2(before, STDIN_FILENO) == STDIN_FILENO);
    close(before);
}

#define WRONG "k3thread: exit: it takes at most one status, which is a number\n"

static void exit_ends_the_shell(void)
{
    static const struct {
        const char *lines;
        int         status;
        const char *done, *said;
    } ends[] = {
        {"exit\nlist\n", 0, "", ""},
        {"quit\nlist\n", 0, "", ""},
        {"fail 3\nexit\nlist\n", 3, "fail 3|", ""},
        {"exit 7\nlist\n", 7, "", ""},
        {"quit 0\nlist\n", 0, "", ""},
        {"fail 3\nexit 0\nlist\n", 0, "fail 3|", ""},
        {"exit 300\nlist\n", 44, "", ""},
        {"exit 010\nlist\n", 10, "", ""},
        {"exit 1 2\nlist $?\n", 0, "list 64|", WRONG},
        {"exit 1x\nlist $?\n", 0, "list 64|", WRONG},
        {"exit -1\nlist $?\n", 0, "list 64|", WRONG},
        {"exit ''\n", STATUS_USAGE, "", WRONG},
        {"exits\nlist\n", 0, "exits|list|", ""},
    };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        begin_shell();
        check_piped(ends[i].lines, ends[i].status, ends[i].done, ends[i].said);
    }
}

/* At a terminal */

/* Runs the shell at a terminal with LINES, in the same way, and checks what it has written. */
static void check_typed(const char *const *lines, int status, const char *wanted, const char *said,
                        const char *written)
{
    int         before = dup(STDOUT_FILENO), file = file_of("", 0);
    char        bytes[64];
    ssize_t     size;
    struct text text = {0};

    CHECK(before >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    played.input_is_terminal = played.output_is_terminal = true;
    played.lines = lines;
    check_shell(status, wanted, said);
    CHECK(dup2(before, STDOUT_FILENO) == STDOUT_FILENO);
    size = pread(file, bytes, sizeof(bytes), 0);
    text_append(&text, bytes, size > 0 ? (size_t) size : 0);
    check_written(&text, written);
    close(before);
    close(file);
}

static void each_command_has_a_process_at_a_terminal(void)
{
    static const char *const lines[] = {"list $?", "fail 3", "list $?", "say 4",
                                        "list \\", "a",      NULL};
    static const char *const failed[] = {"fail 3", NULL}, *const wrong[] = {"list $(", "^C", NULL};
    static const char *const left[] = {"exit 5", "list", NULL};

    begin_shell();
    check_typed(lines, 0,
                "list 0|released fail 3|released list 3|released say 4|released > list a|released ",
                "k3thread: fail: status 3\nk3thread: say: said\n", "");
    begin_shell();
    check_typed(failed, 3, "fail 3|released ", "k3thread: fail: status 3\n", "");
    begin_shell();
    check_typed(wrong, STATUS_USAGE, "",
                "k3thread: no command substitution here; sh -c '...' has it\n", "");
    begin_shell();
    check_typed(left, 5, "", "", "");
}

static void a_signal_ends_a_command_and_not_the_shell(void)
{
    static const char *const dying[] = {"die 15", "list $?", NULL}, *const ending[] = {
                                                                        "end 15", "list $?", NULL};
    static const char *const last[] = {"die 15", NULL};

    begin_shell();
    check_typed(dying, 0, "die 15|list 143|released ", "", "\n");
    begin_shell();
    check_typed(ending, 0, "end 15|released list 143|released ", "", "\n");
    CHECK_EQUAL(session.ended_by, 0);
    begin_shell();
    played.wait_error = EINTR; /* the wait goes on */
    check_typed(last, STATUS_SIGNAL_BASE + SIGTERM, "die 15|", "", "\n");
}

static void a_command_that_cannot_be_run_is_an_error(void)
{
    static const char *const lines[] = {"list", NULL};

    begin_shell();
    played.fork_error = EAGAIN;
    check_typed(lines, STATUS_FAILED, "",
                "k3thread: cannot run a command: Resource temporarily unavailable\n", "");
    begin_shell();
    played.wait_error = ECHILD;
    check_typed(lines, STATUS_FAILED, "list|released ",
                "k3thread: cannot run a command: No child processes\n", "");
    begin_shell();
    played.has_no_terminal = true;
    check_typed(lines, STATUS_FAILED, "", "k3thread: shell: cannot use the terminal\n", "");
}

/* Completes CURRENT behind BEFORE, and checks whether WORD is offered. */
static bool offers(const char *before, const char *current, const char *word)
{
    struct text text = {0}, candidates = {0};
    bool        found = false;

    text_add(&text, before);
    played.options.complete(played.options.context, &text, current, &candidates);
    for (size_t at = 0; at < candidates.size; at += strlen(candidates.data + at) + 1)
        found |= strcmp(candidates.data + at, word) == 0;
    text_release(&text);
    text_release(&candidates);
    return found;
}

/* Completes words while the shell waits for a line. */
static void complete_words(void)
{
    CHECK(offers("", "li", "list"));
    CHECK(!offers("list '", "", "list")); /* words that cannot be split offer nothing */
    CHECK(offers("raise ", "w", "web"));
}

static void words_are_completed_with_what_the_supervisor_knows(void)
{
    static const char *const lines[] = {"^T", NULL};

    begin_shell();
    check_typed(lines, 0, "0//0/li 1/raise/1/w ", "", "");
}

TEST_MAIN({"piped", commands_are_executed_one_by_one}, {"exit", exit_ends_the_shell},
          {"typed", each_command_has_a_process_at_a_terminal},
          {"signals", a_signal_ends_a_command_and_not_the_shell},
          {"errors", a_command_that_cannot_be_run_is_an_error},
          {"completed", words_are_completed_with_what_the_supervisor_knows})
