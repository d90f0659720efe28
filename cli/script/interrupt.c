#include "cli/script/interrupt.h"

#include "cli/base/status.h"
#include "cli/script/front_end.h"

#include <signal.h>

/*
 * Asks all threads to end. Ctrl-C raises KeyboardInterrupt by the request to shut down, not by a request of its own:
 * starts of the script, which was killed, may still be under way, and the supervisor refuses starts after a shutdown.
 */
static void ask(struct front *front, int signal)
{
    if (signal == SIGINT)
        front_end_by(front, "KeyboardInterrupt");
    else
        front_end_now(front, STATUS_SIGNAL_BASE + signal);
}

void interrupt_handle(struct front *front, int signal)
{
    front_settle(front, STATUS_SIGNAL_BASE + signal);
    switch (front->interrupts++) {
    case 0:
        ask(front, signal);
        break;
    case 1:
        front_request(front, "raise", json_pack("{s:b, s:s}", "all", 1, "exception", "SIGKILL"));
        front_end_now(front, STATUS_SIGNAL_BASE + signal);
        break;
    default: /* the second signal had no effect: kill the supervisor; then its guardian kills everything */
        if (front->server > 0 && front->supervisor > 0)
            (void) kill(front->server, SIGKILL);
    }
}
