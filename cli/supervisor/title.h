/*
 * The name that a process shows to ps and pkill. The guardian must not be found by the program's name:
 * "pkill -9 k3thread" is to end a supervisor, and the guardian, which clears up behind it, has to live on.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_TITLE_H
#define K3THREAD_CLI_SUPERVISOR_TITLE_H

/* Replaces the calling process's name and arguments by NAME, cut off where there is no room. */
void title_set(const char *name);

#endif
