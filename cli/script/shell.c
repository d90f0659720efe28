/* shell: reads and executes commands, at a prompt or from a pipe. */
#include "cli/base/file_lines.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/completion_ask.h"
#include "cli/commands/completion_words.h"
#include "cli/commands/execute.h"
#include "cli/commands/session.h"
#include "cli/commands/signals.h"
#include "cli/script/line_editor.h"
#include "cli/script/line_words.h"
#include "cli/script/reader.h"
#include "cli/view/message.h"
#include "cli/view/output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct shell {
    struct session *session;
    bool            is_terminal;
    struct reader   reader;
    int             status; /* the last command's status */
    bool            leaving;
};

/* Completion */

static void complete(void *context, const struct text *before, const char *current,
                     struct text *candidates)
{
    struct shell         *shell = context;
    const struct command *command;
    enum complete_kind    kind;
    struct words          words;
    struct words_error    error;
    struct text           why = {0};
    int                   failed;
    json_t               *listed;

    failed = words_split(&words, before->data, before->size, shell->reader.scope, &error, &why);
    text_release(&why);
    if (failed != 0)
        return;
    kind = complete_kind_at(words.list, words.count, current, &command);
    listed = complete_ask(shell->session, kind, words.list, words.count, current);
    complete_add(candidates, kind, command, listed);
    json_decref(listed);
    words_release(&words);
}

/* Commands */

/* Executes a command, and shows the user its status if it has failed without a message. */
static int execute_and_show(struct session *session, const struct words *words)
{
    unsigned messages = message_count();
    int      status = command_execute(session, (int) words->count, words->list);

    if (status != STATUS_DONE && messages == message_count())
        message_print(words->list[0], NULL, "status %d", status);
    return status;
}

/*
 * Executes a command at a terminal in a process of its own: Ctrl-C ends that process, and the shell
 * ignores the signal.
 */
static int execute_apart(struct shell *shell, const struct words *words)
{
    pid_t pid = fork();
    int   status;

    if (pid == 0) {
        struct session session = session_of_same(shell->session);

        (void) signal(SIGINT, SIG_DFL);
        status = execute_and_show(&session, words);
        session_release(&session);
        exit(session.ended_by != 0 ? signals_end_by(session.ended_by) : status);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            pid = -1;
    if (pid < 0) {
        message_print(NULL, NULL, "cannot run a command: %s", strerror(errno));
        return STATUS_FAILED;
    }
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    (void) output_write(STDOUT_FILENO, "\n", 1); /* the signal may have cut off a line */
    return STATUS_SIGNAL_BASE + WTERMSIG(status);
}

/* Handles the shell's own words: exit, exit STATUS, and quit. Returns false for other words. */
static bool take_exit(struct shell *shell, const struct words *words)
{
    const char *status = words->list[1];

    if (strcmp(words->list[0], "exit") != 0 && strcmp(words->list[0], "quit") != 0)
        return false;
    shell->leaving = true;
    if (status == NULL)
        return true;
    shell->status = (int) strtol(status, NULL, 10) & 0xff;
    if (words->count == 2 && status[strspn(status, "0123456789")] == '\0' && status[0] != '\0')
        return true;
    message_print("exit", NULL, "it takes at most one status, which is a number");
    shell->status = STATUS_USAGE;
    shell->leaving = false;
    return true;
}

static void execute(struct shell *shell, const struct words *words)
{
    if (take_exit(shell, words))
        return;
    if (shell->is_terminal) {
        shell->status = execute_apart(shell, words);
    } else {
        shell->status = command_execute(shell->session, (int) words->count, words->list);
        shell->leaving = shell->session->ended_by != 0;
    }
}

/*
 * Reads and executes commands until the end. Reports lines that cannot be split into words, and
 * skips them.
 */
static int loop(struct shell *shell)
{
    struct words words = {0};
    int          found = 1;

    while (found != 0 && !shell->leaving) {
        struct text why = {0};

        found = reader_next(&shell->reader, &words, &why);
        if (found > 0) {
            execute(shell, &words);
            words_release(&words);
        } else if (found == -EINVAL) {
            message_print_text(NULL, NULL, &why);
            text_release(&why);
            shell->status = STATUS_USAGE;
        } else if (found != 0 && found != -ECANCELED) {
            message_print("shell", NULL, "cannot read commands: %s", strerror(-found));
            return STATUS_FAILED;
        }
    }
    return shell->status;
}

static int loop_at_terminal(struct shell *shell)
{
    struct line_editor_options options = {
        .prompt = "k3thread> ",
        .continuation = "> ",
        .complete = complete,
        .context = shell,
    };
    struct line_editor *editor = line_editor_open(&options);
    int                 status;

    if (editor == NULL) {
        message_print("shell", NULL, "cannot use the terminal");
        return STATUS_FAILED;
    }
    (void) signal(SIGINT, SIG_IGN);
    shell->reader.next_line = line_editor_next;
    shell->reader.context = editor;
    status = loop(shell);
    line_editor_close(editor);
    return status;
}

static int run(struct invocation *invocation)
{
    struct file_lines  file = {.fd = STDIN_FILENO};
    struct words_scope scope = {.name = "k3thread", .environment = environ};
    struct shell       shell = {
              .session = invocation->session,
              .is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
              .reader = {.next_line = file_lines_next, .context = &file, .scope = &scope},
    };
    int status;

    scope.status = &shell.status;

    if (shell.is_terminal)
        return loop_at_terminal(&shell);
    status = loop(&shell);
    file_lines_release(&file);
    return status;
}

const struct command command_shell = {
    .name = "shell",
    .doc = "Read these commands at a prompt\vLines are edited, kept in a history, and completed "
           "with the tabulator. Words are quoted as in the shell. Ctrl-C drops a line or ends a "
           "command, Ctrl-D or \"exit\" leaves. Commands can also come from a pipe; the exit "
           "status is the last one's.",
    .group = COMMAND_GROUP_THREADS,
    .run = run,
};
