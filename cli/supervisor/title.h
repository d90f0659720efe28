/*
 * Sets the name that a process shows to ps and pkill. The guardian must not have the program's name: "pkill -9
 * k3thread" ends a supervisor, and the guardian must survive that, because it cleans up after the supervisor.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_TITLE_H
#define K3THREAD_CLI_SUPERVISOR_TITLE_H

/* Replaces the calling process's name and arguments by NAME, which is cut if it does not fit. */
void title_set(const char *name);

#endif
