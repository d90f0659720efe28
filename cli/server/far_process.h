/*
 * For the supervisor of a run: attached processes on other machines. Follows the attachment that such a process has
 * at the supervisor of its agent, and makes of it the attachment of the thread of the run: the threads inside the
 * process are known here too, and exceptions go there to arrive. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_FAR_PROCESS_H
#define K3THREAD_CLI_SERVER_FAR_PROCESS_H

#include "cli/server/record.h"

/*
 * Makes RECORD, whose worker has made a new report, follow the attachment that the report tells of, if it does not do
 * so already.
 */
void far_process_look(struct record *record);

/* Stops that: RECORD has ended, or its next run begins. */
void far_process_end(struct record *record);

#endif
