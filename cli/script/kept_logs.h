/*
 * The directory in which a run keeps the logs of its threads, by their names: `run --logs`. While the run goes
 * on, the logs are where every supervisor has them.
 */
#ifndef K3THREAD_CLI_SCRIPT_KEPT_LOGS_H
#define K3THREAD_CLI_SCRIPT_KEPT_LOGS_H

#include "cli/base/text.h"
#include "cli/script/run_output.h"

#include <stdbool.h>

struct kept_logs {
    const char *directory; /* as the user wrote it; NULL: no log is kept */
    char       *path;      /* the same, absolute */
    int         fd;        /* -1: not open */
};

/*
 * Makes the directory if it is missing. Returns 0, or -errno with a sentence in WHY if no file can be made in
 * it; to be closed in either case.
 */
int kept_logs_open(struct kept_logs *kept, struct text *why);

/*
 * Keeps the log of each thread, and puts its path into the thread's description. MOVE: the log need not stay
 * where it is. The supervisor is gone. Returns 0, or the last -errno with a sentence for the first in WHY; goes on
 * after a failure.
 */
int kept_logs_take(const struct kept_logs *kept, const struct run_output *output, bool move,
                   struct text *why);

void kept_logs_close(struct kept_logs *kept);

#endif
