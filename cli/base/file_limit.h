/* Raises the limit of open files, for a process that has a file or a socket open for each of many threads. */
#ifndef K3THREAD_CLI_BASE_FILE_LIMIT_H
#define K3THREAD_CLI_BASE_FILE_LIMIT_H

/* Raises the limit as far as allowed. A child that is started later inherits the raised limit. */
void file_limit_raise(void);

#endif
