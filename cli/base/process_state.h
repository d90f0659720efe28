/* Tells in which state a process is, for messages about a process that a client waits for. */
#ifndef K3THREAD_CLI_BASE_PROCESS_STATE_H
#define K3THREAD_CLI_BASE_PROCESS_STATE_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns the state of a process, as /proc has it: 'T' is stopped, 't' held by a debugger, 'Z' dead, 0 gone. */
char process_state(pid_t pid);

/* Returns true if STATE is that of a process that does not run before another process lets it. */
bool process_state_is_stopped(char state);

#endif
