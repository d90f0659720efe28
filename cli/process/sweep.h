/* The end of everything, when a keeper goes. */
#ifndef K3THREAD_CLI_PROCESS_SWEEP_H
#define K3THREAD_CLI_PROCESS_SWEEP_H

#include <stddef.h>

/*
 * Kills and reaps this process's children until none is left that can be ended, those too that it
 * inherits meanwhile: it is a subreaper, has one thread that has children, and LIST is that one's
 * (see children.h). Returns how many there were; *RET_LEFT is how many it may not kill.
 */
size_t sweep(int list, size_t *ret_left);

#endif
