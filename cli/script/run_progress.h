/*
 * Draws the line at the bottom of the terminal that shows the progress of a run with slots: the numbers of threads
 * that are done, have failed, run and wait, and the time that the rest will take. Daemons do not count.
 *
 * The line is drawn at most ten times a second. It is removed before anything is printed (cli/view/bottom_line.h).
 * So that it does not flicker, the front keeps a little output back until the line may be drawn again.
 */
#ifndef K3THREAD_CLI_SCRIPT_RUN_PROGRESS_H
#define K3THREAD_CLI_SCRIPT_RUN_PROGRESS_H

#include "cli/script/run_threads.h"

#include <stdbool.h>
#include <stddef.h>

/* The line of one run. Times are on the monotonic clock. */
struct run_progress {
    bool                      is_wanted;
    const struct run_threads *threads;
    size_t counts[RUN_THREAD_KINDS]; /* of the threads, in the line that was drawn last */
    double drawn;                    /* the time of that; at first: the beginning of the run */
    double began;                    /* the time of the first known thread; 0: none is known */
    double last;                     /* the time at which an end was last noticed */
    size_t over;                     /* how many threads were over at that time */
    size_t rest; /* how many known starts of the script have not been made yet */
};

/*
 * Begins the line about THREADS. WANTED: the run has slots, and is not quiet. The line is shown only if the output
 * is a terminal that can replace a line.
 */
void run_progress_open(struct run_progress *progress, const struct run_threads *threads,
                       bool wanted);

/* Returns true if a little output, SIZE bytes, should wait until the line may be drawn again. */
bool run_progress_holds(const struct run_progress *progress, size_t size);

/* Returns the time at which the line must be drawn next; INFINITY if there is nothing new to draw. */
double run_progress_next(const struct run_progress *progress);

/* Returns the time at which output that waits may be printed. */
double run_progress_release(const struct run_progress *progress);

/*
 * Draws the line, if that is due. IS_ALL: no more threads will be started, as far as that can be known.
 * IS_ENDING: the supervisor was asked to end.
 */
void run_progress_draw(struct run_progress *progress, bool is_all, bool is_ending);

/* Removes the line, for ever. */
void run_progress_close(struct run_progress *progress);

#endif
