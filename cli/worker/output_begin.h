/* Where the output of a run begins in its file, and the mark of that for `logs`. */
#ifndef K3THREAD_CLI_WORKER_OUTPUT_BEGIN_H
#define K3THREAD_CLI_WORKER_OUTPUT_BEGIN_H

#include "cli/worker/worker.h"

#include <sys/types.h>

struct output_begin {
    off_t offset;
    ino_t inode; /* of the file; 0: it is missing, or no regular file */
    off_t marks; /* for output_begin_undo() */
};

/*
 * Finds where the output of the run that is about to start begins, and writes a mark; the first run needs none,
 * and a file of the user's is shown as it is. The mark must be there before the command can write.
 */
struct output_begin output_begin(const struct worker *worker);

/* Takes back the mark of a run that did not start. */
void output_begin_undo(const struct worker *worker, const struct output_begin *begin);

/* Puts where the output begins into the report. */
void output_begin_note(const struct worker *worker, const struct output_begin *begin);

#endif
