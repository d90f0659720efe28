/* A list of calls, for files that keep such a list and need not know what a call is. */
#ifndef K3THREAD_CLI_SERVER_CALL_LIST_H
#define K3THREAD_CLI_SERVER_CALL_LIST_H

#include <sys/queue.h>

LIST_HEAD(call_list, call);

#endif
