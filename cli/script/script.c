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

/* Waits until all earlier output is printed. Returns false if the front has ended. */
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
 * Returns true if the command NAME must wait for the output so far. A start need not wait if only
 * starts came before it: it prints nothing, and no thread is known to have ended.
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
    /*
     * A command that exits as its thread did has printed no message. Wrong usage always has a
     * message.
     */
    if (status != STATUS_DONE && status != STATUS_USAGE && messages == message_count())
        message_print(words->list[0], NULL, "status %d", status);
    return status;
}

/*
 * Returns true if NAME is a Procfile's usual name. The lines of a Procfile may not even be words of
 * a script.
 */
static bool is_called_procfile(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strncmp(slash != NULL ? slash + 1 : name, "Procfile", strlen("Procfile")) == 0;
}

/*
 * Reports why there is no next command. LINE is where it would be. Returns the script's status.
 */
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

/*
 * Executes a command after the starts before it were answered, and their output printed, if it
 * depends on that.
 */
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

/* Executes the starts of a Procfile, until the end or until a start fails. */
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

/* Executes the commands, until the end or until a command fails. Returns the last one's status. */
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

/*
 * Returns true if FD is a regular file. From anything else the next line may come late, and
 * failures must be reported before it.
 */
static bool is_file(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/*
 * Executes the script, in the child. The front handles Ctrl-C and ends the script; the script also
 * ends when the front has ended.
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
