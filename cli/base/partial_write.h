/*
 * Writes as many bytes as a descriptor takes. The quick way calls this function before the C library has begun: see
 * QUICK_SHARED in the Makefile.
 */
#ifndef K3THREAD_CLI_BASE_PARTIAL_WRITE_H
#define K3THREAD_CLI_BASE_PARTIAL_WRITE_H

#include <stddef.h>

/*
 * Writes the SIZE bytes at *REST, until FD has taken all of them or takes no more without waiting. *REST and *SIZE
 * become what is left. Returns 0 if nothing is left, -EAGAIN, or another -errno. Any thread.
 */
int partial_write(int fd, const char **rest, size_t *size);

#endif
