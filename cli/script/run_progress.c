#include "cli/script/run_progress.h"

#include "cli/base/clock.h"
#include "cli/base/duration.h"
#include "cli/view/bottom_line.h"
#include "cli/view/progress.h"

#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The seconds between two lines, at least. */
#define DRAW_PAUSE 0.1

/* The seconds after which the line is drawn again, because the time left has changed. */
#define REFRESH 1.0

/* Output of this many bytes does not wait. */
#define HELD_MAX 16384

/* The rest of the time is estimated when 1 of SHARE threads is over. */
#define SHARE 3

void run_progress_open(struct run_progress *progress, const struct run_threads *threads,
                       bool wanted)
{
    *progress = (struct run_progress){
        .is_wanted =
            wanted && progress_is_seen() && progress_can_replace() && isatty(STDOUT_FILENO),
        .threads = threads,
        .drawn = clock_monotonic(),
    };
}

bool run_progress_holds(const struct run_progress *progress, size_t size)
{
    return bottom_line_is_shown() && size < HELD_MAX &&
           clock_monotonic() < run_progress_release(progress);
}

double run_progress_release(const struct run_progress *progress)
{
    return progress->drawn + DRAW_PAUSE;
}

double run_progress_next(const struct run_progress *progress)
{
    bool is_old = !bottom_line_is_shown() || memcmp(progress->counts, progress->threads->counts,
                                                    sizeof(progress->counts)) != 0;

    if (!progress->is_wanted || progress->began <= 0)
        return INFINITY;
    return progress->drawn + (is_old ? DRAW_PAUSE : REFRESH);
}

/* Returns true if the terminal takes bytes now, and this process may write to it. */
static bool is_writable(void)
{
    struct pollfd terminal = {.fd = STDERR_FILENO, .events = POLLOUT};
    pid_t         foreground = tcgetpgrp(STDERR_FILENO);

    /* A terminal that does not control this process has no foreground group here. */
    if (foreground >= 0 && foreground != getpgrp())
        return false;
    return poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT);
}

/*
 * Adds the time that the OTHERS will take, if as many threads are over in a second as until now. The estimate gets
 * smaller while no thread ends.
 */
static void add_rest(struct text *text, const struct run_progress *progress, size_t others,
                     double now)
{
    double each = (progress->last - progress->began) / (double) progress->over;
    double left = each * (double) others - (now - progress->last);

    left = left > 1 ? ceil(left) : 1;
    text_add(text, ", about ");
    if (left < 60)
        text_printf(text, "%.0fs", left);
    else
        duration_add(text, left);
    text_add(text, " left");
}

/* Adds the whole line. */
static void add_line(struct text *text, const struct run_progress *progress, bool is_all,
                     bool is_ending)
{
    const size_t *counts = progress->counts;
    size_t        waiting = counts[RUN_THREAD_WAITING] + progress->rest;
    size_t        others = counts[RUN_THREAD_RUNNING] + waiting;
    size_t        daemons = counts[RUN_THREAD_DAEMON];

    text_printf(text, "%zu done, %zu failed, %zu running, %zu waiting", counts[RUN_THREAD_DONE],
                counts[RUN_THREAD_FAILED], counts[RUN_THREAD_RUNNING], waiting);
    if (is_ending && others == 0 && daemons > 0)
        text_printf(text, ", ending %zu daemon%s", daemons, daemons == 1 ? "" : "s");
    else if (is_all && others > 0 && progress->over * SHARE >= progress->over + others)
        add_rest(text, progress, others, clock_monotonic());
}

/* Notes the time at which the first thread is known, and the time of each end. */
static void note_times(struct run_progress *progress)
{
    const size_t *counts = progress->threads->counts;
    size_t        over = counts[RUN_THREAD_DONE] + counts[RUN_THREAD_FAILED];
    double        now = clock_monotonic();

    if (progress->began <= 0 && over + counts[RUN_THREAD_RUNNING] + counts[RUN_THREAD_WAITING] > 0)
        progress->began = now;
    if (over != progress->over)
        progress->last = now;
    progress->over = over;
}

void run_progress_draw(struct run_progress *progress, bool is_all, bool is_ending)
{
    struct text text = {0};

    note_times(progress);
    if (clock_monotonic() < run_progress_next(progress))
        return;
    progress->drawn = clock_monotonic();
    memcpy(progress->counts, progress->threads->counts, sizeof(progress->counts));
    if (!is_writable()) {
        progress->drawn += REFRESH;
        return;
    }
    add_line(&text, progress, is_all, is_ending);
    if (!text.failed)
        progress_show(&text);
    text_release(&text);
}

void run_progress_close(struct run_progress *progress)
{
    progress->is_wanted = false;
    bottom_line_show(NULL, 0);
}
