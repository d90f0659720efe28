/* Finds the addresses on which a process listens for connections. */
#ifndef K3THREAD_CLI_PROCESS_LISTENING_H
#define K3THREAD_CLI_PROCESS_LISTENING_H

#include <sys/types.h>

/*
 * Calls VISIT with each address on which PID listens: HOST:PORT, with an IPv6 host in brackets, or the path of a
 * Unix socket ('@' stands for the NUL byte of an abstract name). An address may come twice. A process that may not
 * be read has none.
 */
void listening_find(pid_t pid, void (*visit)(const char *address, void *context), void *context);

#endif
