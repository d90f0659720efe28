/*
 * For the supervisor of a run: attached processes on other machines. Such a process is attached to the supervisor of
 * its agent. This file follows that attachment, and gives the run's thread an attachment that stands for it. So the
 * run's supervisor knows the threads inside the process, and sends its exceptions there. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_FAR_PROCESS_H
#define K3THREAD_CLI_SERVER_FAR_PROCESS_H

#include "cli/server/record.h"

/*
 * Begins to follow the process that the newest report of RECORD's worker names, unless RECORD follows that process
 * already.
 */
void far_process_look(struct record *record);

/* Ends the attachment: RECORD has ended, or its next run begins. */
void far_process_end(struct record *record);

#endif
