/*
 * Sends signals to a process that a pidfd holds, so that a signal cannot hit another process that got the pid
 * meanwhile. Where the kernel or a filter refuses pidfds, only the pid is used: the caller checks the process's
 * mark after handle_open() and sends the signal at once.
 */
#ifndef K3THREAD_CLI_PROCESS_HANDLE_H
#define K3THREAD_CLI_PROCESS_HANDLE_H

#include <stdbool.h>
#include <sys/types.h>

/* One process. */
struct handle {
    pid_t pid;
    int   fd; /* -1: refused */
};

/* Opens PID. Returns false if the process is gone, or if no descriptor is free. */
bool handle_open(pid_t pid, struct handle *ret);

void handle_signal(const struct handle *handle, int signal);
void handle_close(const struct handle *handle);

#endif
