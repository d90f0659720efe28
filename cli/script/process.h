/* What the process of a run has to have of the system. */
#ifndef K3THREAD_CLI_SCRIPT_PROCESS_H
#define K3THREAD_CLI_SCRIPT_PROCESS_H

/*
 * Raises the limit of open files: a log is open for each thread that lives. Call it when the
 * children are there: they are to have the limits that this process began with.
 */
void process_raise_limit(void);

/*
 * Lets standard output, where it is a file, be appended to. A command may append to the same file
 * (start --output /dev/stdout), and neither is to overwrite what the other wrote.
 */
void process_share_output(void);

#endif
