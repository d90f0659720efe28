/* Finds where the output of a run begins in its file, and marks that place for `logs`. */
#ifndef K3THREAD_CLI_WORKER_OUTPUT_BEGIN_H
#define K3THREAD_CLI_WORKER_OUTPUT_BEGIN_H

#include "cli/worker/worker.h"

#include <sys/types.h>

/* The beginning of one run's output. */
struct output_begin {
    off_t offset;
    ino_t inode; /* of the file; 0: it is missing, or no regular file */
};

/*
 * Finds where the output of the run that is about to start begins, and writes a mark before the command can write.
 * The first run needs no mark. A file of the user gets none, because `logs` shows it as it is.
 */
struct output_begin output_begin(struct worker *worker);

/* Takes back the mark of a run that did not start: a later run has its number. */
void output_begin_undo(const struct worker *worker);

/* Notes in the report where the output begins. */
void output_begin_note(const struct worker *worker, const struct output_begin *begin);

#endif
