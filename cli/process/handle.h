/*
 * A process that is held by a pidfd, so that a signal cannot hit another process that got its number
 * meanwhile. Where the kernel or a filter refuses pidfds, the number has to do: look at the process's
 * mark after handle_open() and signal it at once.
 */
#ifndef K3THREAD_CLI_PROCESS_HANDLE_H
#define K3THREAD_CLI_PROCESS_HANDLE_H

#include <stdbool.h>
#include <sys/types.h>

struct handle {
    pid_t pid;
    int   fd; /* -1: refused */
};

/* Returns false if PID is gone, or there is no descriptor just now. */
bool handle_open(pid_t pid, struct handle *ret);

void handle_signal(const struct handle *handle, int signal);
void handle_close(const struct handle *handle);

#endif
