/*
 * Keeps the logs of a run's threads in a directory, each under the thread's name: `run --logs`. While the run goes
 * on, the logs are in the place of its supervisor.
 */
#ifndef K3THREAD_CLI_SCRIPT_KEPT_LOGS_H
#define K3THREAD_CLI_SCRIPT_KEPT_LOGS_H

#include "cli/base/text.h"
#include "cli/script/run_output.h"

#include <stdbool.h>

/* The directory. */
struct kept_logs {
    const char *directory; /* as the user wrote it; NULL: no log is kept */
    char       *path;      /* the same, absolute */
    int         fd;        /* -1: not open */
};

/*
 * Makes the directory if it is missing. Returns 0, or -errno with a sentence in WHY if no file can be made in it.
 * The caller closes KEPT in both cases.
 */
int kept_logs_open(struct kept_logs *kept, struct text *why);

/*
 * Keeps the log of each thread, and puts its path into the thread's description. MOVE: the log need not stay where
 * it is. The supervisor must have ended. Goes on after a failure. Returns 0, or the last -errno, with a sentence
 * about the first failure in WHY.
 */
int kept_logs_take(const struct kept_logs *kept, const struct run_output *output, bool move,
                   struct text *why);

void kept_logs_close(struct kept_logs *kept);

#endif
