/* Reads the files of a process in /proc. */
#ifndef K3THREAD_CLI_PROCESS_PROC_H
#define K3THREAD_CLI_PROCESS_PROC_H

#include <sys/types.h>

/*
 * Reads the beginning of /proc/PID/NAME into PAGE, up to SIZE - 1 bytes, and ends it by a NUL. Returns
 * how many bytes were read, or -errno.
 */
ssize_t proc_read(pid_t pid, const char *name, char *page, size_t size);

#endif
