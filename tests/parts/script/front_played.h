/* A run whose other parts the test plays: the loop of cli/script/front.c is left. */
#ifndef FRONT_PLAYED_H
#define FRONT_PLAYED_H

#include "tests/parts/script/front_fixture.h"

#include "cli/base/clock.h"
#include "cli/script/barrier.h"
#include "cli/script/front.h"
#include "cli/script/front_children.h"
#include "cli/script/interrupt.h"
#include "cli/script/summary.h"
#include "cli/script/thinning.h"

#include <poll.h>

/* The other parts of a run, which the test plays. Those that do something note it in `done`. */

#define NOBODY 0x7fffffff /* no process has this id */

enum { SIGNALS, CLIENT, INOTIFY, SYNC, OUTPUT, COUNT };

static struct {
    struct front *front; /* of the run that goes on */
    struct pair  *pair;
    struct text   done;
    int           lifeline; /* the other end of it */
    int           start_error, write_error, collect_error, keep_error, result_error;
    double        now;
    bool          is_wanted; /* the line of progress */
    bool          holds, idle, full;
    int           written_fd; /* can be read when the second thread has written; 0: there is none */
    double        drawn_next, released, room; /* times */
    int           waits_for_writes;
    int           signals[4], signal_count, first_signal;

    /* Plays the next wait, whose number is `waits`, and returns what poll() does. */
    int (*wait)(struct pollfd *fds, int timeout);
    int waits;

    struct run_result result;
    double            summary_seconds;
    double            ended; /* the end of thread 1 in the course of the result; -1: it has none */
} played;

#define NOTE(...) text_printf(&played.done, __VA_ARGS__)

double __wrap_clock_monotonic(void);
double __wrap_clock_wall(void);
int    __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int    __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int    __wrap_front_start_children(struct front *front, const struct script *script);
int    __wrap_front_fail_to_start(struct front *front, int error);
void   __wrap_front_reap(struct front *front);
void   __wrap_front_handle_client(struct front *front);
void   __wrap_front_close_output(struct front *front, int error);
void   __wrap_front_time_out(struct front *front);
void   __wrap_interrupt_handle(struct front *front, int signal);
int    __wrap_signals_next(struct signals *signals);
int    __wrap_signals_first(struct signals *signals);
void   __wrap_barrier_pass(struct front *front);
void   __wrap_barrier_handle_sync(struct front *front);
void   __wrap_thinning_step(struct front *front);
double __wrap_thinning_next(const struct front *front);
void   __wrap_run_output_look(struct run_output *output);
int    __wrap_run_output_collect(struct run_output *output);
bool   __wrap_run_output_fills_up(struct run_output *output);
int    __wrap_run_output_patience(const struct run_output *output);
int    __wrap_printer_write(struct printer *printer);
void   __wrap_printer_discard(struct printer *printer);
void   __wrap_printer_end_row(struct printer *printer);
bool   __wrap_printer_is_idle(const struct printer *printer);
void   __wrap_run_progress_open(struct run_progress *progress, const struct run_threads *threads,
                                bool wanted);
bool   __wrap_run_progress_holds(const struct run_progress *progress, size_t size);
double __wrap_run_progress_next(const struct run_progress *progress);
double __wrap_run_progress_release(const struct run_progress *progress);
void   __wrap_run_progress_draw(struct run_progress *progress, bool is_all, bool is_ending);
void   __wrap_run_progress_close(struct run_progress *progress);
int  __wrap_kept_logs_take(const struct kept_logs *kept, const struct run_output *output, bool move,
                           struct text *why);
int  __wrap_result_files_write(const struct result_files *files, const struct run_result *result,
                               struct text *why);
void __wrap_summary_print(const struct run_threads *threads, double seconds);

double __wrap_clock_monotonic(void)
{
    return played.now;
}

double __wrap_clock_wall(void)
{
    return 5000 + played.now;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (count != COUNT)
        return __real_poll(fds, count, timeout);
    CHECK(++played.waits < 1000);
    return played.wait(fds, timeout);
}

int __wrap_front_start_children(struct front *front, const struct script *script)
{
    int ends[2];

    CHECK(front->lifeline == -1 && front->sync == -1);
    CHECK(script != NULL && pipe(ends) == 0);
    played.front = front;
    played.lifeline = ends[0];
    front->lifeline = ends[1];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    front->sync = ends[0];
    front->signals.fd = ends[1];
    front->client = played.pair->client;
    front->script = front->supervisor = NOBODY;
    front->output.logs = strdup("/nowhere");
    return played.start_error;
}

int __wrap_front_fail_to_start(struct front *front, int error)
{
    NOTE("fail%d ", error);
    return front == played.front ? STATUS_INTERNAL : 0;
}

void __wrap_front_reap(struct front *front)
{
    (void) front;
    NOTE("reap ");
}

void __wrap_front_handle_client(struct front *front)
{
    (void) front;
    NOTE("client ");
}

void __wrap_front_close_output(struct front *front, int error)
{
    front->output_closed = true;
    NOTE("close%d ", error);
}

void __wrap_front_time_out(struct front *front)
{
    front->stopping = true;
    NOTE("timeout ");
}

void __wrap_interrupt_handle(struct front *front, int signal)
{
    (void) front;
    NOTE("signal%d ", signal);
}

int __wrap_signals_next(struct signals *signals)
{
    CHECK(signals == &played.front->signals && played.signal_count < 4);
    return played.signals[played.signal_count++];
}

int __wrap_signals_first(struct signals *signals)
{
    CHECK(signals == &played.front->signals);
    return played.first_signal;
}

void __wrap_barrier_pass(struct front *front)
{
    front->barrier = BARRIER_NONE;
    NOTE("pass ");
}

void __wrap_barrier_handle_sync(struct front *front)
{
    (void) front;
    NOTE("sync ");
}

void __wrap_thinning_step(struct front *front)
{
    (void) front;
    NOTE("thin ");
}

double __wrap_thinning_next(const struct front *front)
{
    (void) front;
    return played.room;
}

void __wrap_run_output_look(struct run_output *output)
{
    (void) output;
    NOTE("look ");
}

int __wrap_run_output_collect(struct run_output *output)
{
    (void) output;
    NOTE("collect ");
    return played.collect_error;
}

bool __wrap_run_output_fills_up(struct run_output *output)
{
    (void) output;
    return played.full;
}

int __wrap_run_output_patience(const struct run_output *output)
{
    (void) output;
    return played.waits_for_writes;
}

int __wrap_printer_write(struct printer *printer)
{
    printer->written = printer->ready.size;
    NOTE("write ");
    return played.write_error;
}

struct pollfd __real_printer_poll(const struct printer *printer);
struct pollfd __wrap_printer_poll(const struct printer *printer);
struct pollfd __wrap_printer_poll(const struct printer *printer)
{
    if (played.written_fd == 0)
        return __real_printer_poll(printer);
    return (struct pollfd){.fd = played.written_fd, .events = POLLIN};
}

void __wrap_printer_discard(struct printer *printer)
{
    (void) printer;
    NOTE("discard ");
}

void __wrap_printer_end_row(struct printer *printer)
{
    (void) printer;
    NOTE("row ");
}

bool __wrap_printer_is_idle(const struct printer *printer)
{
    (void) printer;
    return played.idle;
}

void __wrap_run_progress_open(struct run_progress *progress, const struct run_threads *threads,
                              bool wanted)
{
    *progress = (struct run_progress){.is_wanted = played.is_wanted, .threads = threads};
    NOTE("open%d ", wanted);
}

bool __wrap_run_progress_holds(const struct run_progress *progress, size_t size)
{
    (void) progress;
    return played.holds && size == 2; /* what is not written yet of ready_output() */
}

double __wrap_run_progress_next(const struct run_progress *progress)
{
    (void) progress;
    return played.drawn_next;
}

double __wrap_run_progress_release(const struct run_progress *progress)
{
    (void) progress;
    return played.released;
}

void __wrap_run_progress_draw(struct run_progress *progress, bool is_all, bool is_ending)
{
    (void) progress;
    NOTE("draw%d%d ", is_all, is_ending);
}

void __wrap_run_progress_close(struct run_progress *progress)
{
    (void) progress;
    NOTE("closed ");
}

int __wrap_kept_logs_take(const struct kept_logs *kept, const struct run_output *output, bool move,
                          struct text *why)
{
    (void) output;
    NOTE("keep%d ", move);
    CHECK(kept == &played.front->options->kept);
    if (played.keep_error != 0)
        text_add(why, "no log");
    return played.keep_error;
}

int __wrap_result_files_write(const struct result_files *files, const struct run_result *result,
                              struct text *why)
{
    const struct course_thread *thread = course_find(result->course, 1);

    NOTE("results ");
    played.ended = thread != NULL ? thread->phases[0].ended : -1;
    CHECK(files == &played.front->options->results);
    played.result = *result;
    if (played.result_error != 0)
        text_add(why, "no result");
    return played.result_error;
}

void __wrap_summary_print(const struct run_threads *threads, double seconds)
{
    NOTE("summary ");
    CHECK(threads == &played.front->output.threads);
    played.summary_seconds = seconds;
}

/* A run */

static struct front_options options;
static struct script        script;

/* Ends everything, so that the run is over after this wait. */
static inline int end_all(struct pollfd *fds, int timeout)
{
    (void) fds, (void) timeout;
    played.front->script = played.front->supervisor = 0;
    played.front->script_done = true;
    text_release(&played.done);
    return 0;
}

/* Begins a test with a run that ends at its first wait. */
static inline void begin_run(void)
{
    options = (struct front_options){.timeout = -1, .quiet = true};
    result_files_init(&options.results);
    script = (struct script){.name = "script"};
    memset(&played, 0, sizeof(played));
    played.pair = open_pair();
    played.now = 100;
    played.idle = true;
    played.drawn_next = played.released = played.room = INFINITY;
    played.waits_for_writes = -1;
    played.wait = end_all;
}

/* Runs, and checks the exit status. */
static inline void check_run(int status)
{
    int signal = -1;

    CHECK_EQUAL(front_run(&options, &played.pair->place, &script, &signal), status);
    CHECK_EQUAL(signal, played.first_signal);
    close(played.lifeline);
    close(played.pair->supervisor);
    text_release(&played.done);
}

/* Checks what was done since the last check. */
static inline void check_done(const char *wanted)
{
    check_written(&played.done, wanted);
}

#endif
