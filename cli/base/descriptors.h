/*
 * Closes the descriptors of this process behind 0, 1 and 2, or marks them, by close_range(2) or without it. Opens
 * the file of a descriptor a second time. Sends a descriptor to another process.
 */
#ifndef K3THREAD_CLI_BASE_DESCRIPTORS_H
#define K3THREAD_CLI_BASE_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Closes *FD, unless it is -1, and sets it to -1. Any thread. */
void descriptors_close(int *fd);

/* Makes each descriptor behind 2 close-on-exec. Returns 0 or -errno. Once, by a process with one thread. */
int descriptors_close_on_exec(void);

/* Closes each descriptor from FIRST on. */
void descriptors_close_from(int first);

/* Returns true if close_range(2) works here, as descriptors_close_on_exec() has found. */
bool descriptors_have_range(void);

/*
 * Opens the file or pipe of FD a second time, with the FLAGS of open(2) and O_CLOEXEC: for the other
 * direction, or with flags that the copies of FD do not share. Returns a descriptor or -errno. Any
 * thread.
 */
int descriptors_reopen(int fd, int flags);

/*
 * Duplicates FD to the lowest free number from FIRST on, with O_CLOEXEC. Returns a descriptor or -errno: -EMFILE also
 * if FIRST is not below the limit of open files, for which the kernel has EINVAL. Any thread.
 */
int descriptors_duplicate(int fd, int first);

/*
 * Sends the COUNT parts of a message over SOCKET, and FD with them. FLAGS: those of sendmsg(2), besides MSG_NOSIGNAL.
 * Returns how many bytes were sent, or -errno. Any thread.
 */
ssize_t descriptors_send(int socket, int fd, struct iovec *parts, size_t count, int flags);

#endif
