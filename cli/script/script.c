#include "cli/script/script.h"

#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/execute.h"
#include "cli/commands/session.h"
#include "cli/script/command_source.h"
#include "cli/script/needs_order.h"
#include "cli/script/pace.h"
#include "cli/script/procfile.h"
#include "cli/script/script_environment.h"
#include "cli/view/bottom_line.h"
#include "cli/view/message.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sends MESSAGE to the front and waits for its reply. Returns false after printing the reason. */
static bool ask_front(int sync, struct script_message message)
{
    char    byte;
    ssize_t n = send(sync, &message, sizeof(message), MSG_NOSIGNAL);

    while (n > 0 && (n = recv(sync, &byte, 1, 0)) != 1)
        if (n < 0 && errno == EINTR)
            n = 1;
    if (n <= 0)
        message_print("run", NULL, "the script cannot go on: %s",
                      n < 0 ? strerror(errno) : "the run could not answer it");
    return n > 0;
}

/* Waits until all earlier output is printed. Returns false after printing the reason why that failed. */
static bool wait_for_front(int sync)
{
    return ask_front(sync, (struct script_message){.kind = SCRIPT_WAITS_FOR_OUTPUT});
}

/*
 * Waits until the front lets the script start more threads, once all starts before were answered. Returns the exit
 * status.
 */
static int wait_for_room(struct session *session, const struct pace *pace, int sync)
{
    struct script_message message = {.kind = SCRIPT_WAITS_FOR_ROOM, .rest = pace->rest};
    int                   status = chain_settle(&session->chain, &session->client);

    if (status != STATUS_DONE)
        return status;
    return ask_front(sync, message) ? STATUS_DONE : STATUS_INTERNAL;
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

static int execute_procfile(struct session *session, const struct script *script, int sync)
{
    int status = execute_entries(session, script, sync);
    int settled = chain_settle(&session->chain, &session->client);

    return settled != STATUS_DONE ? settled : status;
}

/* Executes the commands, until the end or until a command fails. Returns the status of the last command. */
static int execute_all(struct session *session, const struct script *script, bool is_paced,
                       int sync)
{
    struct pace           pace = {.is_wanted = is_paced};
    struct command_source source;
    struct words          words = {0};
    struct text           why = {0};
    int                   status = STATUS_DONE, settled, found = 1;

    session->chain.holds_missing = true; /* there may be a circle of needs to report instead */
    command_source_open(&source, script, environ);
    while (status == STATUS_DONE && (found = command_source_next(&source, &words, &why)) > 0) {
        message_set_origin(script->name, source.line);
        if (pace_note(&pace, &source, &words))
            status = wait_for_room(session, &pace, sync);
        if (status == STATUS_DONE)
            status = execute_in_order(session, &words, sync);
        words_release(&words);
    }
    settled = chain_settle(&session->chain, &session->client);
    if (settled == STATUS_DONE && found < 0)
        status = command_source_explain(&source, found, &why);
    command_source_close(&source);
    text_release(&why);
    if (settled != STATUS_DONE)
        status = settled;
    if (status == STATUS_NO_THREAD)
        status = needs_order_explain(
            script, environ,
            session->chain.failed_line > 0 ? session->chain.failed_line : source.line, status);
    message_print_held();
    return status;
}

/*
 * Returns true if no command of SCRIPT can come late, as a line through a pipe can. Failures before a late command must
 * be reported without waiting for it.
 */
static bool is_all_there(const struct script *script)
{
    struct stat info;

    return script->procfile != NULL || script->plan != NULL ||
           (fstat(script->fd, &info) == 0 && S_ISREG(info.st_mode));
}

/*
 * Executes the script, in the child. The front handles Ctrl-C and ends the script; the script also
 * ends when the front has ended.
 */
static int be_script(const struct script *script, const struct place *place, bool is_paced,
                     int sync)
{
    struct session session = {
        .socket = place->socket, .scripted = true, .chains = is_all_there(script)};
    int error, status;

    (void) signal(SIGINT, SIG_IGN);
    (void) signal(SIGQUIT, SIG_IGN);
    (void) signal(SIGPIPE, SIG_DFL);
    error = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno
                                                 : script_environment_set(place, script->variables);
    if (error != 0) {
        message_print("run", NULL, "cannot begin the script: %s", strerror(-error));
        return STATUS_INTERNAL;
    }
    if (script->procfile != NULL)
        status = execute_procfile(&session, script, sync);
    else
        status = execute_all(&session, script, is_paced, sync);
    session_release(&session);
    return status;
}

int script_start(const struct script *script, const struct place *place, const sigset_t *mask,
                 unsigned flags, pid_t *ret_pid, int *ret_sync)
{
    int   ends[2];
    int   error;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        (void) sigprocmask(SIG_SETMASK, mask, NULL);
        if (flags & SCRIPT_HAS_LINE)
            bottom_line_leave_to_parent();
        exit(be_script(script, place, (flags & SCRIPT_IS_PACED) != 0, ends[1]));
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
