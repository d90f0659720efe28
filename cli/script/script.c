#include "cli/script/script.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/execute.h"
#include "cli/commands/session.h"
#include "cli/commands/unknown_command.h"
#include "cli/script/each.h"
#include "cli/script/file_lines.h"
#include "cli/script/procfile.h"
#include "cli/script/reader.h"
#include "cli/view/message.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Waits until all is printed that was written before. Returns false if the front is gone. */
static bool wait_for_front(int sync)
{
    char byte = 0;

    if (send(sync, &byte, 1, MSG_NOSIGNAL) != 1)
        return false;
    while (recv(sync, &byte, 1, 0) != 1)
        if (errno != EINTR)
            return false;
    return true;
}

/*
 * Returns true if the command NAME has to wait for the output so far. A start prints nothing itself;
 * behind another start there is no thread whose output has to be complete.
 */
static bool waits_for_output(const struct session *session, const char *name)
{
    const struct command *command = command_find(name);

    return !session->only_started || command == NULL || !(command->flags & COMMAND_STARTS);
}

static int execute(struct session *session, const struct words *words)
{
    unsigned messages = message_count();
    int      status;

    session->only_started = false;
    if (words->count > INT_MAX) {
        message_print(NULL, NULL, "too many words");
        return STATUS_USAGE;
    }
    status = command_execute(session, (int) words->count, words->list);
    /* A command that exits as a thread did has printed no message; wrong usage has one. */
    if (status != STATUS_DONE && status != STATUS_USAGE && messages == message_count())
        message_print(words->list[0], NULL, "status %d", status);
    return status;
}

/* Returns true if NAME is that of a Procfile, whose lines may not even be words of a script. */
static bool is_called_procfile(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strncmp(slash != NULL ? slash + 1 : name, "Procfile", strlen("Procfile")) == 0;
}

/* Says why there is no next command, which would be in LINE; returns the script's status. */
static int explain(const struct script *script, size_t line, int error, struct text *why)
{
    if (error == -EINVAL) {
        message_set_origin(script->name, line);
        if (is_called_procfile(script->name))
            text_add(why, "; " PROCFILE_ADVICE);
        message_print_text(NULL, NULL, why);
        return STATUS_USAGE;
    }
    message_set_origin(NULL, 0);
    message_print("run", NULL, "%s: %s", script->name, strerror(-error));
    return STATUS_INTERNAL;
}

/* Executes a command behind the starts before it, and behind their output where that matters. */
static int execute_in_order(struct session *session, const struct words *words, int sync)
{
    int status;

    if (!waits_for_output(session, words->list[0]))
        return execute(session, words);
    status = chain_settle(&session->chain, &session->client);
    if (status != STATUS_DONE)
        return status;
    return wait_for_front(sync) ? execute(session, words) : STATUS_INTERNAL;
}

/* Executes the starts of a Procfile up to the end, or to the first that fails. */
static int execute_entries(struct session *session, const struct script *script, int sync)
{
    const struct procfile *procfile = script->procfile;
    struct words           words = {0};
    int                    status = STATUS_DONE;

    for (size_t i = 0; status == STATUS_DONE && i < procfile->count; i++) {
        if (procfile_words(procfile, i, &words) != 0)
            return STATUS_INTERNAL;
        message_set_origin(script->name, procfile->entries[i].line);
        status = execute_in_order(session, &words, sync);
        words_release(&words);
    }
    return status;
}

/* Executes the starts for all words up to the end, or to the first that fails. */
static int execute_each(struct session *session, const struct script *script, int sync)
{
    struct words words = {0};
    struct text  why = {0};
    int          status = STATUS_DONE, settled, found = 1;

    while (status == STATUS_DONE && (found = each_next(script->each, &words, &why)) > 0) {
        message_set_origin(script->name, script->each->line);
        status = execute_in_order(session, &words, sync);
        words_release(&words);
    }
    settled = chain_settle(&session->chain, &session->client);
    if (settled == STATUS_DONE && found < 0)
        status = explain(script, script->each->line, found, &why);
    text_release(&why);
    return settled != STATUS_DONE ? settled : status;
}

static int execute_procfile(struct session *session, const struct script *script, int sync)
{
    int error = procfile_set_variables(script->procfile);
    int status, settled;

    if (error != 0) {
        message_print("run", NULL, "cannot set the variables of .env: %s", strerror(-error));
        return STATUS_INTERNAL;
    }
    status = execute_entries(session, script, sync);
    settled = chain_settle(&session->chain, &session->client);
    return settled != STATUS_DONE ? settled : status;
}

/* Executes the commands up to the end, or to the first that fails; returns its status. */
static int execute_all(struct session *session, const struct script *script, int sync)
{
    struct words_scope scope = script->scope;
    struct file_lines  file = {.fd = script->fd};
    struct reader      reader = {.next_line = file_lines_next, .context = &file, .scope = &scope};
    struct words       words = {0};
    struct text        why = {0};
    int                status = STATUS_DONE;
    int                found = 1, settled;

    scope.environment = environ;
    while (status == STATUS_DONE && found > 0) {
        found = reader_next(&reader, &words, &why);
        if (found <= 0)
            break;
        message_set_origin(script->name, reader.line);
        status = execute_in_order(session, &words, sync);
        words_release(&words);
    }
    settled = chain_settle(&session->chain, &session->client);
    file_lines_release(&file);
    if (settled == STATUS_DONE && found < 0)
        status = explain(script, reader.line, found, &why);
    text_release(&why);
    return settled != STATUS_DONE ? settled : status;
}

/* Returns true if FD is a file. From anything else the next line may come late, and failures have to be told before. */
static bool is_file(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/*
 * Executes the script, in the child. The front handles an interrupt from the terminal, and ends the
 * script; the script also ends when the front is gone.
 */
static int be_script(const struct script *script, const struct place *place, int sync)
{
    struct session session = {.socket = place->socket,
                              .scripted = true,
                              .chains = script->procfile != NULL || is_file(script->fd)};
    int            status;

    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGQUIT, SIG_IGN);
    (void) signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unsetenv("K3THREAD_ID") < 0 ||
        unsetenv("K3THREAD_NAME") < 0 || setenv("K3THREAD_SOCKET", place->socket, 1) < 0)
        return STATUS_INTERNAL;
    if (script->each != NULL)
        status = execute_each(&session, script, sync);
    else if (script->procfile != NULL)
        status = execute_procfile(&session, script, sync);
    else
        status = execute_all(&session, script, sync);
    session_release(&session);
    return status;
}

int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 pid_t *ret_pid, int *ret_sync)
{
    int   ends[2];
    int   error;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        (void) sigprocmask(SIG_SETMASK, mask, NULL);
        exit(be_script(script, place, ends[1]));
    }
    error = -errno;
    close(ends[1]);
    if (pid > 0) {
        *ret_pid = pid;
        *ret_sync = ends[0];
        return 0;
    }
    close(ends[0]);
    return error;
}
