/* Starts the command that reaches a machine, with a pipe in place of each of its three standard streams. */
#ifndef K3THREAD_CLI_REMOTE_HOST_COMMAND_H
#define K3THREAD_CLI_REMOTE_HOST_COMMAND_H

#include <sys/types.h>

/*
 * Starts COMMAND, words up to a NULL, with default signal dispositions and no signal blocked. It gets SIGTERM when this
 * process, which has one thread, dies. RET_ENDS become this process's ends of the pipes: of input, output and standard
 * error. Returns 0 or -errno.
 */
int host_command_start(char *const *command, pid_t *ret_pid, int ret_ends[3]);

#endif
