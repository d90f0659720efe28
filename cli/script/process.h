/* The limit of open files of the process that is a run. */
#ifndef K3THREAD_CLI_SCRIPT_PROCESS_H
#define K3THREAD_CLI_SCRIPT_PROCESS_H

/*
 * Raises the limit of open files: a log is open for each thread that lives. Call it when the
 * children are there: they are to have the limits that this process began with.
 */
void process_raise_limit(void);

#endif
