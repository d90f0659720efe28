#include "cli/commands/pass_signals.h"

#include <signal.h>

/*
 * Requests a raise. Its reply does not matter: if the thread has ended meanwhile, nothing is left
 * to do.
 */
static void request_raise(struct client *client, json_int_t id, const char *exception)
{
    (void) client_send(client, "raise",
                       json_pack("{s:I, s:s}", "thread", id, "exception", exception), NULL);
}

void pass_signals(struct pass_signals *pass, struct client *client, json_int_t id)
{
    int signal;

    while ((signal = signals_next(&pass->signals)) != 0) {
        if (signal == SIGCHLD)
            continue;
        if (pass->asked)
            request_raise(client, id, "SIGKILL");
        else if (!pass->unread)
            request_raise(client, id, signal == SIGINT ? "KeyboardInterrupt" : "SystemExit");
        pass->asked = true;
    }
}

void pass_signals_unread(struct pass_signals *pass, struct client *client, json_int_t id)
{
    if (!pass->asked && !pass->unread)
        request_raise(client, id, "SystemExit");
    pass->unread = true;
}
