#include "cli/script/front.h"

#include "cli/base/clock.h"
#include "cli/base/descriptor.h"
#include "cli/base/status.h"
#include "cli/client/client.h"
#include "cli/client/launch.h"
#include "cli/commands/signals.h"
#include "cli/script/notices.h"
#include "cli/script/process.h"
#include "cli/script/transcript.h"
#include "cli/script/waits.h"
#include "cli/view/message.h"
#include "cli/view/output.h"
#include "cli/view/view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Milliseconds between two looks at the events and the output, where there is more and more of it:
 * a look costs the same for one line and for a thousand.
 */
#define PACE 4

/* What a script that waits (or its end) waits for. */
enum barrier {
    BARRIER_NONE,
    BARRIER_ASKED,    /* the supervisor's next answer: all events before it are then known */
    BARRIER_PRINTING, /* until all is printed that was written by then */
};

struct front {
    const struct front_options *options;
    const struct place         *place;
    struct client               client;
    struct transcript           transcript;

    pid_t script, supervisor; /* our children; 0: gone */
    pid_t server;             /* the process that answers; 0: it did not yet */
    int   script_status;      /* once it is gone, from wait() */
    bool  script_done;        /* and that was acted upon */
    bool  script_killed;      /* by us: its status says nothing */
    int   script_failure;     /* its status, if it may have another cause: see end_script() */

    struct signals signals;
    int            lifeline, sync; /* -1: none */

    enum barrier barrier;
    json_int_t   barrier_id, list_id, waits_id; /* of requests */

    bool     settled;  /* the exit status is */
    int      status;   /* it; 0 until then */
    bool     ending;   /* the supervisor was told to */
    bool     stopping; /* and to end the threads, too */
    bool     deaf;     /* our output is lost: nobody reads it, or it cannot be written */
    unsigned interrupts;
    double   started, looked, deadline;

    struct waits waits;
    struct text  notices; /* to be printed behind the output that is there by now */
};

/* Ends */

/* The first cause of an end is the one that counts. */
static void settle(struct front *front, int status)
{
    if (!front->settled)
        front->status = status;
    front->settled = true;
}

/* A supervisor that cannot be reached ends by itself, so a request that fails is no matter. */
static void request(struct front *front, const char *method, json_t *params)
{
    (void) client_send(&front->client, method, params, NULL);
}

static void kill_script(struct front *front)
{
    if (front->script == 0)
        return;
    front->script_killed = true;
    (void) kill(front->script, SIGKILL);
}

/* Ends as a process does when its main thread has: waits for the threads, but not for daemons. */
static void end_in_order(struct front *front)
{
    front->ending = true;
    request(front, "shutdown", json_object());
}

static void end_now(struct front *front, int status)
{
    settle(front, status);
    front->ending = front->stopping = true;
    kill_script(front);
    request(front, "shutdown", json_pack("{s:b}", "now", 1));
}

/* Ends all by an exception that is no request. The script is no more waited for. */
static void end_by(struct front *front, const char *exception)
{
    front->ending = front->stopping = true;
    kill_script(front);
    request(front, "shutdown", json_pack("{s:b, s:s}", "now", 1, "exception", exception));
}

/* The time of the run is over, which is its status whatever came before. */
static void time_out(struct front *front)
{
    front->settled = true;
    front->status = STATUS_TIMEOUT;
    end_by(front, "TimeoutError");
    notices_timed_out(&front->notices, front->options->timeout);
}

static void raise_in_all(struct front *front, const char *exception)
{
    request(front, "raise", json_pack("{s:b, s:s}", "all", 1, "exception", exception));
}

/*
 * Ctrl-C. What the script asked for before it was killed may still be on its way to the
 * supervisor; it comes too late behind our shutdown, which goes with the raise.
 */
static void interrupt(struct front *front)
{
    settle(front, STATUS_SIGNAL_BASE + SIGINT);
    switch (front->interrupts++) {
    case 0:
        end_by(front, "KeyboardInterrupt");
        break;
    case 1:
        raise_in_all(front, "SIGKILL");
        end_now(front, STATUS_SIGNAL_BASE + SIGINT);
        break;
    default: /* even that was not enough; its guardian kills all */
        if (front->server > 0 && front->supervisor > 0)
            (void) kill(front->server, SIGKILL);
    }
}

/*
 * Nothing more is printed. Without a reader all ends, as a command in a pipeline would; any other
 * failure is no matter of the threads, which go on.
 */
static void lose_output(struct front *front, int error)
{
    front->deaf = true;
    if (error == -EPIPE)
        end_now(front, STATUS_SIGNAL_BASE + SIGPIPE);
    else
        message_print("run", NULL,
                      "cannot write to standard output, the threads go on without it: %s",
                      strerror(-error));
}

/* Threads */

static void report_daemon(struct front *front, const json_t *thread)
{
    char *log = transcript_log(&front->transcript, thread);

    notices_daemon_failed(&front->notices, thread, log);
    free(log);
}

/* Of threads that are ending because all do, nothing more is learned. */
static void account(struct front *front, const json_t *thread)
{
    const struct front_options *options = front->options;
    int                         status = members_status(thread);
    bool                        daemon = json_is_true(json_object_get(thread, "daemon"));

    if (front->stopping)
        return;
    if (daemon && status != 0)
        report_daemon(front, thread);
    if ((options->any && !daemon) || (options->fail_fast && status != 0)) {
        notices_ends_all(&front->notices, thread);
        end_now(front, status);
    } else if (status != 0 && !daemon) {
        settle(front, status);
    }
}

static void update(struct front *front, json_t *thread)
{
    const struct member *member;

    if (!transcript_update(&front->transcript, thread))
        return;
    member = members_find(&front->transcript.members, view_id(thread));
    if (member != NULL && member->waited)
        notices_not_run(&front->notices, thread);
    notices_unended(&front->notices, thread);
    account(front, thread);
}

/* A notification. What was missed is made good by a list of all. */
static void handle_event(void *context, const json_t *params)
{
    struct front *front = context;
    const char   *event = json_string_value(json_object_get(params, "event"));
    json_t       *thread = json_object_get(params, "thread");

    if (thread != NULL && event != NULL && strcmp(event, "restarted") == 0)
        notices_restarted(&front->notices, thread);
    waits_add(&front->waits, thread);
    if (thread != NULL)
        update(front, thread);
    else
        (void) client_send(&front->client, "list", json_object(), &front->list_id);
}

/* The script */

static void ask(struct front *front)
{
    front->barrier = BARRIER_ASKED;
    if (client_send(&front->client, "version", json_object(), &front->barrier_id) != 0)
        front->barrier = BARRIER_PRINTING; /* there will be no answer */
}

/* The supervisor went away unasked; lose_supervisor() is about to hear how. */
static bool is_bereft(const struct front *front)
{
    return !front->client.open && !front->ending && front->supervisor != 0;
}

/* One that failed for want of a supervisor is not the cause of the end. */
static void end_script(struct front *front)
{
    int status = front->script_status;

    front->script_done = true;
    if (front->script_killed)
        return;
    status = WIFSIGNALED(status) ? STATUS_SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
    if (status == 0 && members_are_daemons(&front->transcript.members))
        notices_only_daemons(&front->notices);
    if (status == 0)
        end_in_order(front);
    else if (is_bereft(front))
        front->script_failure = status;
    else
        end_now(front, status);
}

/* All is printed that was to be: the script may go on, or it is over. */
static void pass_barrier(struct front *front)
{
    char byte = 0;

    front->barrier = BARRIER_NONE;
    if (front->script == 0)
        end_script(front);
    else if (front->sync >= 0) /* a script that is gone is noticed otherwise */
        (void) send(front->sync, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void handle_sync(struct front *front)
{
    char    byte;
    ssize_t size = recv(front->sync, &byte, 1, MSG_DONTWAIT);

    if (size > 0) {
        ask(front);
    } else if (size == 0 || errno != EAGAIN) {
        close(front->sync);
        front->sync = -1;
    }
}

/* The supervisor */

static void handle_reply(struct front *front, const struct reply *reply)
{
    json_t *thread;
    size_t  i;

    if (reply->id == front->list_id)
        json_array_foreach((json_t *) reply->result, i, thread)
            update(front, thread);
    if (reply->id == front->waits_id)
        json_array_foreach((json_t *) reply->result, i, thread)
            notices_waits(&front->notices, thread);
    if (reply->id != front->barrier_id || front->barrier != BARRIER_ASKED)
        return;
    front->server = (pid_t) json_integer_value(json_object_get(reply->result, "pid"));
    front->barrier = BARRIER_PRINTING;
}

/* Takes what the supervisor sent. A connection that ends is that of one that is ending. */
static void handle_client(struct front *front)
{
    struct reply reply;

    while (front->client.open && client_try_receive(&front->client, &reply) > 0) {
        handle_reply(front, &reply);
        reply_release(&reply);
    }
    if (!front->client.open && front->barrier == BARRIER_ASKED)
        front->barrier = BARRIER_PRINTING;
}

/* Its process is gone, and with it all that the commands started. */
static void lose_supervisor(struct front *front, int status)
{
    front->supervisor = 0;
    handle_client(front);
    if (!front->ending && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        notices_supervisor_ended(front->place, "went away");
        settle(front, STATUS_INTERNAL);
    }
    if (front->script_failure != 0)
        settle(front, front->script_failure);
    if (front->settled)
        kill_script(front);
    front->ending = true;
}

/* Signals */

/* As process 1 also what others left behind. */
static void reap(struct front *front)
{
    int   status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == front->script) {
            front->script = 0;
            front->script_status = status;
            ask(front);
        } else if (pid == front->supervisor) {
            lose_supervisor(front, status);
        }
    }
}

static void handle_signals(struct front *front)
{
    int signal;

    while ((signal = signals_next(&front->signals)) != 0) {
        if (signal == SIGCHLD)
            reap(front);
        else if (signal == SIGINT)
            interrupt(front);
        else
            end_now(front, STATUS_SIGNAL_BASE + signal);
    }
}

/* Output */

static void print(struct front *front)
{
    int error = printer_write(&front->transcript.printer);

    if (error != 0 && !front->deaf)
        lose_output(front, error);
}

/* Takes what was written so far. Lost output is dropped. */
static void collect(struct front *front)
{
    if (front->deaf)
        printer_discard(&front->transcript.printer);
    else if (transcript_collect(&front->transcript) != 0)
        lose_output(front, -ENOMEM);
}

/* Prints what is to be said, behind the output that came before it. */
static void print_notices(struct front *front)
{
    if (!front->notices.failed)
        (void) output_write(STDERR_FILENO, front->notices.data, front->notices.size);
    front->notices.size = 0;
}

/* The loop */

static bool is_over(const struct front *front)
{
    return front->script == 0 && front->script_done && front->supervisor == 0 &&
           printer_is_idle(&front->transcript.printer);
}

/* Seconds until the next look at what is no hurry: not for a script that waits, or a signal. */
static double time_to_look(const struct front *front)
{
    double left = front->looked + PACE / 1e3 - clock_monotonic();

    return front->barrier != BARRIER_NONE || left < 0 ? 0 : left;
}

/* Milliseconds until something has to be done by time; -1: nothing has. */
static int patience(const struct front *front, bool rests)
{
    int    other = rests ? PACE : transcript_patience(&front->transcript);
    double next = front->stopping ? INFINITY : fmin(front->deadline, front->waits.next);
    double left = next - clock_monotonic();

    if (left > INT_MAX / 1e3)
        return other;
    left = left > 0 ? ceil(left * 1e3) : 0;
    return other < 0 || left < other ? (int) left : other;
}

static void step(struct front *front)
{
    bool          rests = time_to_look(front) > 0;
    struct pollfd pollfds[] = {
        {.fd = front->signals.fd, .events = POLLIN},
        {.fd = front->client.open && !rests ? front->client.fd : -1, .events = POLLIN},
        {.fd = rests ? -1 : front->transcript.inotify, .events = POLLIN},
        {.fd = front->sync, .events = POLLIN},
        {.fd = front->deaf ? -1 : front->transcript.printer.fd},
    };

    if (front->client.open && front->client.unsent.size > 0)
        pollfds[1] = (struct pollfd){.fd = front->client.fd, .events = POLLIN | POLLOUT};
    if (printer_is_ready(&front->transcript.printer))
        pollfds[4].events = POLLOUT;
    if (poll(pollfds, 5, patience(front, rests)) < 0)
        return;
    if (!front->stopping && clock_monotonic() >= front->deadline)
        time_out(front);
    if (clock_monotonic() >= front->waits.next)
        (void) client_send(&front->client, "list", waits_ask(&front->waits), &front->waits_id);
    if (pollfds[1].revents || pollfds[2].revents)
        front->looked = clock_monotonic();
    if (pollfds[0].revents)
        handle_signals(front);
    if (pollfds[1].revents)
        handle_client(front);
    /* A write is in the queue before the end of the thread is known that wrote. */
    if (pollfds[0].revents || pollfds[1].revents || pollfds[2].revents)
        transcript_look(&front->transcript);
    /* Nobody hears of a write that fails, but of the one that fills the disk. */
    if (transcript_fills_up(&front->transcript))
        notices_full(&front->notices, front->transcript.logs);
    if (pollfds[3].revents)
        handle_sync(front);
    if (pollfds[4].revents & POLLOUT)
        print(front);
    else if (pollfds[4].revents & (POLLERR | POLLHUP))
        lose_output(front, -EPIPE);
}

static void loop(struct front *front)
{
    for (;;) {
        collect(front);
        if (front->notices.size > 0 && printer_is_idle(&front->transcript.printer))
            print_notices(front);
        if (is_over(front))
            break;
        if (front->barrier == BARRIER_PRINTING && printer_is_idle(&front->transcript.printer))
            pass_barrier(front);
        else
            step(front);
    }
}

/* Beginning and end */

/* Starts the supervisor and connects to it. Returns 0, or -errno after saying why. */
static int start_supervisor(struct front *front)
{
    struct launch_own own = {.slots = front->options->slots,
                             .private_place = front->options->own_place};
    struct text       why = {0};
    int               ends[2];
    int               error;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    own.lifeline = ends[0];
    front->lifeline = ends[1];
    error = launch_own(front->place, &own, &front->supervisor, &why);
    close(ends[0]);
    if (error != 0)
        message_print("run", NULL, "%.*s", (int) why.size, why.data);
    text_release(&why);
    if (error == 0)
        error = client_open(&front->client, front->place, 0);
    return error;
}

/* From here on the events come. */
static int watch_events(struct front *front)
{
    struct reply reply;
    int          error;

    front->client.notify = handle_event;
    front->client.notify_context = front;
    error =
        client_call(&front->client, "watch", transcript_make_watch(front->waits.is_seen), &reply);
    if (error != 0)
        return error;
    error = transcript_watch(&front->transcript, json_object_get(reply.result, "logs"));
    reply_release(&reply);
    return error;
}

static int begin(struct front *front, const struct script *script)
{
    int error = signals_take(&front->signals);

    if (error == 0)
        error = start_supervisor(front);
    if (error == 0)
        error = watch_events(front);
    if (error == 0)
        error = script_start(script, front->place, &front->signals.before, &front->script,
                             &front->sync);
    if (error == 0)
        process_raise_limit();
    return error;
}

/*
 * Nothing has begun: the supervisor, if there is one, ends with its lifeline. Its guardian then removes
 * the journal, so that is read before.
 */
static int fail(struct front *front, int error)
{
    const struct text *message = &front->client.failure.message;
    struct text        ended = {0};
    int                status = 0;

    notices_add_supervisor(&ended, front->place, "ended as soon as it began");
    close(front->lifeline);
    front->lifeline = -1;
    while (front->supervisor > 0 && waitpid(front->supervisor, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0)
        message_print("run", NULL, "%.*s", (int) ended.size, ended.data);
    else if (message->size > 0)
        message_print("run", NULL, "%.*s", (int) message->size, message->data);
    else if (front->supervisor > 0)
        message_print("run", NULL, "cannot begin: %s", strerror(-error));
    text_release(&ended);
    return STATUS_INTERNAL;
}

static void release(struct front *front)
{
    const int fds[] = {front->lifeline, front->sync};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    signals_close(&front->signals);
    client_close(&front->client);
    text_release(&front->notices);
    waits_close(&front->waits);
    transcript_close(&front->transcript);
}

int front_run(const struct front_options *options, const struct place *place,
              const struct script *script, int *ret_signal)
{
    struct front front = {
        .options = options,
        .place = place,
        .signals = SIGNALS_NONE,
        .lifeline = -1,
        .sync = -1,
        .started = clock_monotonic(),
        .deadline = INFINITY,
    };
    int error;

    if (options->timeout >= 0)
        front.deadline = front.started + options->timeout;
    waits_open(&front.waits);
    (void) descriptor_append(STDOUT_FILENO); /* a thread may append to the same file */
    transcript_open(&front.transcript, STDOUT_FILENO, options->printer);
    error = begin(&front, script);
    if (error == 0) {
        loop(&front);
        if (!options->quiet)
            members_print_summary(&front.transcript.members, clock_monotonic() - front.started);
    } else {
        front.status = fail(&front, error);
    }
    *ret_signal = signals_first(&front.signals);
    release(&front);
    return front.status;
}
