/* The program: parses its own options, and runs the command that follows them. */
#include "cli/base/libc.h"
#include "cli/base/standard.h"
#include "cli/commands/command_line.h"
#include "cli/commands/execute.h"
#include "cli/commands/program_options.h"
#include "cli/commands/session.h"
#include "cli/commands/signals.h"
#include "cli/quick/quick.h"

/* Gives CLIENT the request that the quick way (cli/quick) may have sent already. */
static void adopt_request(struct client *client)
{
    struct quick_request request;

    if (quick_take(&request))
        client_adopt(client, request.fd, request.received, request.size);
}

int main(int count, char **words)
{
    struct session       session = {0};
    struct program_words command = {.session = &session};
    char                *no_words[] = {"k3thread", NULL};
    int                  status;

    libc_forget_unsafe_variables();
    standard_descriptors_fill();
    adopt_request(&session.client);
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
