#include "cli/script/barrier.h"

#include "cli/base/descriptors.h"
#include "cli/base/status.h"
#include "cli/script/front_end.h"
#include "cli/script/notices.h"
#include "cli/script/script.h"
#include "cli/script/thinning.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void barrier_ask(struct front *front)
{
    front->barrier = BARRIER_ASKED;
    if (!front->client.open ||
        client_send(&front->client, "version", json_object(), &front->barrier_id) != 0)
        front->barrier = BARRIER_PRINTING; /* no reply will come */
}

/* Returns true if the supervisor ended without being asked to, and its end has not been acted upon yet. */
static bool is_abandoned(const struct front *front)
{
    return !front->client.open && !front->ending && front->supervisor != 0;
}

/*
 * Acts upon the end of the script. If the script failed because its supervisor has ended, the
 * script is not the cause of the run's end: the exit status is then taken from the supervisor's
 * end.
 */
static void end_script(struct front *front)
{
    int status = front->script_status;

    front->script_done = true;
    if (front->script_killed)
        return;
    status = WIFSIGNALED(status) ? STATUS_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
    if (status == 0 && run_threads_are_daemons(&front->output.threads))
        notices_only_daemons(&front->notices);
    if (status == 0)
        front_end_in_order(front);
    else if (is_abandoned(front))
        front->script_failure = status;
    else
        front_end_now(front, status);
}

void barrier_pass(struct front *front)
{
    char byte = 0;

    front->barrier = BARRIER_NONE;
    if (front->script == 0)
        end_script(front);
    else if (front->sync >= 0 && send(front->sync, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        descriptors_close(
            &front->sync); /* the script has ended, or ends now: it would wait for ever */
}

void barrier_handle_sync(struct front *front)
{
    struct script_message message;
    ssize_t               size = recv(front->sync, &message, sizeof(message), MSG_DONTWAIT);

    if (size == (ssize_t) sizeof(message) && message.kind == SCRIPT_WAITS_FOR_ROOM) {
        thinning_ask(front, message.rest);
    } else if (size > 0) {
        barrier_ask(front);
    } else if (size == 0 || errno != EAGAIN) {
        close(front->sync);
        front->sync = -1;
    }
}
