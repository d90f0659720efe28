/* Names the process that listens at the other end of a connection. */
#ifndef K3THREAD_CLI_READY_HOLDER_H
#define K3THREAD_CLI_READY_HOLDER_H

#define HOLDER_SIZE 256

/*
 * Puts "pid 123 (its command line) listens there", or how much of that can be found out, into RET.
 * FD is a connected socket. It reads much of /proc.
 */
void holder_describe(int fd, char ret[HOLDER_SIZE]);

#endif
