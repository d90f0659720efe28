/* The process at the other end of a connection, as the kernel knows it. */
#ifndef K3THREAD_CLI_SERVER_CLIENT_PROCESS_H
#define K3THREAD_CLI_SERVER_CLIENT_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* A process that has connected. */
struct client_process {
    int      fd;  /* a pidfd */
    pid_t    pid; /* as this process sees it */
    uint64_t id;  /* of the thread that the process belongs to by its mark; 0: none */
};

/*
 * Finds the process that connected at the socket FD, and its thread. Returns 0, with a descriptor to close in
 * *RET; -ESRCH if the process has ended; or -errno.
 */
int client_process_open(int fd, struct client_process *ret);

#endif
