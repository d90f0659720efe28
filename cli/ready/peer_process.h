/* Finds the process that listens at the other end of a connection. */
#ifndef K3THREAD_CLI_READY_PEER_PROCESS_H
#define K3THREAD_CLI_READY_PEER_PROCESS_H

#include "cli/base/text.h"

/*
 * Appends "pid 123 (its command line) listens there", or as much of that as can be found out. FD is a connected
 * socket. This reads much of /proc.
 */
void peer_process_describe(int fd, struct text *text);

#endif
