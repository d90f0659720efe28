#include "cli/script/front_children.h"

#include "cli/base/clock.h"
#include "cli/base/descriptors.h"
#include "cli/base/file_limit.h"
#include "cli/base/status.h"
#include "cli/client/launch.h"
#include "cli/script/barrier.h"
#include "cli/script/front_end.h"
#include "cli/script/front_events.h"
#include "cli/script/notices.h"
#include "cli/script/run_hosts.h"
#include "cli/script/thinning.h"
#include "cli/view/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Messages of the supervisor */

static void handle_reply(struct front *front, const struct reply *reply)
{
    json_t *thread;
    size_t  i;

    if (reply->id == front->list_id) {
        front->list_id = 0;
        json_array_foreach((json_t *) reply->result, i, thread) {
            course_take_thread(&front->course, thread, clock_wall());
            front_update(front, thread);
        }
    }
    if (reply->id == front->not_ready_id)
        json_array_foreach((json_t *) reply->result, i, thread)
            notices_not_ready(&front->notices, thread);
    thinning_take(front, reply);
    if (reply->id != front->barrier_id || front->barrier != BARRIER_ASKED)
        return;
    front->server = (pid_t) json_integer_value(json_object_get(reply->result, "pid"));
    front->barrier = BARRIER_PRINTING;
}

/* Takes events and replies. If the connection ends, the supervisor is ending, unless the connection failed here. */
void front_handle_client(struct front *front)
{
    struct reply reply;
    int          error = 0;

    while (front->client.open && (error = client_try_receive(&front->client, &reply)) > 0) {
        handle_reply(front, &reply);
        reply_release(&reply);
    }
    if (error < 0 && !client_is_gone(error))
        front_end_of_itself(front, error);
    if (!front->client.open && front->barrier == BARRIER_ASKED)
        front->barrier = BARRIER_PRINTING;
}

/* Ends of children */

/* Returns true if STATUS says that a signal ended the supervisor: its guardian then exits with 128 and more. */
static bool was_killed(int status)
{
    return !WIFEXITED(status) || WEXITSTATUS(status) > STATUS_SIGNAL_BASE;
}

/*
 * Returns true if the supervisor, which has ended with STATUS, should not have ended so. It ends by itself when the
 * run ends, and is killed only by a run that is being stopped.
 */
static bool is_lost(const struct front *front, int status)
{
    if (front->ending)
        return !front->stopping && was_killed(status);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Returns true if the supervisor ended before this process had read how each thread ended, as it read too slowly. */
static bool lacks_ends(const struct front *front)
{
    const size_t *counts = front->output.threads.counts;

    return front->list_id != 0 ||
           counts[RUN_THREAD_WAITING] + counts[RUN_THREAD_RUNNING] + counts[RUN_THREAD_DAEMON] > 0;
}

/* Notes that the supervisor's process has ended, and with it all processes that the commands started. */
static void lose_supervisor(struct front *front, int status)
{
    front->supervisor = 0;
    front_handle_client(front);
    if (is_lost(front, status)) {
        notices_supervisor_ended(front->place, "went away");
        front_settle(front, STATUS_INTERNAL);
    } else if (!front->settled && lacks_ends(front)) {
        message_print(
            "run", NULL,
            "it is not known how all threads ended, because their events were not read in time");
        front_settle(front, STATUS_INTERNAL);
    }
    if (front->script_failure != 0)
        front_settle(front, front->script_failure);
    if (front->settled)
        front_kill_script(front);
    front->ending = true;
}

void front_reap(struct front *front)
{
    int   status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == front->script) {
            front->script = 0;
            front->script_status = status;
            front->progress.rest = 0;
            barrier_ask(front);
        } else if (pid == front->supervisor) {
            lose_supervisor(front, status);
        } else if (pid == front->carrier) {
            front->carrier = 0;
            run_hosts_lose(front->options->hosts, &front->client);
        }
    }
}

/* Starting */

/* Starts the supervisor and connects to it. Returns 0, or -errno; front->client.failure may hold a sentence. */
static int start_supervisor(struct front *front)
{
    struct launch_own own = {.slots = front->options->slots,
                             .jobserver = front->options->jobserver,
                             .private_place = front->options->own_place};
    int               ends[2];
    int               error;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    own.lifeline = ends[0];
    front->lifeline = ends[1];
    error = launch_own(front->place, &own, &front->supervisor, &front->client.failure.message);
    close(ends[0]);
    if (error == 0)
        error = client_open(&front->client, front->place, 0);
    return error;
}

static int watch_events(struct front *front)
{
    struct reply reply;
    int          error;

    front->client.notify = front_handle_event;
    front->client.notify_context = front;
    error = client_call(&front->client, "watch",
                        run_output_make_watch(front->not_ready.is_seen || front->progress.is_wanted,
                                              front->course.is_wanted,
                                              result_files_are_wanted(&front->options->results)),
                        &reply);
    if (error != 0)
        return error;
    error = run_output_watch(&front->output, json_object_get(reply.result, "logs"));
    reply_release(&reply);
    return error;
}

/* Returns true if only the summary needs the threads that have succeeded, so that they may be let go. */
static bool is_thinned(const struct front *front)
{
    const struct front_options *options = front->options;

    return options->own_place && !result_files_are_wanted(&options->results) &&
           options->kept.directory == NULL;
}

int front_start_children(struct front *front, const struct script *script)
{
    int error = signals_take(&front->signals);

    if (error == 0)
        error = start_supervisor(front);
    if (error == 0)
        error = watch_events(front);
    if (error == 0 && front->options->hosts != NULL)
        error =
            run_hosts_start(front->options->hosts, front->place, &front->client, &front->carrier);
    if (error == 0)
        error = script_start(script, front->place, &front->signals.before,
                             (front->progress.is_wanted ? SCRIPT_HAS_LINE : 0) |
                                 (is_thinned(front) ? SCRIPT_IS_PACED : 0),
                             &front->script, &front->sync);
    if (error == 0)
        file_limit_raise();
    return error;
}

/*
 * Ends the supervisor, if there is one, by closing its lifeline. Reads the journal before that,
 * because the guardian then removes it.
 */
int front_fail_to_start(struct front *front, int error)
{
    const struct text *message = &front->client.failure.message;
    struct text        ended = {0};
    int                status = 0;

    notices_add_supervisor(&ended, front->place, "ended as soon as it began");
    descriptors_close(&front->lifeline);
    while (front->supervisor > 0 && waitpid(front->supervisor, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0)
        message_print_text("run", NULL, &ended);
    else if (message->size > 0)
        message_print_text("run", NULL, message);
    else
        message_print("run", NULL, "cannot begin: %s", strerror(-error));
    text_release(&ended);
    return STATUS_INTERNAL;
}
