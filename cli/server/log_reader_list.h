/* A list of readers of logs, for files that keep such a list and need not know what a reader is. */
#ifndef K3THREAD_CLI_SERVER_LOG_READER_LIST_H
#define K3THREAD_CLI_SERVER_LOG_READER_LIST_H

#include <sys/queue.h>

LIST_HEAD(log_reader_list, log_reader);

#endif
