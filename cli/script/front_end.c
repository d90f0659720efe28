#include "cli/script/front_end.h"

#include "cli/base/descriptors.h"
#include "cli/base/status.h"
#include "cli/script/notices.h"
#include "cli/view/message.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

void front_settle(struct front *front, int status)
{
    if (!front->settled)
        front->status = status;
    front->settled = true;
}

void front_request(struct front *front, const char *method, json_t *params)
{
    (void) client_send(&front->client, method, params, NULL);
}

void front_kill_script(struct front *front)
{
    if (front->script == 0)
        return;
    front->script_killed = true;
    (void) kill(front->script, SIGKILL);
}

void front_end_of_itself(struct front *front, int error)
{
    message_print("run", NULL, "ending everything: %s", strerror(-error));
    front_settle(front, STATUS_INTERNAL);
    front->ending = front->stopping = true;
    front_kill_script(front);
    descriptors_close(&front->lifeline);
}

/* Asks the supervisor to end as PARAMS say, which it takes over. A supervisor that cannot be asked has to end too. */
static void ask_for_end(struct front *front, json_t *params)
{
    int error = client_send(&front->client, "shutdown", params, NULL);

    if (error != 0 && front->client.open) /* else the supervisor has ended, or ends now */
        front_end_of_itself(front, error);
}

void front_end_in_order(struct front *front)
{
    front->ending = true;
    ask_for_end(front, json_object());
}

void front_end_now(struct front *front, int status)
{
    front_settle(front, status);
    front->ending = front->stopping = true;
    front_kill_script(front);
    ask_for_end(front, json_pack("{s:b}", "now", 1));
}

void front_end_by(struct front *front, const char *exception)
{
    front->ending = front->stopping = true;
    front_kill_script(front);
    ask_for_end(front, json_pack("{s:b, s:s}", "now", 1, "exception", exception));
}

void front_time_out(struct front *front)
{
    front->settled = true;
    front->status = STATUS_TIMEOUT;
    front_end_by(front, "TimeoutError");
    notices_timed_out(&front->notices, front->options->timeout);
}

void front_close_output(struct front *front, int error)
{
    front->output_closed = true;
    if (error == -EPIPE)
        front_end_now(front, STATUS_SIGNAL_BASE + SIGPIPE);
    else
        message_print("run", NULL,
                      "cannot write to standard output, the threads go on without it: %s",
                      strerror(-error));
}
