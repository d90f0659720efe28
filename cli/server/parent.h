/* Remembers which process is the guardian, the supervisor's parent. The server's thread only. */
#ifndef K3THREAD_CLI_SERVER_PARENT_H
#define K3THREAD_CLI_SERVER_PARENT_H

#include <sys/types.h>

/* Sets which process is the guardian. Once, before the server begins. */
void parent_set(pid_t guardian);

/* Returns the guardian's pid, or 0 if the guardian has died. */
pid_t parent_pid(void);

#endif
