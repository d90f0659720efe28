#include "cli/script/front.h"

#include "cli/base/clock.h"
#include "cli/base/descriptor_path.h"
#include "cli/base/status.h"
#include "cli/script/barrier.h"
#include "cli/script/each.h"
#include "cli/script/front_children.h"
#include "cli/script/front_end.h"
#include "cli/script/front_state.h"
#include "cli/script/interrupt.h"
#include "cli/script/notices.h"
#include "cli/script/plan.h"
#include "cli/script/result_files.h"
#include "cli/script/summary.h"
#include "cli/script/thinning.h"
#include "cli/view/message.h"
#include "cli/view/output.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/*
 * The milliseconds between two looks at events and output while more of them keep coming. A look
 * costs the same for one line as for a thousand.
 */
#define LOOK_PAUSE_MS 4

static void handle_signals(struct front *front)
{
    int signal;

    while ((signal = signals_next(&front->signals)) != 0) {
        if (signal == SIGCHLD)
            front_reap(front);
        else
            interrupt_handle(front, signal);
    }
}

static void print(struct front *front)
{
    int error = printer_write(&front->output.printer);

    if (error != 0 && !front->output_closed)
        front_close_output(front, error);
}

/* Takes the output that was written until now, or drops it if standard output is closed. */
static void collect(struct front *front)
{
    if (front->output_closed)
        printer_discard(&front->output.printer);
    else if (run_output_collect(&front->output) != 0)
        front_close_output(front, -ENOMEM);
}

/* Prints the notices. Called after the output that came before them was printed. */
static void print_notices(struct front *front)
{
    if (!front->notices.failed)
        (void) output_write(STDERR_FILENO, front->notices.data, front->notices.size);
    front->notices.size = 0;
}

/* Returns true if output that is ready is held back until the line of progress may be drawn again. */
static bool holds_output(const struct front *front)
{
    const struct printer *printer = &front->output.printer;

    /* Output is not held back while the script waits for it, or once the supervisor has ended. */
    return front->barrier == BARRIER_NONE && front->supervisor != 0 &&
           run_progress_holds(&front->progress, printer->ready.size - printer->written);
}

/* Returns true if the line of progress may be drawn: no unfinished line of output is shown. */
static bool is_line_free(const struct front *front)
{
    return printer_is_idle(&front->output.printer) && front->output.printer.open == NULL;
}

static void draw_progress(struct front *front)
{
    bool is_all = front->options->has_all_starts || front->script == 0;

    if (is_line_free(front))
        run_progress_draw(&front->progress, is_all && !front->stopping, front->ending);
}

/* Returns the time at which the line of progress changes, or output that is held back for it may be printed. */
static double next_progress(const struct front *front)
{
    if (holds_output(front))
        return run_progress_release(&front->progress);
    return is_line_free(front) ? run_progress_next(&front->progress) : INFINITY;
}

static bool is_over(const struct front *front)
{
    return front->script == 0 && front->script_done && front->supervisor == 0 &&
           front->carrier == 0 && printer_is_idle(&front->output.printer);
}

/*
 * Returns the seconds until the next look at events and output. The front does not wait while a
 * script waits for it.
 */
static double time_to_look(const struct front *front)
{
    double left = front->looked + LOOK_PAUSE_MS / 1e3 - clock_monotonic();

    return front->barrier != BARRIER_NONE || left < 0 ? 0 : left;
}

/* Returns the milliseconds after which the next step must begin without an event, or -1. */
static int patience(const struct front *front, bool is_pausing)
{
    int    other = is_pausing ? LOOK_PAUSE_MS : run_output_patience(&front->output);
    double next = front->stopping ? INFINITY : fmin(front->deadline, front->not_ready.next);
    double left;

    next = fmin(fmin(next, next_progress(front)), thinning_next(front));
    left = next - clock_monotonic();

    if (left > INT_MAX / 1e3)
        return other;
    left = left > 0 ? ceil(left * 1e3) : 0;
    return other < 0 || left < other ? (int) left : other;
}

/* Performs the work whose time has come. */
static void handle_time(struct front *front)
{
    double now = clock_monotonic();

    if (!front->stopping && now >= front->deadline)
        front_time_out(front);
    if (now >= front->not_ready.next)
        (void) client_send(&front->client, "list", not_ready_ask(&front->not_ready),
                           &front->not_ready_id);
}

/* The descriptors that the front waits for. */
enum { POLL_SIGNALS, POLL_CLIENT, POLL_INOTIFY, POLL_SYNC, POLL_OUTPUT, POLL_COUNT };

/*
 * Handles the events in POLLFDS. Reads the supervisor's events before the events of inotify: when the end of a thread
 * is known, inotify's queue has all writes to its log.
 */
static void handle_ready(struct front *front, const struct pollfd *pollfds)
{
    bool has_news = pollfds[POLL_CLIENT].revents || pollfds[POLL_INOTIFY].revents;

    if (has_news)
        front->looked = clock_monotonic();
    if (pollfds[POLL_SIGNALS].revents)
        handle_signals(front);
    if (pollfds[POLL_CLIENT].revents)
        front_handle_client(front);
    if (has_news || pollfds[POLL_SIGNALS].revents)
        run_output_look(&front->output);
    /* A failed write causes no event, but the write that fills the disk does. */
    if (run_output_fills_up(&front->output))
        notices_full(&front->notices, front->output.logs);
    if (pollfds[POLL_SYNC].revents)
        barrier_handle_sync(front);
    if (pollfds[POLL_OUTPUT].revents & (POLLIN | POLLOUT))
        print(front);
    else if (pollfds[POLL_OUTPUT].revents & (POLLERR | POLLHUP))
        front_close_output(front, -EPIPE);
}

/* Waits for the next event or the next time, and handles it. */
static void step(struct front *front)
{
    bool          is_pausing = time_to_look(front) > 0;
    struct pollfd pollfds[POLL_COUNT] = {
        [POLL_SIGNALS] = {.fd = front->signals.fd, .events = POLLIN},
        [POLL_CLIENT] = {.fd = front->client.open && !is_pausing ? front->client.wire.fd : -1,
                         .events = POLLIN},
        [POLL_INOTIFY] = {.fd = is_pausing || !front->output.watching ? -1 : front->output.inotify,
                          .events = POLLIN},
        [POLL_SYNC] = {.fd = front->sync, .events = POLLIN},
        [POLL_OUTPUT] = printer_poll(&front->output.printer),
    };
    if (front->client.open && front->client.wire.unsent.size > 0)
        pollfds[POLL_CLIENT] =
            (struct pollfd){.fd = front->client.wire.fd, .events = POLLIN | POLLOUT};
    if (front->output_closed)
        pollfds[POLL_OUTPUT].fd = -1;
    if (holds_output(front)) /* but not what the printer's second thread writes already */
        pollfds[POLL_OUTPUT].events &= ~POLLOUT;
    (void) poll(pollfds, POLL_COUNT, patience(front, is_pausing)); /* it fails: none is ready */
    handle_time(front);
    handle_ready(front, pollfds);
}

static void loop(struct front *front)
{
    for (;;) {
        collect(front);
        if (front->notices.size > 0 && printer_is_idle(&front->output.printer))
            print_notices(front);
        if (is_over(front))
            break;
        thinning_step(front);
        draw_progress(front);
        /* The waiting command may print now. Its first write removes the row of the line of progress. */
        if (front->barrier == BARRIER_PRINTING && front->progress.is_wanted)
            printer_end_row(&front->output.printer);
        if (front->barrier == BARRIER_PRINTING && printer_is_idle(&front->output.printer))
            barrier_pass(front);
        else
            step(front);
    }
    run_progress_close(&front->progress);
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
    not_ready_close(&front->not_ready);
    course_close(&front->course);
    json_decref(front->thinning.ids);
    run_output_close(&front->output);
}

/* Makes a run that has succeeded until now fail if a command, even a daemon's, left a process behind. */
static void fail_for_leaks(struct front *front)
{
    if (front->status == 0 && front->options->leaks == LEAKS_FAIL &&
        run_threads_count_left(&front->output.threads) > 0)
        front->status = STATUS_FAILED;
}

/* Prints WHY, because a file could not be kept or written. A run that has succeeded until now fails. */
static void fail_to_write(struct front *front, const struct text *why)
{
    message_print_text("run", NULL, why);
    if (front->status == 0)
        front->status = STATUS_INTERNAL;
}

static void keep_logs(struct front *front)
{
    const struct front_options *options = front->options;
    struct text                 why = {0};

    if (kept_logs_take(&options->kept, &front->output, options->own_place, &why) != 0)
        fail_to_write(front, &why);
    text_release(&why);
}

/* Writes the results that the user asked for. */
static void write_results(struct front *front, const struct script *script)
{
    double            seconds = clock_monotonic() - front->started;
    struct run_result result = {
        .name = script->each != NULL ? script->each->command[0] : script->name,
        .arguments = script->each != NULL ? script->each->command + 1 : script->scope.arguments,
        .is_each = script->each != NULL,
        .threads = &front->output.threads,
        .course = &front->course,
        .left_out = script->plan != NULL ? script->plan->left_out : NULL,
        .logs = front->options->own_place ? front->output.logs : NULL,
        .began = clock_wall() - seconds,
        .seconds = seconds,
        .status = front->status,
        .complete = front->script_done && !front->script_killed && front->script_status == 0,
        .signal = signals_first(&front->signals),
    };
    struct text why = {0};

    course_end(&front->course, clock_wall());
    if (result_files_write(&front->options->results, &result, &why) != 0)
        fail_to_write(front, &why);
    text_release(&why);
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
    not_ready_open(&front.not_ready);
    run_progress_open(&front.progress, &front.output.threads,
                      options->slots > 0 && !options->quiet);
    course_open(&front.course, result_files_want_course(&options->results));
    (void) descriptor_append(STDOUT_FILENO); /* a thread may append to the same file */
    run_output_open(&front.output, STDOUT_FILENO, options->printer);
    front.output.threads.leaks_fail = options->leaks == LEAKS_FAIL;
    error = front_start_children(&front, script);
    if (error == 0) {
        loop(&front);
        fail_for_leaks(&front);
        if (!options->quiet)
            summary_print(&front.output.threads, clock_monotonic() - front.started);
    } else {
        front.status = front_fail_to_start(&front, error);
    }
    keep_logs(&front);
    write_results(&front, script);
    *ret_signal = signals_first(&front.signals);
    release(&front);
    return front.status;
}
