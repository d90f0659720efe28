/* Ends all processes below this one: when a supervisor ends, or when its guardian outlives it. */
#ifndef K3THREAD_CLI_PROCESS_CHILDREN_END_H
#define K3THREAD_CLI_PROCESS_CHILDREN_END_H

#include <stddef.h>

/*
 * Kills and reaps this process's children, also those that it adopts meanwhile, until none is left that it can end.
 * This process is a subreaper, only one of its threads has children, and LIST is the list of that thread (see
 * children.h). Returns the number of reaped children; *RET_LEFT is the number of children that it may not kill.
 */
size_t children_end(int list, size_t *ret_left);

#endif
