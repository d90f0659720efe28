/* The limit of open files for a run's front, which has a log open for each live thread. */
#ifndef K3THREAD_CLI_SCRIPT_FILE_LIMIT_H
#define K3THREAD_CLI_SCRIPT_FILE_LIMIT_H

/*
 * Raises the limit as far as allowed. Must be called after the children were started: they keep the
 * old limit.
 */
void file_limit_raise(void);

#endif
