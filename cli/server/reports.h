/*
 * Takes the reports of the workers, in their order, and gives them to threads.h. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_REPORTS_H
#define K3THREAD_CLI_SERVER_REPORTS_H

#include "cli/server/record.h"

/* Takes the reports that the workers have posted since the last call. */
void reports_take(void);

/* Sets the function to call when the time of a thread is over and its process is attached; see worker.h. */
void reports_handle_overdue(void (*handle)(struct record *record));

/* Sets the function to call with each report of a thread that calls a function of a library. */
void reports_handle_loaded(void (*handle)(struct record *record));

#endif
