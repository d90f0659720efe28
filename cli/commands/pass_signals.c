#include "cli/commands/pass_signals.h"

#include <signal.h>

/* The answer does not matter: a thread that has ended meanwhile need not be raised. */
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
        else
            request_raise(client, id, signal == SIGINT ? "KeyboardInterrupt" : "SystemExit");
        pass->asked = true;
    }
}
