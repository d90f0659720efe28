/*
 * The file of a thread's output, where the worker writes it itself: for a command on another machine, or at a
 * terminal. For any other command the spawn (cli/process/spawn.c) opens the file.
 */
#ifndef K3THREAD_CLI_WORKER_OUTPUT_FILE_H
#define K3THREAD_CLI_WORKER_OUTPUT_FILE_H

#include "cli/worker/job.h"

#include <stdbool.h>

/*
 * Opens the output of JOB without waiting: a pipe without a reader fails at once. A file that is made here gets the
 * mode that the spawn would have given it. Returns a descriptor that does not block, or -errno.
 */
int output_file_open(const struct job *job);

/*
 * Makes the directory of a log again, if ERROR, -errno of a failed open, says that another program has removed the
 * directory. Returns true if the open is worth another try.
 */
bool output_file_restore(const struct job *job, int error);

#endif
