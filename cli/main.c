/* The program: its own options, and then a command of the table. */
#include "cli/base/status.h"
#include "cli/commands/command_line.h"
#include "cli/commands/execute.h"
#include "cli/commands/program.h"
#include "cli/commands/session.h"
#include "cli/commands/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/*
 * A descriptor that the caller closed would be given to our socket, and a table printed into it.
 * What takes its place instead fails when it is used.
 */
static void fill_standard_descriptors(void)
{
    struct pollfd standard[] = {{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

    if (poll(standard, 3, 0) <= 0)
        return;
    for (int fd = 0; fd < 3; fd++)
        if ((standard[fd].revents & POLLNVAL) &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(STATUS_FAILED);
}

int main(int count, char **words)
{
    struct session       session = {0};
    struct program_words command = {.session = &session};
    char                *no_words[] = {"k3thread", NULL};
    int                  status;

    fill_standard_descriptors();
    if (count < 1) {
        count = 1;
        words = no_words;
    }
    status = command_parse(&program_argp, ARGP_IN_ORDER, NULL, count, words, &command);
    if (status < 0 && command.count == 0)
        status = command_explain(&program_argp);
    else if (status < 0)
        status = command_execute(&session, command.count, command.words);
    session_release(&session);
    return session.ended_by != 0 ? signals_end_by(session.ended_by) : status;
}
