/* The limit of open files of a run's front, which has a log open for each thread that lives. */
#ifndef K3THREAD_CLI_SCRIPT_FILE_LIMIT_H
#define K3THREAD_CLI_SCRIPT_FILE_LIMIT_H

/* Raises the limit as far as it goes. Call it after the children have begun: they keep the old limit. */
void file_limit_raise(void);

#endif
